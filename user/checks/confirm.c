// SPDX-License-Identifier: GPL-2.0
/*
 * A call under way has changed one of a sum and its account, and not yet the other. So a sum over
 * buffers counts when no call on their rings ended between two looks, and none was half done. What
 * buffers of some rings show among each other needs no rest of the other rings: there a buffer may
 * be missed that changes rings from one to the next, but not in many looks in a row.
 */
#include "base/array.h"
#include "base/page_size.h"
#include "checks/confirm.h"
#include "checks/finding_index.h"
#include "checks/selected.h"
#include "model/ledger_buffers.h"

#define LOOKS		3	/* in a row that have a finding: it is confirmed */
#define LOOKS_BESIDE	8	/* the same beside calls on other rings of the account */

struct two_looks {
	const struct ledger *now, *before;
	__u64 mm;		/* looked at last: findings of one account come in a row */
	bool any, rested;	/* whether there was one, and what was seen of it */
};

/* Whether .b has all rings of .a that charge this address space, with no call on them between. */
static bool rings_rested(const struct ledger *a, const struct ledger *b, __u64 mm)
{
	for (const struct ring *r = a->rings; r; r = r->hh.next) {
		const struct ring *o;

		if (!r->mm || r->mm->id != mm)
			continue;
		o = ledger_ring(b, r->id);
		if (!o || o->last_call_ns != r->last_call_ns || r->ring_flags & RING_F_LOCKED)
			return false;
	}
	return true;
}

static bool account_rested(struct two_looks *l, const struct finding *f)
{
	__u64 mm = finding_mm(l->now, f);

	if (!l->any || mm != l->mm)
		l->rested = rings_rested(l->now, l->before, mm) &&
			    rings_rested(l->before, l->now, mm);
	l->any = true;
	l->mm = mm;
	return l->rested;
}

/* Whether .f, which the look before had as .o, could not have been a call that was half done. */
static bool stands(struct two_looks *l, struct finding *f, const struct finding *o)
{
	bool rested;

	if (!finding_traits(f->tag)->rest_ns)
		return true;
	rested = account_rested(l, f);
	if (!f->ring)
		return rested;
	f->beside = o->beside || !rested;
	return f->call_ns == o->call_ns && !f->moving && !o->moving;
}

static bool is_confirmed(const struct finding *f)
{
	return f->looks >= (f->beside ? LOOKS_BESIDE : LOOKS);
}

bool confirm(struct findings *now, const struct ledger *l, const struct findings *before,
	     const struct ledger *l_before)
{
	struct finding_index *found = before ? finding_index_of(before) : NULL;
	struct two_looks looks = { .now = l, .before = l_before };
	bool all = true;

	for (size_t i = 0; i < now->nr; i++) {
		struct finding *f = &now->list[i];
		long k = finding_index_find(found, f);

		f->looks = 1;
		if (k >= 0 && stands(&looks, f, &before->list[k]))
			f->looks += before->list[k].looks;
		all &= is_confirmed(f);
	}
	finding_index_free(&found);
	return all;
}

/* Moves it, with its words. */
static void take(struct findings *to, struct finding *f)
{
	array_grow(to->list, to->nr);
	to->list[to->nr++] = *f;
	f->detail = NULL;
}

void confirm_gone(struct findings *gone, struct findings *before, const struct findings *now)
{
	struct finding_index *has = before->nr ? finding_index_of(now) : NULL;
	struct finding_index *had = before->nr ? finding_index_of(gone) : NULL;

	for (size_t i = 0; i < before->nr; i++) {
		struct finding *f = &before->list[i];

		if (finding_traits(f->tag)->by_program && finding_index_find(has, f) < 0 &&
		    finding_index_find(had, f) < 0)
			take(gone, f);
	}
	finding_index_free(&has);
	finding_index_free(&had);
}

/* Its memory may be another buffer's by now: that is of other addresses, or was looked at itself. */
static bool is_there(const struct ledger *l, const struct finding *f)
{
	const struct buffer *b = l && f->buf ? ledger_buffer(l, f->buf) : NULL;

	return b && f->addr + PAGE_BYTES > b->addr && f->addr < b->addr + b->len_bytes;
}

/* It was seen in one look or more, and not in the last. */
static void take_gone(struct findings *now, struct findings *gone, const struct ledger *l)
{
	struct finding_index *has = gone->nr ? finding_index_of(now) : NULL;

	for (size_t i = 0; i < gone->nr; i++) {
		struct finding *f = &gone->list[i];

		if (!is_there(l, f) || finding_index_find(has, f) >= 0)
			continue;
		f->looks = 0;
		take(now, f);
	}
	finding_index_free(&has);
	findings_free(gone);
}

void confirm_rest(struct findings *now, struct findings *gone, const struct ledger *l,
		  struct unsettled_list *u)
{
	take_gone(now, gone, l);
	for (size_t i = 0; i < now->nr; i++) {
		struct finding *f = &now->list[i];

		f->unconfirmed = !is_confirmed(f);
		if (f->unconfirmed)
			unsettled_add(u, suspicion_row(f));
	}
}
