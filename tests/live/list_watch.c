// SPDX-License-Identifier: GPL-2.0
/*
 * list --watch says what becomes of rings: each that comes, changes or goes has one line, and nothing
 * else has. This program makes them. Independent of the kernel: live/list is not.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"

#define WAIT_MS	60000
#define FIRST	3	/* buffers of one page each */
#define SECOND	7

static char pid[16];
static struct iovec iov[SECOND];
static const struct tool_how plainly;

static unsigned int nr_lines(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, what)); text++)
		nr++;
	return nr;
}

static void close_ring(struct io_uring *r)
{
	io_uring_queue_exit(r);
}

static void follows(void)
{
	char changed[96], gone[96], fd[96];
	struct io_uring one, other;
	struct tool_run t;
	char *said;

	if (uring_open(&one, 4) || uring_register(one.ring_fd, iov, FIRST))
		bail("no ring");
	tool_start(&t, &plainly, "list", "--watch", "-i", "50ms", "-p", pid, NULL);
	ok(tool_says(&t, "CHANGE", WAIT_MS), "what is there is listed, then the titles of what changes");
	if (uring_open(&other, 4))
		bail("no second ring");
	snprintf(fd, sizeof(fd), " %4d new      0 buffers, 0, charged 0\n", other.ring_fd);
	ok(tool_says(&t, fd, WAIT_MS), "a ring comes");
	is(uring_unregister(one.ring_fd), 0, "buffers are dropped");
	snprintf(changed, sizeof(changed), " %4d changed  %d -> 0 buffers, %dK -> 0, charged %dK -> 0\n",
		 one.ring_fd, FIRST, 4 * FIRST, 4 * FIRST);
	ok(tool_says(&t, changed, WAIT_MS), "its buffers go");
	is(uring_register(one.ring_fd, iov, SECOND), 0, "buffers are registered");
	snprintf(changed, sizeof(changed), " %4d changed  0 -> %d buffers, 0 -> %dK, charged 0 -> %dK\n",
		 one.ring_fd, SECOND, 4 * SECOND, 4 * SECOND);
	ok(tool_says(&t, changed, WAIT_MS), "others come");
	snprintf(gone, sizeof(gone), " %4d gone     %d buffers, %dK, charged %dK\n", one.ring_fd, SECOND,
		 4 * SECOND, 4 * SECOND);
	close_ring(&one);
	ok(tool_says(&t, gone, WAIT_MS), "the ring goes, with what it had");
	kill(t.pid, SIGINT);
	tool_wait(&t, &plainly);
	is(t.status, 0, "Ctrl-C ends it");
	said = strstr(t.out, "CHANGE");
	is(nr_lines(said ?: "", "\n") - 1, 4, "four lines, for four changes");
	close_ring(&other);
	tool_free(&t);
}

static void as_json(void)
{
	struct json_lines l;
	struct io_uring r;
	struct tool_run t;

	if (uring_open(&r, 4) || uring_register(r.ring_fd, iov, FIRST))
		bail("no ring");
	tool(&t, "list", "--watch", "-i", "100ms", "-d", "1s", "--json", "-p", pid, NULL);
	is(t.status, 0, "-d ends it");
	json_lines_parse(&l, t.out);
	ok(!l.bad && l.nr >= 2, "JSON: each look is a document in a line: %zu", l.nr);
	for (size_t i = 0; i < l.nr; i++)
		if (!json_ring(json_member(l.lines[i], "rings"), getpid(), r.ring_fd) &&
		    !json_ring(l.lines[i], getpid(), r.ring_fd))
			l.bad = l.bad ?: strdup("a look without the ring");
	ok(!l.bad, "with the ring in each");
	json_lines_free(&l);
	tool_free(&t);
	close_ring(&r);
}

static void refuses(void)
{
	struct tool_run t;

	tool(&t, "list", "-i", "1s", NULL);
	is(t.status, 2, "-i without --watch is refused");
	has_text(t.err, "-i is about --watch", "and it is said why");
	tool_free(&t);
	tool(&t, "list", "--watch", "--by", "user", NULL);
	is(t.status, 2, "--by with --watch is refused");
	tool_free(&t);
}

int main(void)
{
	if (geteuid())
		skip_all("needs root");
	snprintf(pid, sizeof(pid), "%d", getpid());
	for (int i = 0; i < SECOND; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	follows();
	as_json();
	refuses();
	return tap_end();
}
