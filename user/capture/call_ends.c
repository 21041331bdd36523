// SPDX-License-Identifier: GPL-2.0
#include <abi/fact.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "capture/call_ends.h"
#include "capture/hook_trial.h"
#include "capture/prototype.h"
#include "capture/targets.h"
#include "fixbuf.skel.h"
#include "model/event.h"

/* The entry points of the two calls, as this architecture has them. */
static const struct { const char *func; bool setup; } entry_points[] = {
#ifdef __x86_64__
	{ "__x64_sys_io_uring_setup", true }, { "__x64_sys_io_uring_register", false },
	{ "__ia32_sys_io_uring_setup", true }, { "__ia32_sys_io_uring_register", false },
#else
	{ "__arm64_sys_io_uring_setup", true }, { "__arm64_sys_io_uring_register", false },
#endif
};

static struct call_end_hook *add(struct call_ends *e, const char *how, const char *what)
{
	struct call_end_hook *h = &e->list[e->nr++];

	snprintf(h->point, sizeof(h->point), "%s %s", how, what);
	h->hook.fact = "call";
	h->hook.point = h->point;
	return h;
}

static void use(struct call_end_hook *h, struct bpf_program *begin, struct bpf_program *end)
{
	h->programs[0] = begin;
	h->programs[1] = end;
	for (int i = 0; i < 2; i++)
		if (h->programs[i])
			bpf_program__set_autoload(h->programs[i], true);
}

static void prepare_all_calls(struct call_ends *e)
{
	struct call_end_hook *h = add(e, "raw_tp", "sys_enter, sys_exit");

	use(h, e->skel->progs.call_begins, e->only_begins ? NULL : e->skel->progs.call_ends);
	snprintf(h->hook.reason, sizeof(h->hook.reason),
		 "calls that fail early, durations: every system call of the machine pays");
}

static struct bpf_program *at_function(const struct call_ends *e, const char *func, const char *end)
{
	char name[80];

	snprintf(name, sizeof(name), "at%s%s", func, end);
	return bpf_object__find_program_by_name(e->skel->obj, name);
}

static void prepare_entry_points(struct call_ends *e)
{
	const char *how = e->by == ENDS_KPROBES ? "kprobe, kretprobe" : "fentry, fexit";

	for (size_t i = 0; i < sizeof(entry_points) / sizeof(entry_points[0]); i++) {
		const char *func = entry_points[i].func;
		struct call_end_hook *h;
		struct prototype p;

		/* it is given the registers, whatever the call takes */
		if ((e->only_begins && entry_points[i].setup) || e->nr == CALL_ENDS_HOOKS ||
		    !prototype_find(&p, func) || p.nr_args != 1 ||
		    !prototype_takes(&p, 0, "pt_regs", 1))
			continue;
		h = add(e, how, func);
		h->setup = entry_points[i].setup;
		snprintf(h->func, sizeof(h->func), "%s", func);
		snprintf(h->hook.reason, sizeof(h->hook.reason), "%s, durations: who calls pays",
			 h->setup ? "rings that were not made" : "calls that find no ring");
		if (e->by == ENDS_KPROBES)
			use(h, e->skel->progs.call_probed,
			    e->only_begins ? NULL : e->skel->progs.call_probed_end);
		else
			use(h, at_function(e, func, ""),
			    e->only_begins ? NULL : at_function(e, func, "_end"));
	}
}

void call_ends_prepare(struct call_ends *e, struct fixbuf_bpf *skel, enum tier tier, bool syscalls)
{
	struct call_end_hook *h;

	memset(e, 0, sizeof(*e));
	e->skel = skel;
	e->by = syscalls ? ENDS_ALL_CALLS :
		tier == TIER_FUNCTIONS || tier == TIER_PATCHED ? ENDS_ENTRY_POINTS :
		tier == TIER_KPROBES ? ENDS_KPROBES : ENDS_UNSEEN;
	bpf_map__set_autocreate(skel->maps.starts, true);
	if (e->by == ENDS_ALL_CALLS)
		prepare_all_calls(e);
	else if (e->by != ENDS_UNSEEN)
		prepare_entry_points(e);
	if (e->nr)
		return;
	h = add(e, "raw_tp", "sys_enter, sys_exit");
	snprintf(h->hook.reason, sizeof(h->hook.reason),
		 "needs --syscalls, default around a program: every system call would pay");
}

/* How the begin of io_uring_register() can be seen at the cost of those alone who call it. */
static enum call_ends_by cheapest_begin(void)
{
	char why[192];

	for (size_t i = 0; i < sizeof(entry_points) / sizeof(entry_points[0]); i++) {
		const char *func = entry_points[i].func;
		struct prototype p;

		if (entry_points[i].setup || !prototype_find(&p, func))
			continue;
		if (!trial_fentry(&p, true, why, sizeof(why)))
			return ENDS_ENTRY_POINTS;
		if (!trial_kprobe(func, why, sizeof(why)))
			return ENDS_KPROBES;
	}
	return ENDS_UNSEEN;
}

void call_begins_prepare(struct call_ends *e, struct fixbuf_bpf *skel, bool syscalls, bool at_worst)
{
	memset(e, 0, sizeof(*e));
	e->skel = skel;
	e->only_begins = true;
	e->by = syscalls ? ENDS_ALL_CALLS : cheapest_begin();
	if (e->by == ENDS_UNSEEN && at_worst)
		e->by = ENDS_ALL_CALLS;
	bpf_map__set_autocreate(skel->maps.starts, true);
	if (e->by == ENDS_ALL_CALLS)
		prepare_all_calls(e);
	else if (e->by != ENDS_UNSEEN)
		prepare_entry_points(e);
}

static struct bpf_link *attach(const struct call_ends *e, const struct call_end_hook *h, int end)
{
	if (e->by == ENDS_KPROBES)
		return bpf_program__attach_kprobe(h->programs[end], end, h->func);
	return targets_attach(h->programs[end]);
}

static void detach(struct call_end_hook *h)
{
	for (int i = 0; i < 2; i++) {
		bpf_link__destroy(h->links[i]);
		h->links[i] = NULL;
	}
	h->hook.attached = false;
}

/* The begin first: an end of which no begin was seen is told where all calls are seen. */
static void start(struct call_ends *e, struct call_end_hook *h)
{
	for (int i = 0; i < 2 && h->programs[i]; i++) {
		h->links[i] = attach(e, h, i);
		if (!h->links[i]) {
			snprintf(h->hook.reason, sizeof(h->hook.reason), "refused: %s",
				 strerror(errno));
			detach(h);
			return;
		}
	}
	h->hook.attached = true;
}

void call_ends_start(struct call_ends *e)
{
	for (size_t i = 0; e->by != ENDS_UNSEEN && i < e->nr; i++)
		if (e->list[i].programs[0])
			start(e, &e->list[i]);
	if (e->by != ENDS_UNSEEN)
		e->skel->bss->calls_seen_since = clock_now_ns();
}

void call_ends_stop(struct call_ends *e)
{
	for (size_t i = 0; i < e->nr; i++)
		detach(&e->list[i]);
}

__u32 call_ends_not_seen(const struct call_ends *e)
{
	__u32 not_seen = NOT_SEEN_SETUPS | NOT_SEEN_REFUSED | NOT_SEEN_DURATIONS | NOT_SEEN_FILTERED;
	bool setups = true, registers = true;

	if (e->by == ENDS_UNSEEN || !e->nr)
		return not_seen;
	for (size_t i = 0; i < e->nr; i++) {
		if (e->list[i].hook.attached)
			continue;
		setups &= e->by != ENDS_ALL_CALLS && !e->list[i].setup;
		registers &= e->by != ENDS_ALL_CALLS && e->list[i].setup;
	}
	if (setups)
		not_seen &= ~NOT_SEEN_SETUPS;
	if (registers)
		not_seen &= ~(NOT_SEEN_REFUSED | NOT_SEEN_DURATIONS);
	if (setups && e->by == ENDS_ALL_CALLS)
		not_seen &= ~NOT_SEEN_FILTERED;
	return not_seen;
}
