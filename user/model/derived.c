// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "model/derived.h"

static bool derives(const struct ledger *l, const struct fact *cause)
{
	return l->on_derived && !(cause->flags & FACT_F_SNAPSHOT);
}

static struct fact head(const struct fact *cause, const struct ring *r, enum fact_kind kind,
			__u16 size)
{
	struct fact h = *cause;

	h.size = size;
	h.kind = kind;
	h.flags = FACT_F_DERIVED;
	h.seq = 0;
	h.ring = r->id;
	return h;
}

void derive_drop(struct ledger *l, const struct fact *cause, const struct ring *r, __u32 index,
		 const struct buffer *b)
{
	struct fact_buffer f = {
		.buf = b->id,
		.addr = b->addr,
		.len_bytes = b->len_bytes,
		.bvec = b->bvec,
		.charged_pages = b->charged_pages,
		.index = index,
		.segments = b->segments,
		.folio_shift = b->folio_shift,
		.refs = b->refs,
		.buf_flags = b->buf_flags,
	};

	/* one that was seen needs no conclusion */
	if (!derives(l, cause) || cause->kind == FACT_DROP)
		return;
	f.h = head(cause, r, FACT_DROP, sizeof(f));
	l->on_derived(&f.h, l->arg);
}

static void derive_pin(struct ledger *l, const struct fact *cause, const struct ring *r,
		       const struct buffer *b, enum fact_kind kind)
{
	struct fact_pin f = {
		.h = head(cause, r, kind, sizeof(f)),
		.buf = b->id,
		.addr = b->addr,
		.pages = buffer_pages(b),
		.refs = b->segments,
		.stacks = { -1, -1, 0 },
		.folio_shift = b->folio_shift,
	};

	l->on_derived(&f.h, l->arg);
}

static __u64 charge_of(const struct ring *r, const struct buffer *b)
{
	if (b->charged_pages != ACCT_UNKNOWN)
		return b->charged_pages;
	return ring_is_charged(r) ? buffer_pages(b) : 0;
}

static void derive_charge(struct ledger *l, const struct fact *cause, const struct ring *r,
			  const struct buffer *b, enum fact_kind kind)
{
	__s64 pages = charge_of(r, b);
	__s64 change = kind == FACT_CHARGE ? pages : -pages;
	struct fact_charge f = {
		.h = head(cause, r, kind, sizeof(f)),
		.user = r->user ? r->user->id : 0,
		.mm = r->mm ? r->mm->id : 0,
		.buf = b->id,
		.pages = pages,
		.stacks = { -1, -1, 0 },
	};

	if (!pages)
		return;
	if (!l->level.valid || l->level.call != cause->call || l->level.ring != cause->ring) {
		/* levels as last seen: after a charge, but before a release */
		__s64 ahead = kind == FACT_CHARGE ? pages : 0;

		l->level.valid = true;
		l->level.call = cause->call;
		l->level.ring = cause->ring;
		l->level.limit_bytes = ~0ULL;
		l->level.user_pages = r->user ? r->user->locked_pages - ahead : 0;
		l->level.mm_pages = r->mm ? r->mm->pinned_pages - ahead : 0;
	}
	f.limit_bytes = l->level.limit_bytes;
	if (r->user) {
		f.user_before_pages = l->level.user_pages;
		f.user_after_pages = l->level.user_pages += change;
	}
	if (r->mm) {
		f.mm_before_pages = l->level.mm_pages;
		f.mm_after_pages = l->level.mm_pages += change;
	}
	l->on_derived(&f.h, l->arg);
}

void derive_release(struct ledger *l, const struct fact *cause, const struct ring *r,
		    const struct buffer *b)
{
	if (!derives(l, cause) || l->exact || b->buf_flags & BUFFER_F_KERNEL)
		return;
	derive_pin(l, cause, r, b, FACT_UNPIN);
	derive_charge(l, cause, r, b, FACT_UNCHARGE);
}

void derive_take(struct ledger *l, const struct fact *cause, const struct ring *r,
		 const struct buffer *b)
{
	if (!derives(l, cause) || l->exact || b->buf_flags & BUFFER_F_KERNEL)
		return;
	derive_pin(l, cause, r, b, FACT_PIN);
	derive_charge(l, cause, r, b, FACT_CHARGE);
}
