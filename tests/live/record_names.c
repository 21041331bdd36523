// SPDX-License-Identifier: GPL-2.0
/*
 * A recording of some has the names of no others: who shares a ring with them, or an account, is in it
 * by number alone, and the views say what they have of it.
 * Independent of the kernel: not run in guests.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"

#define MAKER_UID	54371	/* of the ring that the one who is asked for was given */
#define ASKED_UID	54373
#define LIMIT		(256UL << 10)
#define MAKER		"fbnmaker"
#define ASKED		"fbnasked"
#define PAYER		"fbnpayer"	/* who fills the asked one's account */
#define HELD		59		/* pages that it fills */

static char file[] = "/tmp/fixbuf-names-XXXXXX";

/* ---- who is there --------------------------------------------------------------------------- */

static void become(const char *name, uid_t uid)
{
	const struct rlimit limit = { LIMIT, LIMIT };

	prctl(PR_SET_NAME, name);
	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setresuid(uid, uid, uid))
		_exit(1);
	/* another user's id takes it away */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void await(int fd)
{
	char c;

	if (read(fd, &c, 1) < 0)
		_exit(1);
}

static int ring_with(struct io_uring *r, unsigned int pages)
{
	struct iovec v = { mem_pages(pages), pages * PAGE };

	return uring_open(r, 4) || uring_register(r->ring_fd, &v, 1);
}

struct people {
	pid_t maker, asked, payer;
	int go;		/* each byte: the asked one fails once */
};

/* Has a ring of the maker's, and one of its own; registers more than the payer leaves it. */
static void be_asked(int go, int ready)
{
	struct io_uring own;
	char c;

	become(ASKED, ASKED_UID);
	if (uring_open(&own, 4))
		_exit(1);
	if (write(ready, "", 1) != 1)
		_exit(1);
	while (read(go, &c, 1) == 1) {
		struct iovec v = { mem_pages(40), 40 * PAGE };

		if (uring_register(own.ring_fd, &v, 1) != -ENOMEM)
			_exit(2);
		munmap(v.iov_base, v.iov_len);
		if (write(ready, "", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static int ready;	/* a byte comes for each who is */

static void start(struct people *p)
{
	int go[2], up[2], pids[2];
	pid_t asked = 0;

	if (pipe(go) || pipe(up) || pipe(pids))
		bail("no pipe");
	p->payer = fork();
	if (!p->payer) {
		struct io_uring r;

		become(PAYER, ASKED_UID);
		if (ring_with(&r, HELD) || write(up[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	await(up[0]);
	p->maker = fork();
	if (!p->maker) {
		struct io_uring r;

		/* the ring is charged to the user who makes it, and both may still become another */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setresuid(MAKER_UID, MAKER_UID, 0) || ring_with(&r, 3) || setresuid(0, 0, 0))
			_exit(1);
		asked = fork();
		if (!asked)
			be_asked(go[0], up[1]);
		if (write(pids[1], &asked, sizeof(asked)) != sizeof(asked))
			_exit(1);
		become(MAKER, MAKER_UID);
		pause();
	}
	if (read(pids[0], &p->asked, sizeof(p->asked)) != sizeof(p->asked))
		bail("the maker did not start");
	await(up[0]);
	ready = up[0];
	p->go = go[1];
	close(go[0]);
	close(up[1]);
}

static void end(const struct people *p)
{
	kill(p->asked, SIGKILL);
	kill(p->maker, SIGKILL);
	kill(p->payer, SIGKILL);
	waitpid(p->maker, NULL, 0);
	waitpid(p->payer, NULL, 0);
	close(p->go);
}

/* ---- what is in the file -------------------------------------------------------------------- */

/* All frames, unpacked one after the other; a head is "FRAM", two lengths and a checksum. */
static bool holds(const char *text)
{
	static char raw[1 << 20], stored[1 << 20];
	unsigned int head[4];
	bool found = false;
	FILE *f = fopen(file, "r");

	if (!f || fseek(f, 24, SEEK_SET))
		bail("%s: %s", file, strerror(errno));
	while (!found && fread(head, sizeof(head), 1, f) == 1) {
		size_t n;

		if (head[2] > sizeof(stored) || fread(stored, head[2], 1, f) != 1)
			bail("%s: a frame that is none", file);
		n = ZSTD_decompress(raw, sizeof(raw), stored, head[2]);
		found = !ZSTD_isError(n) && memmem(raw, n, text, strlen(text));
	}
	fclose(f);
	return found;
}

/* Records while the asked one fails, with these options. */
static void record(const struct people *p, const char *a, const char *b, const char *c)
{
	struct tool_how how = { 0 };
	struct tool_run r;

	tool_start(&r, &how, "record", "-o", file, a, b, c, NULL);
	if (!tool_says(&r, "recording to", 30000))
		bail("record does not start");
	for (int i = 0; i < 3; i++) {
		if (write(p->go, "", 1) != 1)
			bail("the asked one is gone");
		await(ready);
	}
	usleep(200000);
	kill(r.pid, SIGINT);
	tool_wait(&r, &how);
	is(r.status, 0, "record %s %s: %s", a ? a : "", b ? "..." : "", r.err);
	tool_free(&r);
}

static void named(const char *what, bool maker, bool payer)
{
	is(holds(ASKED), true, "%s: the name of the one who was asked for is in the file", what);
	is(holds(MAKER), maker, "%s: that of who shares its ring is%s", what, maker ? "" : " not");
	is(holds(PAYER), payer, "%s: that of who fills its account is%s", what, payer ? "" : " not");
}

/* Numbers stay: whose ring it is, who has filled the account, and how much. */
static void numbered(const struct people *p)
{
	struct json_object *rings, *holders = NULL;
	struct tool_run list, trace, verify;
	char text[96];
	bool maker = false, payer;

	tool(&list, "report", "--list", "--json", file, NULL);
	rings = json_member(list.json, "rings");
	for (size_t i = 0; rings && i < json_object_array_length(rings); i++) {
		struct json_object *r = json_object_array_get_idx(rings, i);

		holders = json_member(r, "holders");
		if (json_object_array_length(holders) != 2)
			continue;
		is(json_number(r, "pid"), p->asked, "the ring is shown as that of the one who was asked for");
		for (size_t k = 0; k < 2; k++) {
			struct json_object *h = json_object_array_get_idx(holders, k);

			if (json_number(h, "pid") != p->maker)
				continue;
			maker = true;
			is_text(json_text(h, "comm"), "", "who shares it has no name");
			is(json_number(h, "uid"), MAKER_UID, "but a uid");
		}
	}
	ok(maker, "who shares the ring is there by its pid");
	tool(&trace, "report", "--trace", "-q", file, NULL);
	snprintf(text, sizeof(text), "pid %d %zu KiB", p->payer, HELD * PAGE >> 10);
	payer = strstr(trace.out, text);
	ok(payer, "the failed call says who holds the limit, by pid: %s", text);
	if (!payer)
		note("%s", trace.out);
	tool(&verify, "report", "--verify", file, NULL);
	snprintf(text, sizeof(text), "held by: pid %d ", p->payer);
	has_text(verify.out, text, "so does the finding");
	is(text_count(trace.out, "()") + text_count(verify.out, "()"), 0, "without empty parentheses");
	tool_free(&list);
	tool_free(&trace);
	tool_free(&verify);
}

/* Of a program that is started: its own name, of nobody who was there before. */
static void of_a_program(void)
{
	struct tool_run r;

	tool(&r, "record", "-q", "-o", file, "--", load_path("lifecycle"), "--no-wait", NULL);
	is(r.status, 0, "record of a program");
	tool_free(&r);
	is(holds("lifecycle"), true, "a program: its name is in the file");
	is(holds(ASKED) + holds(MAKER) + holds(PAYER), 0, "and none of others");
}

int main(void)
{
	int fd = mkstemp(file);
	struct people p;
	char asked[16], uid[16];

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	start(&p);
	snprintf(asked, sizeof(asked), "%d", p.asked);
	snprintf(uid, sizeof(uid), "%d", ASKED_UID);
	record(&p, "-p", asked, NULL);
	named("-p", false, false);
	numbered(&p);
	record(&p, "-p", asked, "--no-follow");
	named("-p --no-follow", false, false);
	record(&p, "--comm", ASKED, NULL);
	named("--comm", false, false);
	record(&p, "-u", uid, NULL);
	named("-u", false, true);
	record(&p, "-p", asked, "--snapshot");
	named("--snapshot", true, true);
	record(&p, NULL, NULL, NULL);
	named("everybody", true, true);
	of_a_program();
	end(&p);
	unlink(file);
	return tap_end();
}
