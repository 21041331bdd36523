// SPDX-License-Identifier: GPL-2.0
/*
 * Calls and the life of rings, by tracepoints at every tier. Helpers decide
 * between variants, a trial attach decides whether a hook is there, and a ring
 * of our own teaches the work function that tears rings down.
 */
#include <abi/fact.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/err.h"
#include "base/own_ring.h"
#include "capture/call_hooks.h"
#include "capture/pin_hooks.h"
#include "capture/tracefs.h"
#include "fixbuf.skel.h"

enum { CALLS_LOOP, CALLS_BOUNDED, CALL_START, CALL_REFUSED, CREATE, CLOSE, GONE, NR_HOOKS };

#define TRIES 5	/* to see what a ring of our own does */

struct attach {
	struct fixbuf_bpf *skel;
	struct exact *exact;
	struct hook hooks[NR_HOOKS + EXACT_MAX_HOOKS];
	size_t nr_hooks;
	struct bpf_program *progs[NR_HOOKS];
	struct bpf_link *links[NR_HOOKS];
	bool loop;
};

static const struct hook table[NR_HOOKS] = {
	[CALLS_LOOP] = { "register", "raw_tp io_uring_register, all slots", false, "" },
	[CALLS_BOUNDED] = { "register", "raw_tp io_uring_register, 1024 slots", false, "" },
	[CALL_START] = { "duration", "perf syscalls/sys_enter_io_uring_register", false, "" },
	[CALL_REFUSED] = { "refused call", "perf syscalls/sys_exit_io_uring_register", false, "" },
	[CREATE] = { "ring-create", "raw_tp io_uring_create", false, "" },
	[CLOSE] = { "ring-close", "raw_tp workqueue_queue_work", false, "" },
	[GONE] = { "ring-gone", "raw_tp workqueue_execute_end", false, "" },
};

static bool has_loop_helpers(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, NULL) == 1 &&
	       libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_find_vma, NULL) == 1;
}

struct attach *attach_prepare(struct fixbuf_bpf *skel, enum tier tier)
{
	struct attach *a = calloc(1, sizeof(*a));

	if (!a) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	a->exact = exact_prepare(skel, tier);
	if (!a->exact) {
		free(a);
		return NULL;
	}
	a->skel = skel;
	a->loop = has_loop_helpers();
	memcpy(a->hooks, table, sizeof(table));
	a->progs[CALLS_LOOP] = skel->progs.register_loop;
	a->progs[CALLS_BOUNDED] = skel->progs.register_bounded;
	a->progs[CALL_START] = skel->progs.register_enter;
	a->progs[CALL_REFUSED] = skel->progs.register_exit;
	a->progs[CREATE] = skel->progs.ring_create;
	a->progs[CLOSE] = skel->progs.ring_close;
	a->progs[GONE] = skel->progs.ring_gone;
	for (int i = 0; i < NR_HOOKS; i++)
		bpf_program__set_autoload(a->progs[i], i != (a->loop ? CALLS_BOUNDED : CALLS_LOOP));
	bpf_map__set_autocreate(skel->maps.starts, true);
	bpf_map__set_autocreate(skel->maps.works, true);
	return a;
}

static int take(struct attach *a, int hook, struct bpf_link *link, const char *why)
{
	struct hook *h = &a->hooks[hook];
	int err = link ? 0 : -errno;

	a->links[hook] = link;
	h->attached = link;
	if (link)
		snprintf(h->reason, sizeof(h->reason), "%s", why);
	else
		snprintf(h->reason, sizeof(h->reason), "refused: %s", strerror(-err));
	return err;
}

/* A perf event of one CPU is enough: its programs run for the trace event on all of them. */
static int take_perf(struct attach *a, int hook, const char *event, const char *why)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1,
		.wakeup_events = 1,
	};
	struct hook *h = &a->hooks[hook];
	struct bpf_link *link;
	int id = tracefs_event_id(event), fd, err;

	if (id < 0) {
		snprintf(h->reason, sizeof(h->reason),
			 "no trace event number: %s; durations are unknown, calls that are refused early are not seen",
			 strerror(-id));
		return id;
	}
	attr.config = id;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		snprintf(h->reason, sizeof(h->reason), "perf_event_open: %s", strerror(errno));
		return err;
	}
	link = bpf_program__attach_perf_event(a->progs[hook], fd);
	err = take(a, hook, link, why);
	if (err)
		close(fd);
	return err;
}

/*
 * The kernel queues a work when the last reference to a ring goes: which one,
 * ours shows. Again when it does not: under load a program's run may be left out.
 */
static bool learn_exit_func(struct attach *a)
{
	struct ring_raw r;

	for (int i = 0; i < TRIES && !a->skel->bss->exit_func; i++) {
		if (ring_raw_open(&r, 1, 0))
			return false;
		ring_raw_close(&r);
		a->skel->bss->learn_ring = 0;
	}
	return a->skel->bss->exit_func;
}

static void drop(struct attach *a, int hook, const char *why)
{
	bpf_link__destroy(a->links[hook]);
	a->links[hook] = NULL;
	a->hooks[hook].attached = false;
	snprintf(a->hooks[hook].reason, sizeof(a->hooks[hook].reason), "%s", why);
}

static int take_raw(struct attach *a, int hook, const char *why)
{
	return take(a, hook, bpf_program__attach(a->progs[hook]), why);
}

static int start_exact(struct attach *a)
{
	int err = exact_start(a->exact);
	const struct hook *hooks;
	size_t nr;

	hooks = exact_hooks(a->exact, &nr);
	memcpy(&a->hooks[NR_HOOKS], hooks, nr * sizeof(*hooks));
	a->nr_hooks = NR_HOOKS + nr;
	return err;
}

int attach_start(struct attach *a)
{
	int calls = a->loop ? CALLS_LOOP : CALLS_BOUNDED, err;

	err = start_exact(a);
	if (err)
		return err;
	/* before the calls: a call must not find its start unseen because of us */
	take_perf(a, CALL_START, "syscalls/sys_enter_io_uring_register",
		  "start, and levels before, of each call");
	err = take_raw(a, calls, a->loop ? "bpf_loop() and bpf_find_vma() are there" :
		       "no bpf_loop() (5.17): the walk reads the other slots");
	if (err)
		return err_set(-err, "cannot attach to the io_uring_register tracepoint: %s; 'doctor' says what this kernel offers",
			       strerror(-err));
	snprintf(a->hooks[a->loop ? CALLS_BOUNDED : CALLS_LOOP].reason, sizeof(a->hooks[0].reason),
		 a->loop ? "not needed" : "needs bpf_loop() and bpf_find_vma(), Linux 5.17");
	if (a->hooks[CALL_START].attached)
		take_perf(a, CALL_REFUSED, "syscalls/sys_exit_io_uring_register",
			  "calls that are refused before a ring is found");
	else
		snprintf(a->hooks[CALL_REFUSED].reason, sizeof(a->hooks[0].reason),
			 "needs the start of the call");
	take_raw(a, CREATE, "every new ring");
	take_raw(a, CLOSE, "the work function was learnt from our own ring");
	take_raw(a, GONE, "the end of that work");
	if (!learn_exit_func(a)) {
		drop(a, CLOSE, "the end of our own ring was not seen: ends of rings are not shown");
		drop(a, GONE, "needs ring-close");
	}
	return 0;
}

const struct hook *attach_hooks(const struct attach *a, size_t *nr)
{
	*nr = a->nr_hooks;
	return a->hooks;
}

bool attach_tells_all(const struct attach *a)
{
	return a->loop;
}

enum tier attach_tier(const struct attach *a)
{
	return exact_tier(a->exact);
}

void attach_want_ring(const struct attach *a, __u64 ring)
{
	exact_want_ring(a->exact, ring);
}

/* Who tells the end of a ring goes first: told without its unpins and uncharges it would be a leak. */
void attach_stop(struct attach *a)
{
	for (int i = 0; i < NR_HOOKS; i++) {
		bpf_link__destroy(a->links[i]);
		a->links[i] = NULL;
	}
	exact_stop(a->exact);
}

void attach_free(struct attach *a)
{
	if (!a)
		return;
	attach_stop(a);
	exact_free(a->exact);
	free(a);
}
