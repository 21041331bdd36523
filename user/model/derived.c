// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "model/derived.h"
#include "model/fact.h"
#include "model/ledger_buffers.h"

/* What was there before the watch began was done by no call that it saw. */
static bool is_snapshot(const struct fact *cause)
{
	return cause->flags & FACT_F_SNAPSHOT;
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

/* Concluded of the same process. */
static void tell(const struct derived *d, const struct fact *cause, struct fact *f)
{
	fact_set_ns_pid(f, fact_ns_pid(cause));
	d->tell(f, d->arg);
}

static void on_fact(const struct fact *f, void *arg)
{
	const struct fact_call *c = (const void *)f;
	struct derived *d = arg;

	/* what no call ties together ends with its fact */
	if (!d->level.call)
		d->level.valid = false;
	if (f->kind != FACT_CALL || c->result < 0 || !f->ring)
		return;
	d->level.valid = true;
	d->level.call = f->call;
	d->level.ring = f->ring;
	d->level.limit_bytes = c->limit_bytes;
	d->level.user_pages = c->user_before_pages;
	d->level.mm_pages = c->mm_before_pages;
}

static void on_dropped(const struct ledger *l, const struct fact *cause, const struct ring *r,
		       __u32 index, const struct buffer *b, void *arg)
{
	struct derived *d = arg;
	struct fact_buffer f = buffer_fact(b, index);

	(void)l;
	/* one that was seen needs no conclusion */
	if (is_snapshot(cause) || cause->kind == FACT_DROP)
		return;
	f.h = head(cause, r, FACT_DROP, sizeof(f));
	tell(d, cause, &f.h);
}

static void derive_pin(const struct derived *d, const struct fact *cause, const struct ring *r,
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

	tell(d, cause, &f.h);
}

static __u64 charge_of(const struct ring *r, const struct buffer *b)
{
	if (b->charged_pages != ACCT_UNKNOWN)
		return b->charged_pages;
	return ring_is_charged(r) ? buffer_pages(b) : 0;
}

static void derive_charge(struct derived *d, const struct fact *cause, const struct ring *r,
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
	if (!d->level.valid || d->level.call != cause->call || d->level.ring != cause->ring) {
		/* levels as last seen: after a charge, but before a release */
		__s64 ahead = kind == FACT_CHARGE ? pages : 0;

		d->level.valid = true;
		d->level.call = cause->call;
		d->level.ring = cause->ring;
		d->level.limit_bytes = ~0ULL;
		d->level.user_pages = r->user ? r->user->locked_pages - ahead : 0;
		d->level.mm_pages = r->mm ? r->mm->pinned_pages - ahead : 0;
	}
	f.limit_bytes = d->level.limit_bytes;
	if (r->user) {
		f.user_before_pages = d->level.user_pages;
		f.user_after_pages = d->level.user_pages += change;
	}
	if (r->mm) {
		f.mm_before_pages = d->level.mm_pages;
		f.mm_after_pages = d->level.mm_pages += change;
	}
	tell(d, cause, &f.h);
}

static bool is_concluded(const struct ledger *l, const struct fact *cause, const struct buffer *b)
{
	return !is_snapshot(cause) && !l->exact && !(b->buf_flags & BUFFER_F_KERNEL);
}

static void on_released(const struct ledger *l, const struct fact *cause, const struct ring *r,
			const struct buffer *b, void *arg)
{
	if (!is_concluded(l, cause, b))
		return;
	derive_pin(arg, cause, r, b, FACT_UNPIN);
	derive_charge(arg, cause, r, b, FACT_UNCHARGE);
}

static void on_taken(const struct ledger *l, const struct fact *cause, const struct ring *r,
		     const struct buffer *b, void *arg)
{
	if (!is_concluded(l, cause, b))
		return;
	derive_pin(arg, cause, r, b, FACT_PIN);
	derive_charge(arg, cause, r, b, FACT_CHARGE);
}

void derived_observe(struct derived *d, struct ledger *l)
{
	d->observer = (struct ledger_observer){ on_fact, on_taken, on_dropped, on_released, d };
	memset(&d->level, 0, sizeof(d->level));
	l->observer = &d->observer;
}
