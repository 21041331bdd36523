// SPDX-License-Identifier: GPL-2.0
/*
 * record by root where another user prepared the place: what it writes is in a file of its own
 * that only it may read, or it says in one sentence why not; and what it says is in the file is.
 * Independent of the kernel: not run in guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define SHARED_LINK	"/dev/shm/fixbuf-hostile-link"
#define HIS_UID	54398

static char dir[] = "/tmp/fixbuf-hostile-XXXXXX";	/* anybody may write there */

static const char *in_dir(const char *name)
{
	static char path[4][256];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void make(const char *path, const char *text, uid_t owner)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f) || chown(path, owner, owner) || chmod(path, 0666))
		bail("%s: %s", path, strerror(errno));
}

/* Without the folder, whose name is another in each run. */
static const char *shown(const char *path)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) ? path : path + len;
}

/* Refused with a sentence that says why; what it leads to is as it was. */
static void refused(const char *path, const char *victim, const char *why)
{
	struct tool_run a;
	double start = now_s();

	tool(&a, "record", "-q", "-o", path, "--", "true", NULL);
	is(a.status, 2, "%s: is refused", shown(path));
	has_text(a.err, why, "%s: and it is said why", shown(path));
	is(strcspn(a.err, "\n") + 1, strlen(a.err), "in one sentence");
	ok(now_s() - start < 10, "at once");
	tool_free(&a);
	if (victim) {
		char *text = file_text(victim);

		is_text(text, "precious", "what it leads to is untouched");
		free(text);
	}
}

/* The same of what prints, but for files of ours: as a shell's > does it. */
static void not_printed(const char *path, const char *victim, const char *why)
{
	struct tool_run a;
	double start = now_s();

	tool(&a, "list", "-q", "-o", path, NULL);
	is(a.status, 2, "%s: is not printed to", shown(path));
	has_text(a.err, why, "and it is said why");
	ok(now_s() - start < 10, "at once");
	tool_free(&a);
	if (victim) {
		char *text = file_text(victim);

		is_text(text, "precious", "and nothing is lost");
		free(text);
	}
}

static void places(void)
{
	mkdir(in_dir("own"), 0700);
	mkdir(in_dir("his"), 0777);
	if (chmod(in_dir("his"), 0777) || chown(in_dir("his"), HIS_UID, HIS_UID))
		bail("a folder: %s", strerror(errno));
	make(in_dir("own/victim"), "precious", 0);
	make(in_dir("his/file"), "precious", HIS_UID);
	if (symlink(in_dir("own/victim"), in_dir("link")) || symlink(in_dir("own"), in_dir("way")) ||
	    symlink("/dev/tty", in_dir("device")) || link(in_dir("own/victim"), in_dir("name")) ||
	    mkfifo(in_dir("pipe"), 0666))
		bail("what is prepared: %s", strerror(errno));
	refused(in_dir("link"), in_dir("own/victim"), "link");
	refused(in_dir("way/victim"), in_dir("own/victim"), "link that another user may change");
	refused(in_dir("device"), NULL, "link");
	refused(in_dir("pipe"), NULL, "is not a regular file");
	refused(in_dir("his/file"), in_dir("his/file"), "belongs to another user");
	refused(in_dir("name"), in_dir("own/victim"), "another name");
	refused("/dev/null", NULL, "is not a regular file");
	if (mkfifo(in_dir("his/pipe"), 0666) || chown(in_dir("his/pipe"), HIS_UID, HIS_UID))
		bail("his pipe: %s", strerror(errno));
	not_printed(in_dir("link"), in_dir("own/victim"), "link that another user may have put there");
	not_printed(in_dir("way/victim"), in_dir("own/victim"), "link that another user may have put there");
	not_printed(in_dir("his/file"), in_dir("his/file"), "what another user may have put there");
	not_printed(in_dir("his/pipe"), NULL, "what another user may have put there");
	/* below /dev is a folder in which all may write */
	if (!symlink(in_dir("own/victim"), SHARED_LINK))
		not_printed(SHARED_LINK, in_dir("own/victim"), "link that another user may have put there");
	unlink(SHARED_LINK);
}

static char own[] = "/run/fixbuf-hostile-XXXXXX";	/* nobody else may write there, or on the way */

static int recorded(const char *path)
{
	struct tool_run a;
	int status;

	tool(&a, "record", "-q", "-o", path, "--", "true", NULL);
	status = a.status;
	tool_free(&a);
	return status;
}

/* A link of ours that leads through one of his: he chooses the folder. */
static void links_of_links(void)
{
	char folder[64], good[64], bad[64], file[80];
	struct tool_run a;

	if (!mkdtemp(own)) {
		skip("links in a folder of our own", "there is no /run");
		return;
	}
	snprintf(folder, sizeof(folder), "%s/folder", own);
	snprintf(good, sizeof(good), "%s/good", own);
	snprintf(bad, sizeof(bad), "%s/bad", own);
	if (mkdir(folder, 0700) || symlink("folder", good) || symlink(in_dir("his/hop"), bad) ||
	    symlink(folder, in_dir("his/hop")))
		bail("links: %s", strerror(errno));
	snprintf(file, sizeof(file), "%s/one", bad);
	is(recorded(file), 2, "a link of ours to a link of his is not followed");
	snprintf(file, sizeof(file), "%s/one", folder);
	ok(access(file, F_OK), "nothing is where it leads");
	snprintf(file, sizeof(file), "%s/two", good);
	is(recorded(file), 0, "a link of ours to a folder of ours is");
	snprintf(file, sizeof(file), "%s/two", folder);
	ok(!access(file, F_OK), "and the file is there");
	snprintf(file, sizeof(file), "%s/last", own);
	if (symlink("folder/printed", file))
		bail("a link: %s", strerror(errno));
	tool(&a, "list", "-q", "-o", file, NULL);
	is(a.status, 0, "what is printed goes where a link of ours leads");
	tool_free(&a);
	snprintf(file, sizeof(file), "%s/printed", folder);
	ok(!access(file, F_OK), "and is there");
}

static void mode(void)
{
	struct stat st;
	struct tool_run a;

	umask(0);
	tool(&a, "record", "-q", "-o", in_dir("new"), "--", "true", NULL);
	is(a.status, 0, "a new file is written");
	tool_free(&a);
	if (stat(in_dir("new"), &st))
		bail("%s: %s", in_dir("new"), strerror(errno));
	is(st.st_mode & 07777, 0600, "that only its owner may read");
	chmod(in_dir("new"), 0666);
	tool(&a, "record", "-q", "-o", in_dir("new"), "--", "true", NULL);
	is(a.status, 0, "and written again");
	tool_free(&a);
	st.st_mode = 0;
	stat(in_dir("new"), &st);
	is(st.st_mode & 07777, 0600, "also when it was another's to read");
	umask(022);
}

/* Two that add to one file at a time would mix their frames. */
static void two_at_once(void)
{
	struct tool_run one, two;
	const struct tool_how how = { 0 };

	tool_start(&one, &how, "record", "-q", "--append", "-o", in_dir("new"), "--", "sleep", "2",
		   NULL);
	usleep(1000000);
	tool(&two, "record", "-q", "--append", "-o", in_dir("new"), "--", "true", NULL);
	is(two.status, 2, "a second one that adds to the file is refused");
	has_text(two.err, "is being written by another recording", "and it is said why");
	tool_free(&two);
	tool_wait(&one, &how);
	is(one.status, 0, "the first one ends well");
	tool_free(&one);
	tool(&one, "report", in_dir("new"), NULL);
	is(one.status, 0, "and the file is whole");
	tool_free(&one);
}

/* What came before a hang-up is in the file, and it goes on. */
static void hang_up(void)
{
	const struct tool_how how = { 0 };
	struct tool_run a, report;
	struct load l;
	char pid[16];
	long before;
	struct stat st;

	if (!load_start(&l, "churn", "slow", NULL))
		bail("churn does not start");
	snprintf(pid, sizeof(pid), "%d", l.pid);
	/* nothing is written for an hour by itself */
	tool_start(&a, &how, "record", "-q", "-i", "1h", "-p", pid, "-o", in_dir("hup"), NULL);
	for (int i = 0; i < 200 && stat(in_dir("hup"), &st); i++)
		usleep(50000);
	usleep(1500000);
	before = stat(in_dir("hup"), &st) ? -1 : st.st_size;
	kill(a.pid, SIGHUP);
	for (int i = 0; i < 100 && !stat(in_dir("hup"), &st) && st.st_size == before; i++)
		usleep(50000);
	ok(before >= 0 && st.st_size > before, "SIGHUP: what waited is written (%ld, %lld bytes)", before,
	   (long long)st.st_size);
	tool(&report, "report", "--json", in_dir("hup"), NULL);
	has_text(report.err, "is still being recorded: it is told up to offset ", "who reads it meanwhile is told so");
	ok(!strstr(report.err, "crash"), "and of no crash");
	tool_free(&report);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	is(a.status, 0, "and it goes on until it is told to end");
	tool(&report, "report", "--json", in_dir("hup"), NULL);
	is(report.status, 0, "the file is whole");
	tool_free(&report);
	tool_free(&a);
	load_end(&l);
}

/* Whether the program cannot be started is known late; what was recorded before is not given up for it. */
static void never_starts(const char *program)
{
	struct stat st, before;
	struct tool_run a;

	if (stat(in_dir("kept"), &before))
		bail("nothing was recorded");
	for (int append = 0; append < 2; append++) {
		tool(&a, "record", "-q", append ? "--append" : "--stacks", "-o", in_dir("kept"), "--", program, NULL);
		is(a.status, 127, "%s: not started", shown(program));
		tool_free(&a);
		ok(!stat(in_dir("kept"), &st) && st.st_size == before.st_size &&
		   st.st_mtim.tv_sec == before.st_mtim.tv_sec && st.st_mtim.tv_nsec == before.st_mtim.tv_nsec,
		   "the recording that is there stays as it is%s", append ? ", with --append" : "");
	}
	tool(&a, "record", "-q", "-o", in_dir("unborn"), "--", program, NULL);
	ok(stat(in_dir("unborn"), &st), "no file is made for nothing");
	tool_free(&a);
	tool(&a, "record", "-q", "--keep-time", "10m", "-o", in_dir("folder"), "--", program, NULL);
	ok(stat(in_dir("folder"), &st), "nor a folder");
	tool_free(&a);
}

static void starts_or_not(void)
{
	char script[64];
	struct tool_run a;

	snprintf(script, sizeof(script), "%s", in_dir("script"));
	tool(&a, "record", "-q", "-o", in_dir("kept"), "--", "true", NULL);
	is(a.status, 0, "a program is recorded");
	tool_free(&a);
	make(script, "#!/no/such/interpreter\n", 0);
	chmod(script, 0755);
	never_starts("/nonexistent");
	never_starts(script);
}

static void fill(const char *path)
{
	static const char block[1 << 12];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (size_t size = sizeof(block); size; size /= 2)
		while (write(fd, block, size) > 0)
			;
	close(fd);
}

/* In a place of its own, so that nothing has to be unmounted. */
static void full(void)
{
	unsigned long long kept = 0;
	struct tool_run a;
	struct load l;
	char pid[16], *at;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mkdir(in_dir("small"), 0700) ||
	    mount("none", in_dir("small"), "tmpfs", 0, "size=64k")) {
		skip("a disk that is full", "no file system can be mounted here");
		return;
	}
	if (!load_start(&l, "churn", NULL))
		bail("churn does not start");
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "record", "-q", "--stacks", "-o", in_dir("small/file"), "-d", "30s", "-p", pid, NULL);
	load_end(&l);
	is(a.status, 2, "a full disk: it ends with 2, as any output that cannot be written");
	has_text(a.err, "No space left on device", "and says why");
	is(strcspn(a.err, "\n") + 1, strlen(a.err), "in one sentence");
	at = strstr(a.err, "it holds the first ");
	if (ok(at, "and how much is in the file"))
		kept = strtoull(at + strlen("it holds the first "), NULL, 10);
	note("%s", a.err);
	tool_free(&a);
	tool(&a, "report", "--json", in_dir("small/file"), NULL);
	ok(kept > 0, "something is");
	is(json_number(a.json, "events"), kept, "it holds what was said");
	tool_free(&a);
	fill(in_dir("small/other"));
	tool(&a, "record", "-q", "-o", in_dir("small/none.rec"), "-d", "1s", "-p", bystander_pid(), NULL);
	has_text(a.err, "nothing was recorded", "without any room that is said");
	ok(access(in_dir("small/none.rec"), F_OK), "and no file is left");
	tool_free(&a);
	make(in_dir("small/empty.rec"), "", 0);
	tool(&a, "report", in_dir("small"), NULL);
	is(a.status, 2, "a folder with an empty file alone has no recording");
	is(text_count(a.err, "empty.rec is empty"), 1, "it is passed over, which is said");
	has_text(a.err, "no recording is in this folder", "and what is missing");
	tool_free(&a);
	umount(in_dir("small"));
}

static void clean(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s %s", dir, own);
	if (system(command))
		note("%s is left", dir);
}

/* What 3 x 16,384 slots hold is no matter of a program that shares no account with them. */
static void before_a_program(void)
{
	struct stat st = { 0 };
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "many", "clones", "3", NULL))
		bail("the neighbour does not start");
	tool(&a, "record", "-o", in_dir("mine.rec"), "--", "true", NULL);
	is(stat(in_dir("mine.rec"), &st), 0, "record -- PROGRAM");
	ok(st.st_size < 300000, "record -- PROGRAM leaves that out (%lld)", (long long)st.st_size);
	tool_free(&a);
	load_end(&l);
	unlink(in_dir("mine.rec"));
}

int main(void)
{
	if (!mkdtemp(dir) || chmod(dir, 01777))
		bail("no temporary folder");
	places();
	links_of_links();
	mode();
	two_at_once();
	hang_up();
	starts_or_not();
	full();
	before_a_program();
	clean();
	return tap_end();
}
