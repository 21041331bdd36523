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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/own_ring.h"
#include "capture/call_ends.h"
#include "capture/call_hooks.h"
#include "capture/pin_hooks.h"
#include "capture/targets.h"
#include "fixbuf.skel.h"

enum { CALLS_LOOP, CALLS_BOUNDED, CREATE, CLOSE, GONE, NR_HOOKS };

#define TRIES 5	/* to see what a ring of our own does */

struct attach {
	struct fixbuf_bpf *skel;
	struct exact *exact;
	struct call_ends ends;
	struct hook hooks[NR_HOOKS + CALL_ENDS_HOOKS + EXACT_MAX_HOOKS];
	size_t nr_hooks;
	struct bpf_program *progs[NR_HOOKS];
	struct bpf_link *links[NR_HOOKS];
	bool loop;
};

static const struct hook table[NR_HOOKS] = {
	[CALLS_LOOP] = { "register", "raw_tp io_uring_register, all slots", false, "" },
	[CALLS_BOUNDED] = { "register", "raw_tp io_uring_register, 1024 slots", false, "" },
	[CREATE] = { "ring-create", "raw_tp io_uring_create", false, "" },
	[CLOSE] = { "ring-close", "raw_tp workqueue_queue_work", false, "" },
	[GONE] = { "ring-gone", "raw_tp workqueue_execute_end", false, "" },
};

static bool has_loop_helpers(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, NULL) == 1 &&
	       libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_find_vma, NULL) == 1;
}

struct attach *attach_prepare(struct fixbuf_bpf *skel, enum tier tier, bool syscalls)
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
	a->progs[CREATE] = skel->progs.ring_create;
	a->progs[CLOSE] = skel->progs.ring_close;
	a->progs[GONE] = skel->progs.ring_gone;
	for (int i = 0; i < NR_HOOKS; i++)
		bpf_program__set_autoload(a->progs[i], i != (a->loop ? CALLS_BOUNDED : CALLS_LOOP));
	bpf_map__set_autocreate(skel->maps.works, true);
	call_ends_prepare(&a->ends, skel, exact_tier(a->exact), syscalls);
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
	return take(a, hook, targets_attach(a->progs[hook]), why);
}

/* Those of all parts, one after the other. */
static void gather_hooks(struct attach *a)
{
	const struct hook *hooks;
	size_t nr;

	a->nr_hooks = NR_HOOKS;
	for (size_t i = 0; i < a->ends.nr; i++)
		a->hooks[a->nr_hooks++] = a->ends.list[i].hook;
	hooks = exact_hooks(a->exact, &nr);
	memcpy(&a->hooks[a->nr_hooks], hooks, nr * sizeof(*hooks));
	a->nr_hooks += nr;
}

int attach_start(struct attach *a)
{
	int calls = a->loop ? CALLS_LOOP : CALLS_BOUNDED, err;

	err = exact_start(a->exact);
	/* before the calls: a call must not find its start unseen because of us */
	if (!err)
		call_ends_start(&a->ends);
	gather_hooks(a);
	if (err)
		return err;
	err = take_raw(a, calls, a->loop ? "bpf_loop() and bpf_find_vma() are there" :
		       "no bpf_loop() (5.17): the walk reads the other slots");
	if (err)
		return err_set(-err, "cannot attach to the io_uring_register tracepoint: %s; 'doctor' says what this kernel offers",
			       strerror(-err));
	snprintf(a->hooks[a->loop ? CALLS_BOUNDED : CALLS_LOOP].reason, sizeof(a->hooks[0].reason),
		 a->loop ? "not needed" : "needs bpf_loop() and bpf_find_vma(), Linux 5.17");
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

__u32 attach_not_seen(const struct attach *a)
{
	return call_ends_not_seen(&a->ends);
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
	call_ends_stop(&a->ends);
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
