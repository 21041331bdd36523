// SPDX-License-Identifier: GPL-2.0
/* No event tells that a limit was lowered, by prlimit() or in the process itself: it is read. */
#include "base/clock.h"
#include "capture/live_private.h"
#include "model/ledger_snapshot.h"

#define APART_NS	NS_PER_S
#define PAUSE		9	/* times what the walk before it took */

/* As far as the account tells: the address may be another's by now. */
static bool is_same(const struct ring *o, const struct ring *r)
{
	return o && !o->mm == !r->mm && (!o->mm || o->mm->id == r->mm->id);
}

/* The holder as the walk saw it just now, NULL = it is none any more. */
static const struct holder *holder_in(const struct ledger *now, const struct ring *r,
				      const struct holder *h)
{
	const struct ring *o = ledger_ring(now, r->id);

	if (!is_same(o, r))
		return NULL;
	for (size_t i = 0; i < o->nr_holders; i++)
		if (o->holders[i].pid == h->pid && o->holders[i].fd == h->fd &&
		    o->holders[i].reg_index == h->reg_index)
			return &o->holders[i];
	return NULL;
}

/* What a ring has besides buffers no event tells either. */
static void compare_memory(struct ring *r, const struct ring *seen, const struct live_changes *on)
{
	if (!on->memory || !is_same(seen, r) || !seen->knows_memory || ledger_same_memory(r, seen))
		return;
	ledger_set_memory(r, seen->memory, seen->nr_memory);
	r->memory_cut = seen->memory_cut;
	on->memory(r, on->arg);
}

static void compare(struct live *l, const struct ledger *now, const struct live_changes *on)
{
	__u64 t_ns = live_known_ns(l);

	for (struct ring *r = l->ledger->rings; r; r = r->hh.next) {
		compare_memory(r, ledger_ring(now, r->id), on);
		for (size_t i = 0; i < r->nr_holders; i++) {
			struct holder *h = &r->holders[i];
			const struct holder *seen = holder_in(now, r, h);
			struct fact_holder f;

			if (!seen || (seen->memlock_limit_bytes == h->memlock_limit_bytes && seen->start_ns == h->start_ns))
				continue;
			h->memlock_limit_bytes = seen->memlock_limit_bytes;
			h->start_ns = seen->start_ns;
			/* accounts as they are known: what moved them meanwhile is still to be told */
			f = ledger_holder_fact(l->ledger, r, h, t_ns);
			f.h.t_ns = t_ns;
			on->limit(&f.h, on->arg);
		}
	}
}

void live_read_limits(struct live *l, bool now, const struct live_changes *on)
{
	__u64 t_ns = clock_now_ns(), took_ns;
	struct ledger *seen;

	if (!now && t_ns < l->limits_due_ns)
		return;
	seen = ledger_new();
	if (!walk_rings(l->capture->walk, seen))
		compare(l, seen, on);
	ledger_free(seen);
	took_ns = clock_now_ns() - t_ns;
	l->limits_due_ns = t_ns + took_ns * (PAUSE + 1);
	if (took_ns * PAUSE < APART_NS)
		l->limits_due_ns = t_ns + APART_NS;
}
