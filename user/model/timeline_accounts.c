// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "model/fact.h"
#include "model/timeline_private.h"

struct held {			/* whom a buffer's pages are counted for */
	__u64 buf;
	__u64 user, mm;
	__u32 user_number, mm_number;
	__s64 pages;
	UT_hash_handle hh;
};

static struct account *account(struct timeline *h, __u64 id, bool is_mm)
{
	struct account *a;

	if (!id)
		return NULL;
	HASH_FIND(hh, h->accounts, &id, sizeof(id), a);
	if (a)
		return a;
	a = must_alloc(1, sizeof(*a));
	a->id = id;
	a->is_mm = is_mm;
	a->number = ++h->nr_accounts;
	a->limit_bytes = ~0ULL;
	HASH_ADD(hh, h->accounts, id, sizeof(a->id), a);
	return a;
}

static void level(struct timeline *h, struct account *a, __s64 charged, __u64 limit)
{
	if (!a || (a->told && a->charged_pages == charged && a->limit_bytes == limit))
		return;
	a->charged_pages = charged;
	a->limit_bytes = limit;
	if (!h->ours)
		return;
	a->told = true;
	a->older = h->found && h->begins;
	TELL(h, level, a, h->now_ns);
}

/* Its address is another's now: who had it has nothing there any more. */
static void begin_anew(struct timeline *h, struct account *a)
{
	const bool had = a->charged_pages || a->pinned_pages;

	a->charged_pages = a->pinned_pages = 0;
	a->older = false;
	if (a->told && had)
		TELL(h, level, a, h->now_ns);
	a->number = ++h->nr_accounts;
	a->limit_bytes = ~0ULL;
	a->told = false;
}

static struct account *user_account(struct timeline *h, __u64 id)
{
	struct account *a = account(h, id, false);
	struct ledger_user *u;

	HASH_FIND(hh, h->ledger->users, &id, sizeof(id), u);
	if (!a || !u)
		return a;
	if (a->known && a->uid != u->uid)
		begin_anew(h, a);
	a->known = true;
	a->uid = u->uid;
	return a;
}

static struct account *mm_account(struct timeline *h, __u64 id)
{
	struct account *a = account(h, id, true);
	struct ledger_mm *mm;

	HASH_FIND(hh, h->ledger->mms, &id, sizeof(id), mm);
	if (!a || !mm || !mm->pid)
		return a;
	if (a->known && a->pid != mm->pid)
		begin_anew(h, a);
	a->known = true;
	a->pid = mm->pid;
	a->ns_pid = mm->ns_pid;
	a->uid = mm->uid;
	a->comm = mm->comm;
	return a;
}

static void user_level(struct timeline *h, __u64 id, __s64 charged, __u64 limit)
{
	struct account *a = user_account(h, id);

	if (a)
		level(h, a, charged, limit ? limit : a->limit_bytes);
}

static void mm_level(struct timeline *h, __u64 id, __s64 charged)
{
	struct account *a = mm_account(h, id);

	if (a)
		level(h, a, charged, a->limit_bytes);
}

/* .number: whose these pages were, 0 = they are new. Returns whose they are. */
static __u32 pinned(struct timeline *h, __u64 id, bool is_mm, __u32 number, __s64 pages)
{
	struct account *a = is_mm ? mm_account(h, id) : user_account(h, id);

	if (!a || (number && a->number != number))
		return 0;
	a->pinned_pages += pages;
	a->older = false;
	if (a->told)
		TELL(h, level, a, h->now_ns);
	return a->number;
}

void timeline_pin(struct timeline *h, __u64 ring, __u64 buf, __s64 pages)
{
	const struct ring *r = ledger_ring(h->ledger, ring);
	struct held *held;

	HASH_FIND(hh, h->held, &buf, sizeof(buf), held);
	if (held || !buf)
		return;
	held = must_alloc(1, sizeof(*held));
	held->buf = buf;
	held->user = r && r->user ? r->user->id : 0;
	held->mm = r && r->mm ? r->mm->id : 0;
	held->pages = pages;
	HASH_ADD(hh, h->held, buf, sizeof(held->buf), held);
	held->user_number = pinned(h, held->user, false, 0, pages);
	held->mm_number = pinned(h, held->mm, true, 0, pages);
}

static void unpin(struct timeline *h, __u64 buf)
{
	struct held *held;

	HASH_FIND(hh, h->held, &buf, sizeof(buf), held);
	if (!held)
		return;
	pinned(h, held->user, false, held->user_number, -held->pages);
	pinned(h, held->mm, true, held->mm_number, -held->pages);
	HASH_DEL(h->held, held);
	free(held);
}

/* It was read again, as it had changed: of what a look found it comes with the levels. */
static void new_limit(struct timeline *h, const struct fact_holder *f)
{
	const struct ring *r = ledger_ring(h->ledger, f->h.ring);
	struct account *a = r && r->user && r->user->id == f->user ? user_account(h, f->user) : NULL;

	if (a && !h->looking && f->memlock_limit_bytes != ~0ULL)
		level(h, a, a->charged_pages, f->memlock_limit_bytes);
}

void timeline_account(struct timeline *h, const struct fact *f)
{
	const struct fact_charge *charge = (const void *)f;
	const struct fact_call *call = (const void *)f;
	const struct fact_ring *ring = (const void *)f;
	const struct fact_pin *p = (const void *)f;
	const struct timeline_ring *r = timeline_ring(h, f->ring);

	h->ours = r && r->watched;
	switch (f->kind) {
	case FACT_CALL:
		user_level(h, call->user, call->user_after_pages, call->limit_bytes);
		mm_level(h, call->mm, call->mm_after_pages);
		break;
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
	case FACT_RING:
		user_level(h, ring->user, ring->user_locked_pages, 0);
		mm_level(h, ring->mm, ring->mm_pinned_pages);
		break;
	case FACT_HOLDER:
		new_limit(h, (const void *)f);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		user_level(h, charge->user, charge->user_after_pages, 0);
		mm_level(h, charge->mm, charge->mm_after_pages);
		break;
	case FACT_PIN:
		if (p->result >= 0)
			timeline_pin(h, f->ring, p->buf, p->pages);
		break;
	case FACT_UNPIN:
		unpin(h, p->buf);
		break;
	}
}

void timeline_learn_limit(struct timeline *h, const struct ring *r)
{
	struct account *a = r->user ? user_account(h, r->user->id) : NULL;

	for (size_t i = 0; a && i < r->nr_holders; i++)
		if (r->holders[i].user == a->id && r->holders[i].memlock_limit_bytes < a->limit_bytes)
			a->limit_bytes = r->holders[i].memlock_limit_bytes;
}

void timeline_levels(struct timeline *h, const struct ring *r)
{
	h->ours = h->found = true;
	if (r->user)
		user_level(h, r->user->id, r->user->locked_pages, 0);
	if (r->mm)
		mm_level(h, r->mm->id, r->mm->pinned_pages);
	h->found = false;
}

void timeline_free_accounts(struct timeline *h)
{
	struct account *a, *next;
	struct held *held, *next_held;

	HASH_ITER(hh, h->accounts, a, next) {
		HASH_DEL(h->accounts, a);
		free(a->data);
		free(a);
	}
	HASH_ITER(hh, h->held, held, next_held) {
		HASH_DEL(h->held, held);
		free(held);
	}
}
