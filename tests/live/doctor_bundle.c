// SPDX-License-Identifier: GPL-2.0
/*
 * "What shall I attach to my bug report?": doctor --bundle, one file with nothing secret in it.
 * Independent of the kernel: not run in guests.
 */
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "hostile.h"
#include "memory.h"
#include "strict.h"
#include "tool.h"
#include "uring.h"

#define SECRET	"xyzzy-2bb7a1f0"

#define OTHERS	23	/* processes */

static pid_t others[OTHERS];
static char dir[] = "/tmp/fixbuf-bundle-XXXXXX", file[64];

static bool has_buffer(const void *arg)
{
	static struct io_uring ring;

	return !uring_open(&ring, 4) && !uring_register(ring.ring_fd, arg, 1);
}

/* More processes than fit a screen that have each more than we. */
static void begin_others(void)
{
	struct iovec iov = { mem_pages(11), 11 * PAGE };

	for (int i = 0; i < OTHERS; i++) {
		others[i] = child_waits(has_buffer, &iov);
		if (!others[i])
			skip_all("no ring with a buffer");
	}
	munmap(iov.iov_base, iov.iov_len);
}

static void end_others(void)
{
	for (int i = 0; i < OTHERS; i++) {
		kill(others[i], SIGKILL);
		waitpid(others[i], NULL, 0);
	}
}

static void whole(void)
{
	struct iovec iov = { mem_pages(7), 7 * PAGE };
	char id[16], size[32], *text;
	struct io_uring ring;
	const char *wrong;
	struct tool_run a;
	struct utsname u;
	struct stat st;

	uname(&u);
	prctl(PR_SET_NAME, HOSTILE);
	if (uring_open(&ring, 4) || uring_register(ring.ring_fd, &iov, 1))
		skip_all("no ring with a buffer");
	/* so that there is something to find; where another takes its place nothing is said of it */
	munmap(iov.iov_base, iov.iov_len);
	setenv("FIXBUF_TEST_TOKEN", SECRET, 1);
	begin_others();
	tool(&a, "doctor", "--bundle", file, NULL);
	is(a.status, 0, "doctor --bundle FILE");
	is_text(a.out, "", "which prints nothing");
	has_text(a.err, "look through it before you send it", "but what to do with it");
	tool_free(&a);
	end_others();

	ok(!stat(file, &st) && (st.st_mode & 07777) == 0600, "the file is its owner's alone");
	text = file_text(file);
	wrong = strict_text(text, strlen(text));
	ok(!wrong, "it is clean%s%s", wrong ? ": " : "", wrong ?: "");
	has_text(text, "fixbuf-trace  ", "it has the version");
	has_text(text, u.release, "the kernel");
	has_text(text, "\ntier    ", "the tier");
	has_text(text, "ATTACH-POINT", "and why not another");
	has_text(text, "RLIMIT_MEMLOCK  ", "limits");
	snprintf(size, sizeof(size), "%zuK", 7 * PAGE / 1024);
	has_text(text, HOSTILE_TAMED, "what list says, names tamed");
	snprintf(id, sizeof(id), "%d  ", others[OTHERS - 1]);
	has_text(text, id, "of all processes, however many");
	ok(!strstr(text, "--top"), "and no option that doctor does not have");
	snprintf(id, sizeof(id), "%d", getpid());
	has_text(text, "\n==== verify ====\n", "and verify");
	has_text(text, "\nverdict: ", "with its verdict");
	has_text(text, id, "of this process");
	has_text(text, size, "and what it has");
	is(text_count(text, "0xffff8"), 0, "no address of the kernel");
	ok(!strstr(text, SECRET), "nothing of the environment");
	free(text);
	io_uring_queue_exit(&ring);
}

static void refused(void)
{
	char link[80], target[80];
	struct tool_run a;
	struct stat st;

	tool(&a, "doctor", "--bundle", file, NULL);
	is(a.status, 2, "a file that is there is left alone");
	has_text(a.err, "name another file, or remove it", "and what to do is said");
	tool_free(&a);
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(target, sizeof(target), "%s/target", dir);
	if (symlink(target, link))
		bail("no link can be made");
	tool(&a, "doctor", "--bundle", link, NULL);
	is(a.status, 2, "a link is not followed");
	ok(lstat(target, &st), "nothing was written to where it leads");
	tool_free(&a);
	unlink(link);
	tool(&a, "doctor", file, NULL);
	is(a.status, 2, "a file without --bundle");
	has_text(a.err, "is that of --bundle; add it", "is told where it belongs");
	tool_free(&a);
	tool(&a, "doctor", "--bundle", "--json", NULL);
	is(a.status, 2, "a bundle is no JSON");
	tool_free(&a);
}

/* Of who may not look: what can be said. */
static void without_privilege(void)
{
	struct tool_how how = { .uid = 54418 }, some = { .uid = 54418, .caps = CAPS_BPF };
	char *text;
	struct tool_run a;

	if (chown(dir, how.uid, how.uid) || unlink(file))
		bail("the folder cannot be given away");
	tool_as(&a, &how, "doctor", "--bundle", file, NULL);
	is(a.status, 3, "without privilege: exit 3");
	text = file_text(file);
	has_text(text, "==== machine ====\n", "with a file all the same");
	has_text(text, "cannot be looked at, for the reason above", "that says what is missing");
	free(text);
	tool_free(&a);

	unlink(file);
	tool_as(&a, &some, "doctor", "--bundle", file, NULL);
	is(a.status, 0, "with CAP_BPF and CAP_PERFMON alone: done");
	text = file_text(file);
	has_text(text, "\n==== list ====\n", "what list says");
	has_text(text, "page frame numbers are hidden", "and why verify says nothing");
	free(text);
	tool_free(&a);
}

/* Where nothing can be loaded, the file says why. */
static void nothing_loads(void)
{
	struct tool_run a;
	char *text;

	unlink(file);
	tool(&a, "doctor", "--btf", "/dev/null", "--bundle", file, NULL);
	ok(a.status, "without types: no success");
	text = file_text(file);
	has_text(text, "types from /dev/null", "but a file");
	has_text(text, "rings: ", "with the reason");
	has_text(text, "cannot be looked at, for the reason above", "that stands above");
	free(text);
	tool_free(&a);
}

int main(void)
{
	if (!mkdtemp(dir))
		bail("no temporary folder");
	snprintf(file, sizeof(file), "%s/bundle", dir);
	whole();
	refused();
	without_privilege();
	nothing_loads();
	unlink(file);
	if (rmdir(dir))
		note("%s is left behind", dir);
	return tap_end();
}
