// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/files.h"
#include "base/untrusted.h"
#include "commands/ended.h"

#define MAX_FILE (16U << 10)

struct ended_process {
	struct comm comm;	/* empty where it had ended before it was read */
	int fd;			/* its pidfd, -1 = none */
	bool gone;		/* before we began */
	bool told;
};

/* As it was given with -p. */
static __u32 given(const struct selection *s, size_t i)
{
	return s->ns_pids ? s->ns_pids[i] : s->pids[i];
}

void ended_begin(struct ended *e, const struct selection *s)
{
	e->select = s;
	e->list = must_alloc(s->nr_pids, sizeof(*e->list));
	for (size_t i = 0; i < s->nr_pids; i++) {
		struct comm *comm = &e->list[i].comm;
		char path[32], *text;
		size_t len;

		e->list[i].fd = syscall(SYS_pidfd_open, given(s, i), 0);
		e->list[i].gone = e->list[i].fd < 0 && errno == ESRCH;
		snprintf(path, sizeof(path), "/proc/%u/comm", given(s, i));
		text = file_text(AT_FDCWD, path, MAX_FILE);
		/* without the line's end; a name may hold others */
		len = text && *text ? strlen(text) - 1 : 0;
		if (len)
			memcpy(comm->bytes, text, len < sizeof(comm->bytes) ? len : sizeof(comm->bytes));
		free(text);
	}
}

/*
 * The kernel side notes no end before it is attached, and of who is not followed none. A descriptor
 * knows when its number was given again, and export may ask it when it may ask nothing else.
 */
static bool is_gone(const struct ended_process *p, __u32 pid)
{
	struct pollfd end = { .fd = p->fd, .events = POLLIN };

	return p->gone || (p->fd >= 0 ? poll(&end, 1, 0) > 0 : kill(pid, 0) && errno == ESRCH);
}

void ended_tell(struct ended *e, const struct capture *c, bool now)
{
	if (!e->select || (!now && clock_now_ns() < e->next_ns))
		return;
	e->next_ns = clock_now_ns() + NS_PER_S;
	for (size_t i = 0; i < e->select->nr_pids; i++) {
		struct ended_process *p = &e->list[i];

		if (p->told || !(capture_has_ended(c, e->select->pids[i]) || is_gone(p, given(e->select, i))))
			continue;
		p->told = true;
		fprintf(stderr, PROGRAM_NAME ": process %u%s%s%s has ended\n", given(e->select, i),
			p->comm.bytes[0] ? " (" : "", TAME_COMM(p->comm), p->comm.bytes[0] ? ")" : "");
	}
}

void ended_free(struct ended *e)
{
	for (size_t i = 0; e->list && i < e->select->nr_pids; i++)
		if (e->list[i].fd >= 0)
			close(e->list[i].fd);
	free(e->list);
}
