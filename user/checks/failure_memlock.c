// SPDX-License-Identifier: GPL-2.0
/* Who uses up a user's RLIMIT_MEMLOCK: exported nowhere, so the ring walk adds it up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "checks/failure.h"

#define SHOWN_HOLDERS 4

struct share {
	__u64 buffer;
	__u64 pages;
	__u32 pid;
};

struct shares {
	struct share *list;
	size_t nr;
};

static __u64 charge_of(const struct buffer *b)
{
	__u64 folio = 1ULL << b->folio_shift;
	__u64 first = b->addr & ~(folio - 1);

	if (b->charged_pages != ACCT_UNKNOWN)
		return b->charged_pages;
	/* not kept per buffer: whole folios, at most */
	return (((b->addr + b->len_bytes + folio - 1) & ~(folio - 1)) - first) / PAGE_BYTES;
}

static int by_buffer(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->buffer < y->buffer ? -1 : x->buffer > y->buffer;
}

static int by_pid(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int by_pages(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->pages < y->pages ? 1 : x->pages > y->pages ? -1 : by_pid(a, b);
}

static void collect(struct shares *s, const struct ledger *l, __u64 user)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!r->user || r->user->id != user)
			continue;
		s->list = must_realloc(s->list, s->nr + r->nr_slots + 1, sizeof(*s->list));
		for (__u32 i = 0; i < r->nr_slots; i++) {
			const struct buffer *b = r->slots[i];

			if (b && !(b->buf_flags & BUFFER_F_KERNEL))
				s->list[s->nr++] = (struct share){
					b->id, charge_of(b), r->nr_holders ? r->holders[0].pid : 0,
				};
		}
	}
}

/* Each buffer once, then each process once, the largest first. */
static void fold(struct shares *s)
{
	size_t n = 0;

	if (!s->nr)
		return;
	qsort(s->list, s->nr, sizeof(*s->list), by_buffer);
	for (size_t i = 1; i < s->nr; i++)
		if (s->list[i].buffer != s->list[n].buffer)
			s->list[++n] = s->list[i];
	s->nr = n + 1;
	qsort(s->list, s->nr, sizeof(*s->list), by_pid);
	n = 0;
	for (size_t i = 1; i < s->nr; i++) {
		if (s->list[i].pid != s->list[n].pid)
			s->list[++n] = s->list[i];
		else
			s->list[n].pages += s->list[i].pages;
	}
	s->nr = n + 1;
	qsort(s->list, s->nr, sizeof(*s->list), by_pages);
}

static __u64 sum_of(const struct shares *s)
{
	__u64 sum = 0;

	for (size_t i = 0; i < s->nr; i++)
		sum += s->list[i].pages;
	return sum;
}

static void take_better(struct shares *best, struct shares *s, __u64 locked)
{
	fold(s);
	if (sum_of(s) <= locked && (!best->nr || sum_of(s) > sum_of(best))) {
		free(best->list);
		*best = *s;
	} else {
		free(s->list);
	}
	memset(s, 0, sizeof(*s));
}

/*
 * The ledger knows what watched processes held at the call, also of one that
 * has ended since; the walk knows the others, but as they are now. What
 * explains most of the account, and no more than it held at the call, is taken.
 */
static void find_holders(struct shares *best, const struct accounts *from,
			 const struct fact_call *c)
{
	__u64 locked = c->user_after_pages > 0 ? c->user_after_pages : 0;
	struct ledger *now = ledger_new();
	struct shares s = { 0 };

	collect(&s, from->ledger, c->user);
	take_better(best, &s, locked);
	if (!walk_rings(from->walk, now)) {
		collect(&s, now, c->user);
		take_better(best, &s, locked);
		collect(&s, from->ledger, c->user);
		collect(&s, now, c->user);
		take_better(best, &s, locked);
	}
	ledger_free(now);
}

static int put_holders(char *out, size_t room, const struct accounts *from,
		       const struct fact_call *c)
{
	struct shares s = { 0 };
	__u64 sum = 0, more = 0;
	char size[FMT_LEN];
	int n = 0;

	find_holders(&s, from, c);
	for (size_t i = 0; i < s.nr; i++) {
		sum += s.list[i].pages;
		if (i >= SHOWN_HOLDERS) {
			more += s.list[i].pages;
			continue;
		}
		n += snprintf(out + n, room - n, "%s pid %u %s", n ? "," : ", held by:", s.list[i].pid,
			      fmt_bytes_long(size, s.list[i].pages * PAGE_BYTES));
	}
	if (more)
		n += snprintf(out + n, room - n, ", %zu more processes %s", s.nr - SHOWN_HOLDERS,
			      fmt_bytes_long(size, more * PAGE_BYTES));
	if (c->user_after_pages > 0 && (__u64)c->user_after_pages > sum)
		n += snprintf(out + n, room - n, "%s other uses of the account (ring memory, perf, XDP, rings that are closing) %s",
			      n ? "," : ", held by:",
			      fmt_bytes_long(size, (c->user_after_pages - sum) * PAGE_BYTES));
	free(s.list);
	return n;
}

/* Rounded up, so that it suffices. */
static const char *at_least(char buf[FMT_LEN], __u64 bytes)
{
	if (bytes >= 10ULL << 20)
		snprintf(buf, FMT_LEN, "%llu MiB", (bytes + (1 << 20) - 1) >> 20);
	else
		snprintf(buf, FMT_LEN, "%llu KiB", (bytes + 1023) >> 10);
	return buf;
}

void explain_memlock(char out[EXPLAIN_LEN], const struct fact_call *c,
		     const struct accounts *accounts)
{
	__u64 locked = c->user_after_pages > 0 ? c->user_after_pages * PAGE_BYTES : 0;
	__u64 need = c->need_pages * PAGE_BYTES;
	char have[FMT_LEN], limit[FMT_LEN], more[FMT_LEN], least[FMT_LEN];
	int n;

	fmt_bytes_long(have, locked);
	fmt_bytes_long(limit, c->limit_bytes);
	fmt_bytes_long(more, need);
	if (!c->user || c->limit_bytes == ~0ULL || c->op == CALL_CLONE) {
		snprintf(out, EXPLAIN_LEN, "the kernel itself ran out of memory: %s",
			 c->op == CALL_CLONE ? "clones are not charged to the user" :
			 "no RLIMIT_MEMLOCK applies to this ring");
		return;
	}
	if (need && locked + need <= c->limit_bytes) {
		snprintf(out, EXPLAIN_LEN, "user %u has %s of %s locked and this call's pages are %s, which fits: huge pages behind it are charged whole, or the kernel itself ran out of memory",
			 c->charged_uid, have, limit, more);
		return;
	}
	n = snprintf(out, EXPLAIN_LEN, "user %u has %s of %s locked, this call needs %s more",
		     c->charged_uid, have, limit, need ? more : "an unknown amount");
	if (locked)
		n += put_holders(out + n, EXPLAIN_LEN - n, accounts, c);
	if (need)
		snprintf(out + n, EXPLAIN_LEN - n, "; raise RLIMIT_MEMLOCK to at least %s or grant CAP_IPC_LOCK",
			 at_least(least, locked + need));
	else
		snprintf(out + n, EXPLAIN_LEN - n, "; raise RLIMIT_MEMLOCK or grant CAP_IPC_LOCK");
}
