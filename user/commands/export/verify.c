// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/err.h"
#include "base/signals.h"
#include "commands/export/keeper.h"
#include "commands/export/pass.h"
#include "commands/export/verify.h"

#define REAP_MS 2000
#define PATIENCE_NS (120 * NS_PER_S)

/*
 * What has come of a message of .size bytes, without waiting for the rest: who looks has the least of
 * all priorities. 1 when all is there, 0 when not yet, -1 when its sender has ended.
 */
static int take_more(struct export_verify *v, size_t size)
{
	struct pass_message *m = &v->message;

	if (m->room < size) {
		m->bytes = must_realloc(m->bytes, size, 1);
		m->room = size;
	}
	while (m->nr < size) {
		ssize_t n = read(v->from, m->bytes + m->nr, size - m->nr);

		if (n < 0 && errno == EINTR && !interrupted)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return -1;
		m->nr += n;
	}
	return 1;
}

static void drop_message(struct export_verify *v)
{
	free(v->message.bytes);
	v->message = (struct pass_message){ 0 };
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
	drop_message(v);
	return 0;
}

static int take_ready(struct export_verify *v)
{
	struct pass_ready ready;
	int n = take_more(v, sizeof(ready));

	if (n <= 0)
		return n;
	memcpy(&ready, v->message.bytes, sizeof(ready));
	drop_message(v);
	v->ready = true;
	v->heard_ns = clock_now_ns();
	v->own_tgid = ready.own_tgid;
	memcpy(v->privileges, ready.privileges, sizeof(v->privileges));
	v->privileges[sizeof(v->privileges) - 1] = 0;
	return 1;
}

static int take_pass(struct export_verify *v, struct export_model *m, __u64 now_ns)
{
	const struct pass_unsettled *unsettled;
	const struct pass_finding *list;
	struct pass p;
	int n = take_more(v, sizeof(p));

	if (n <= 0)
		return n;
	memcpy(&p, v->message.bytes, sizeof(p));
	if (p.nr > PASS_MOST || p.nr_unsettled > PASS_MOST)
		return -1;
	n = take_more(v, sizeof(p) + p.nr * sizeof(*list) + p.nr_unsettled * sizeof(*unsettled));
	if (n <= 0)
		return n;
	list = (const void *)(v->message.bytes + sizeof(p));
	unsettled = (const void *)(list + p.nr);
	export_pass(m, &p, list, unsettled, now_ns);
	v->heard_ns = now_ns;
	v->took_ns = p.took_ns;
	drop_message(v);
	return 1;
}

/* The first word of the first one, which is waited for. */
static int await_ready(struct export_verify *v)
{
	struct pollfd from = { .fd = v->from, .events = POLLIN };
	int n;

	while (!(n = take_ready(v)))
		if (poll(&from, 1, -1) < 0 && interrupted)
			return -1;
	return n < 0 ? -1 : 0;
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
	if (v->pid < 0 || take_next(v) || await_ready(v)) {
		export_verify_stop(v);
		return -1;
	}
	return 0;
}

enum verify_news export_verify_read(struct export_verify *v, struct export_model *m, __u64 now_ns)
{
	int n;

	if (v->from < 0)
		return VERIFY_ENDED;
	n = v->ready ? take_pass(v, m, now_ns) : take_ready(v);
	if (n >= 0)
		return n ? VERIFY_WORKS : VERIFY_SPEAKS;
	close(v->from);
	v->from = -1;
	/* one that did not get ready was told when the one before it ended */
	return v->ready ? VERIFY_ENDED : VERIFY_WAITS;
}

bool export_verify_await(const struct export_verify *v, unsigned int ms)
{
	struct pollfd from = { .fd = v->from, .events = POLLIN };
	__u64 now = clock_now_ns(), until = now + ms * NS_PER_MS;
	int n = 0;

	/* the end of our time is a signal, too, and does not end this */
	for (; v->from >= 0 && !interrupted && n <= 0 && now < until; now = clock_now_ns())
		n = poll(&from, 1, (until - now) / NS_PER_MS + 1);
	return n > 0;
}

bool export_verify_is_late(const struct export_verify *v, __u64 interval_ns, __u64 now_ns)
{
	__u64 usual = interval_ns + v->took_ns;

	return v->from >= 0 && v->ready && now_ns > v->heard_ns &&
	       now_ns - v->heard_ns > 3 * usual + PATIENCE_NS;
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
	drop_message(v);
	if (v->pid > 0)
		child_reap(v->pid, REAP_MS);
	v->pid = 0;
}
