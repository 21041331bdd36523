// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/child.h"
#include "base/descriptor.h"
#include "base/err.h"
#include "base/signals.h"
#include "commands/export/keeper.h"
#include "commands/export/pass.h"
#include "commands/export/verify.h"

#define REAP_MS 2000

static int read_all(int fd, void *data, size_t size)
{
	char *p = data;

	while (size) {
		ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR && !interrupted)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		size -= n;
	}
	return 0;
}

/* The next one that looks, as the keeper sends it; -1 when the keeper has ended. */
static int take_next(struct export_verify *v)
{
	int fd;
	char c;

	if (descriptor_receive(v->control, &c, 1, &fd) != 1) {
		close(v->control);
		v->control = -1;
		return -1;
	}
	if (v->from >= 0)
		close(v->from);
	v->from = fd;
	v->ready = false;
	return 0;
}

static int take_ready(struct export_verify *v)
{
	struct pass_ready ready;

	if (read_all(v->from, &ready, sizeof(ready)))
		return -1;
	v->ready = true;
	v->own_tgid = ready.own_tgid;
	memcpy(v->privileges, ready.privileges, sizeof(v->privileges));
	v->privileges[sizeof(v->privileges) - 1] = 0;
	return 0;
}

static int take_pass(struct export_verify *v, struct export_model *m, __u64 now_ns)
{
	struct pass_unsettled *unsettled;
	struct pass_finding *list;
	struct pass p;
	int err;

	if (read_all(v->from, &p, sizeof(p)))
		return -1;
	list = must_alloc(p.nr, sizeof(*list));
	unsettled = must_alloc(p.nr_unsettled, sizeof(*unsettled));
	err = read_all(v->from, list, p.nr * sizeof(*list)) ||
	      read_all(v->from, unsettled, p.nr_unsettled * sizeof(*unsettled));
	if (!err)
		export_pass(m, &p, list, unsettled, now_ns);
	free(unsettled);
	free(list);
	return err;
}

int export_verify_start(struct export_verify *v, struct export_options *o)
{
	pid_t own = getpid();
	int ends[2];

	v->from = v->control = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return cannot("cannot make a pair of sockets: %s", strerror(errno));
	v->pid = fork();
	if (!v->pid)
		export_keep(o, ends[1], own);
	close(ends[1]);
	v->control = ends[0];
	if (v->pid < 0 || take_next(v) || take_ready(v)) {
		export_verify_stop(v);
		return -1;
	}
	return 0;
}

enum verify_news export_verify_read(struct export_verify *v, struct export_model *m, __u64 now_ns)
{
	if (v->from < 0)
		return VERIFY_ENDED;
	if (v->ready ? !take_pass(v, m, now_ns) : !take_ready(v))
		return VERIFY_WORKS;
	close(v->from);
	v->from = -1;
	/* one that did not get ready was told when the one before it ended */
	return v->ready ? VERIFY_ENDED : VERIFY_WAITS;
}

int export_verify_next(struct export_verify *v)
{
	return take_next(v);
}

void export_verify_stop(struct export_verify *v)
{
	/* the keeper may be another user's, so it is not told by a signal */
	if (v->from >= 0)
		close(v->from);
	if (v->control >= 0)
		close(v->control);
	v->from = v->control = -1;
	if (v->pid > 0)
		child_reap(v->pid, REAP_MS);
	v->pid = 0;
}
