// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/advice.h"
#include "checks/advice_digest.h"
#include "checks/advice_idle.h"
#include "model/fact.h"
#include "model/ledger_buffers.h"

#define ENOUGH_OPS	64	/* below that nothing is concluded from plain I/O */
#define REPEATED	8	/* times that an address is used, on average */
#define CHURN		8	/* registrations of one table, rings of one process */
#define FEW_OPS		8	/* of a ring, on average: it was hardly worth making */
#define WASTE_BYTES	(1ULL << 20)
#define PAID_FOR	": that memory is pinned and paid for already; run fixbuf-trace verify first: where it says stale-page, register anew"
#define FIT		"the memory must be writable, and anonymous or of memfd or hugetlbfs, and the ring's restrictions must allow it, which was not looked at"
#define SMALL_SEGMENT	(64ULL << 10)

#define LEAST_CALLS(c)	((c)->m->calls_lost ? "at least " : "")
#define LEAST(one)	((one).at_least ? "at least " : "")

struct counsel {
	const struct io_model *m;
	const struct ledger *l;
	struct digests digests;
	struct used_buffer *used;
	struct advices *out;
};

static void add(struct counsel *c, struct advice one, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add(struct counsel *c, struct advice one, const char *fmt, ...)
{
	struct advices *a = c->out;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&one.detail, fmt, ap) < 0)
		exit(cannot("out of memory"));
	va_end(ap);
	array_grow(a->list, a->nr);
	a->list[a->nr++] = one;
}

/* Whose ring it is, by who holds it or, when it was not seen, by who made and used it. */
static struct advice about(const struct digest *d, const char *tag)
{
	struct advice a = { .tag = tag, .ring = d->id.ring, .pid = d->pid, .fd = d->fd, .index = -1 };

	for (size_t i = 0; d->held && i < d->held->nr_holders; i++) {
		const struct holder *h = &d->held->holders[i];

		if (a.pid && h->pid != a.pid)
			continue;
		a.pid = h->pid;
		a.fd = h->fd;
		break;
	}
	return a;
}

/* Names a ring: "pid 812 fd 6", good until the next call. */
static const char *whose(const struct advice *a)
{
	static char text[64];

	if (a->fd >= 0)
		snprintf(text, sizeof(text), "pid %u fd %d", a->pid, a->fd);
	else
		snprintf(text, sizeof(text), "pid %u ring 0x%llx", a->pid, a->ring);
	return text;
}

/* ---- what to do ----------------------------------------------------------------------- */

static void advise_inside(struct counsel *c, const struct digest *d)
{
	static const struct {
		const char *noun, *remedy;
	} kinds[NR_PLAIN_KINDS] = {
		[PLAIN_RW] = { "reads and writes",
			"use READ_FIXED or WRITE_FIXED with the buffer's index" PAID_FOR },
		[PLAIN_VECTOR] = { "READV and WRITEV",
			"use READV_FIXED or WRITEV_FIXED (Linux 6.15) with the buffer's index, before that READ_FIXED or WRITE_FIXED for each iovec" PAID_FOR },
		[PLAIN_SEND] = { "SEND",
			"use SEND_ZC (Linux 6.0) with IORING_RECVSEND_FIXED_BUF in ioprio and the buffer's index in buf_index where sends are of some KiB or more" PAID_FOR },
		[PLAIN_SEND_ZC] = { "SEND_ZC",
			"set IORING_RECVSEND_FIXED_BUF in ioprio and buf_index to the buffer's index" PAID_FOR },
	};
	const struct plain_use *u = &d->plain;
	char a[FMT_LEN];

	for (int i = 0; i < NR_PLAIN_KINDS; i++) {
		struct advice one = about(d, "unfixed-io");

		if (!u->inside_ops[i])
			continue;
		one.ops = u->inside_ops[i];
		one.bytes = u->inside_bytes[i];
		one.at_least = c->m->loss.no_address;
		one.remedy = kinds[i].remedy;
		add(c, one, "%s: %s%llu plain %s (%s) of memory that lies wholly inside its registered buffers",
		    whose(&one), LEAST(one), one.ops, kinds[i].noun, fmt_bytes_long(a, one.bytes));
	}
}

/* "; " between, and the end is cut where it is long. */
static void put(char *text, size_t room, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put(char *text, size_t room, const char *fmt, ...)
{
	size_t n = strlen(text);
	va_list ap;

	n += snprintf(text + n, room - n, "%s", n ? "; " : "");
	va_start(ap, fmt);
	vsnprintf(text + n, room - n, fmt, ap);
	va_end(ap);
}

/* Why registering would not pay for the plain I/O that is not in a buffer: each part of it. */
static void advise_not(struct counsel *c, const struct digest *d)
{
	const struct plain_use *u = &d->plain;
	struct advice one = about(d, "not-worth-registering");
	char why[768] = "";

	if (u->outside_ops && u->outside_ops < ENOUGH_OPS)
		put(why, sizeof(why), "%llu O_DIRECT read%s and write%s are too few to judge by (%d are needed)",
		    u->outside_ops, plural(u->outside_ops), plural(u->outside_ops), ENOUGH_OPS);
	else if (u->outside_ops)
		put(why, sizeof(why), "%llu O_DIRECT reads and writes went to %llu addresses, each %.1f times on average: registering pays where the same memory is used again and again",
		    u->outside_ops, u->addresses, (double)u->outside_ops / u->addresses);
	if (u->cached_ops)
		put(why, sizeof(why), "%llu went through the page cache (no O_DIRECT), which copies: no page is pinned for them, so registering saves no pin",
		    u->cached_ops);
	if (u->vector_ops)
		put(why, sizeof(why), "%llu are vectored (READV, WRITEV), and a fixed request takes one buffer that holds all its iovecs",
		    u->vector_ops);
	if (!*why)
		return;
	one.ops = u->outside_ops + u->cached_ops + u->vector_ops;
	one.bytes = u->outside_bytes;
	one.at_least = c->m->loss.no_address;
	one.remedy = "leave it; registered buffers pay for O_DIRECT I/O that uses the same memory many times";
	add(c, one, "%s: for its I/O of unregistered memory registering would not pay: %s%s", whose(&one), why,
	    one.at_least ? "; more was done that the table of addresses had no room for" : "");
}

/* "" unless it is known that to register what .one is about, of its process, goes over its limit. */
static void put_limit(char *text, size_t room, const struct digest *d, const struct advice *one)
{
	const struct ring *r = d->held;
	char need[FMT_LEN], limit[FMT_LEN], used[FMT_LEN];

	*text = '\0';
	for (size_t i = 0; r->user && i < r->nr_holders; i++) {
		const struct holder *h = &r->holders[i];
		__u64 locked = r->user->locked_pages > 0 ? r->user->locked_pages * PAGE_BYTES : 0;

		if (h->pid != one->pid || h->memlock_limit_bytes >= locked + d->plain.pin_bytes)
			continue;
		snprintf(text, room, "; that needs %s of RLIMIT_MEMLOCK, which is %s, and its user has %s locked already",
			 fmt_bytes_long(need, d->plain.pin_bytes),
			 fmt_bytes_long(limit, h->memlock_limit_bytes), fmt_bytes_long(used, locked));
		return;
	}
}

/* What the pins took that registering avoids. */
static void put_saving(char *text, size_t room, const struct counsel *c, struct advice *one)
{
	__u64 pages = (one->bytes + PAGE_BYTES - 1) / PAGE_BYTES;
	char took[FMT_LEN], all[FMT_LEN];

	*text = '\0';
	if (!c->out->pin_ps)
		return;
	/* each has one at least */
	pages = pages > one->ops ? pages : one->ops;
	one->saves_ns = (double)pages * c->out->pin_ps / 1000;
	snprintf(text, room, ", about %s of CPU time in %s (to pin a page takes %.1fns on this machine when stat began, to unpin it is not counted)",
		 fmt_ns(took, one->saves_ns), fmt_ns(all, c->m->t_ns), c->out->pin_ps / 1000.0);
}

static void advise_plain(struct counsel *c, const struct digest *d)
{
	const struct plain_use *u = &d->plain;
	char a[FMT_LEN], b[FMT_LEN], limit[192], saving[192];
	struct advice one;

	advise_inside(c, d);
	if (u->outside_ops < ENOUGH_OPS || u->outside_ops < REPEATED * u->addresses) {
		advise_not(c, d);
		return;
	}
	one = about(d, "worth-registering");
	one.ops = u->outside_ops;
	one.bytes = u->outside_bytes;
	put_limit(limit, sizeof(limit), d, &one);
	put_saving(saving, sizeof(saving), c, &one);
	one.at_least = c->m->loss.no_address;
	one.remedy = *limit ?
		"raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK= in the unit, --ulimit memlock= for a container), then register them with io_uring_register_buffers() and use READ_FIXED and WRITE_FIXED; " FIT :
		"register them with io_uring_register_buffers() and use READ_FIXED and WRITE_FIXED; " FIT;
	add(c, one, "%s: %s%llu O_DIRECT reads and writes (%s) used only %llu unregistered buffer%s; registering %s pins %s once instead of pinning and unpinning %llu times%s%s%s",
	    whose(&one), LEAST(one), u->outside_ops, fmt_bytes_long(a, u->outside_bytes), u->addresses,
	    plural(u->addresses), u->addresses == 1 ? "it" : "them", fmt_bytes_long(b, u->pin_bytes), u->outside_ops, saving, limit,
	    d->failed ? "; calls that were to register buffers failed: see failed-registration" : "");
}

static void advise_oversized(struct counsel *c, const struct digest *d, __u32 index,
			     const struct io_buffer_use *u)
{
	const struct buffer *b = d->held->slots[index];
	char size[FMT_LEN], touched[FMT_LEN];
	struct advice one;
	__u32 requests;

	/* uses that found no room, have no completion, or wait for it may have gone further */
	if (u->no_offset || c->m->loss.no_buffer || c->m->muted_fixed || (slot_requests(d->held, index, &requests) && requests))
		return;
	if (!u->max_end || b->len_bytes - u->max_end < WASTE_BYTES || u->max_end * 2 > b->len_bytes)
		return;
	one = about(d, "oversized-buffer");
	one.index = index;
	one.ops = u->ops;
	one.bytes = b->len_bytes - u->max_end;
	one.remedy = "register less of it; what is never touched is pinned and charged all the same";
	add(c, one, "%s buffer %u: of %s only the first %s were touched, by %llu operations",
	    whose(&one), index, fmt_bytes_long(size, b->len_bytes),
	    fmt_bytes_long(touched, u->max_end), u->ops);
}

static void advise_idle(struct counsel *c, const struct digest *d)
{
	const struct idle_buffers x = idle_of(c->used, &c->digests, d->held);
	struct advice one = about(d, "idle-buffer");
	char text[IDLE_LEN];

	/* uses that found no room, or were not looked at, would make busy buffers look idle */
	if ((!x.idle && !x.shared) || c->m->loss.no_buffer || c->m->loss.no_address || c->m->loss.no_cause ||
	    !c->m->sees_under_way)
		return;
	/* those of requests that succeed without a completion, too: whose buffers they took is not counted */
	if (c->m->muted_fixed) {
		c->out->nr_idle_unjudged++;
		return;
	}
	if (x.idle + x.shared == 1)
		one.index = x.index;
	one.bytes = x.bytes;
	one.remedy = idle_words(text, &x, c->m->t_ns);
	add(c, one, "%s: %s", whose(&one), text);
}

static void advise_use(struct counsel *c, const struct digest *d)
{
	const struct ring *r = d->held;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];
		const struct io_buffer_use *u;

		if (!b || b->buf_flags & BUFFER_F_KERNEL)
			continue;
		u = digests_use(&c->digests, r, i);
		if (u && u->ops)
			advise_oversized(c, d, i, u);
	}
	advise_idle(c, d);
}

/* Whole huge pages inside .b. */
static __u64 huge_pages(const struct buffer *b)
{
	__u64 first = (b->addr + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	__u64 end = (b->addr + b->len_bytes) & ~(HUGE_BYTES - 1);

	return end > first ? (end - first) / HUGE_BYTES : 0;
}

static void advise_segments(struct counsel *w, const struct digest *d)
{
	const struct ring *r = d->held;
	__u64 small = 0, small_bytes = 0, small_segments = 0, huge = 0;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];
	struct advice one;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *buf = r->slots[i];

		if (!buf || buf->buf_flags & BUFFER_F_KERNEL || buf->len_bytes < WASTE_BYTES)
			continue;
		if (buf->segments >= buffer_pages(buf)) {
			if (!huge_pages(buf))
				continue;
			small++;
			small_bytes += buf->len_bytes;
			small_segments += buf->segments;
			huge += huge_pages(buf);
		} else if (buf->len_bytes / buf->segments < SMALL_SEGMENT && buf->segments > 1) {
			one = about(d, "fragmented-buffer");
			one.index = i;
			one.bytes = buf->len_bytes;
			one.remedy = "allocate it in one piece on huge pages (MAP_HUGETLB, or aligned with MADV_HUGEPAGE before it is first touched)";
			add(w, one, "%s buffer %u: %s lie in %u segments of %s on average, on folios of %s",
			    whose(&one), i, fmt_bytes_long(a, buf->len_bytes), buf->segments,
			    fmt_bytes_long(b, buf->len_bytes / buf->segments),
			    fmt_bytes_long(c, 1ULL << buf->folio_shift));
		}
	}
	if (!small)
		return;
	one = about(d, "small-folios");
	one.bytes = small_bytes;
	one.remedy = "align it to the size of a huge page (2 MiB where pages have 4 KiB) and use MADV_HUGEPAGE before it is first touched, or MAP_HUGETLB: fewer pins, faster registration, shorter requests to the device";
	add(w, one, "%s: %llu buffer%s of %s in all, made of single pages: %llu segments; %llu huge page%s would take the place of most of them",
	    whose(&one), small, plural(small), fmt_bytes_long(a, small_bytes),
	    small_segments, huge, plural(huge));
}

static void advise_churn(struct counsel *c, const struct io_calls_row *row)
{
	const struct io_calls *calls = &row->calls;
	const struct digest *d = digests_find(&c->digests, row->ring, row->born_ns);
	struct rest rest;
	struct advice one;
	char a[FMT_LEN], used[96] = "";

	if (calls->registers < CHURN)
		return;
	one = about(d, "table-churn");
	one.ops = calls->registers;
	rest = rest_of(c->m, one.pid);
	one.at_least = c->m->calls_lost || rest.ops;
	if (d->ops || !rest.ops)
		snprintf(used, sizeof(used), ", for %s%llu operations that used it", rest.ops ? "at least " : "",
			 d->fixed_ops);
	one.remedy = "keep the table: change single slots with IORING_REGISTER_BUFFERS_UPDATE, or share them with IORING_REGISTER_CLONE_BUFFERS";
	add(c, one, "%s: its whole table was registered %s%llu times and unregistered %s%llu times in %s%s",
	    whose(&one), LEAST_CALLS(c), calls->registers, LEAST_CALLS(c), calls->unregisters,
	    fmt_ns(a, calls->last_ns - calls->first_ns), used);
}

/* Only the last error is kept; what it came of is looked at where each call is told. */
static void advise_failed(struct counsel *c, const struct io_calls_row *row)
{
	const struct io_calls *calls = &row->calls;
	__u64 well = calls->registers + calls->updates + calls->clones;
	struct advice one;

	if (!row->failed.calls)
		return;
	one = about(digests_find(&c->digests, row->ring, row->born_ns), "failed-registration");
	one.ops = row->failed.calls;
	one.at_least = c->m->calls_lost;
	one.remedy = "fixbuf-trace trace, or record and then report, over the same run tell the cause of each and what to do";
	add(c, one, "%s: %s%llu call%s that %s to put buffers into slots failed, the last with %s; %s%llu went well",
	    whose(&one), LEAST(one), one.ops, plural(one.ops), one.ops == 1 ? "was" : "were",
	    fact_errno_name(-(__s64)row->failed.error), LEAST(one), well);
}

/* Rings of one process. One had ended when another was made at its address, or with its descriptor. */
static void advise_rings(struct counsel *c, struct digest *const *of, size_t nr)
{
	struct advice one = { .tag = "ring-churn", .pid = of[0]->pid, .fd = -1, .index = -1 };
	const struct rest rest = rest_of(c->m, one.pid);
	size_t ended = rest.rings, apart = nr;

	one.ops = rest.ops;
	one.at_least = rest.ops;
	nr += rest.rings;
	for (size_t i = 0; i < apart; i++) {
		one.ops += of[i]->ops;
		ended += !of[i]->newest ||
			 (i + 1 < apart && of[i]->fd >= 0 && of[i]->fd == of[i + 1]->fd);
	}
	if (ended < CHURN || 2 * ended < nr || one.ops > FEW_OPS * nr)
		return;
	one.ring = of[0]->id.ring;
	one.remedy = "keep one ring and what is registered with it for all of them";
	add(c, one, "pid %u: %s%zu rings were made for %llu operations", one.pid, LEAST(one), nr, one.ops);
}

static void advise_makers(struct counsel *c)
{
	size_t nr = 0, room = HASH_COUNT(c->digests.all), first = 0;
	struct digest **list = must_alloc(room, sizeof(*list)), *d, *next;

	HASH_ITER(hh, c->digests.all, d, next)
		if (d->pid && d->ops && d->id.ring != IO_RING_ANY)
			list[nr++] = d;
	qsort(list, nr, sizeof(*list), digests_by_maker);
	for (size_t i = 1; i <= nr; i++) {
		if (i < nr && list[i]->pid == list[first]->pid)
			continue;
		advise_rings(c, list + first, i - first);
		first = i;
	}
	free(list);
}

/* Why registering is slow. */
static void advise_registering(struct counsel *c, const struct registering *r)
{
	static const char *const remedies[] = {
		[SLOW_FAULTS] = "that memory had no pages yet, and the calls made them: populate it before, where nobody waits for it (MAP_POPULATE, MADV_POPULATE_WRITE from Linux 5.14, memset()), or accept it, since whoever touches a page first pays; on huge pages (MAP_HUGETLB, or aligned with MADV_HUGEPAGE) faults are few",
		[SLOW_SMALL_CALLS] = "put many buffers into slots with one call: make the table once (IORING_RSRC_REGISTER_SPARSE, Linux 5.19) and fill many slots with each IORING_REGISTER_BUFFERS_UPDATE, or share one table between rings with IORING_REGISTER_CLONE_BUFFERS (Linux 6.12)",
		[SLOW_SMALL_FOLIOS] = "put it on huge pages (MAP_HUGETLB, or aligned with MADV_HUGEPAGE before it is first touched): fewer folios to pin, and fewer segments",
		[SLOW_OTHERWISE] = "register once, before the work begins, and keep the table: change single slots with IORING_REGISTER_BUFFERS_UPDATE, or share it between rings with IORING_REGISTER_CLONE_BUFFERS (Linux 6.12)",
	};
	enum slow_for why = registering_slow(r, c->m->t_ns);
	const struct io_register_cost *cost = &r->cost;
	__u64 faults = cost->min_faults + cost->maj_faults;
	char size[FMT_LEN], took[FMT_LEN], longest[FMT_LEN], each[FMT_LEN], segment[FMT_LEN];
	char name[96], folios[96] = "", most[64] = "", rate[64] = "";
	struct advice one;

	if (why == SLOW_NOT)
		return;
	one = about(digests_find(&c->digests, r->ring, r->born_ns), "slow-registration");
	snprintf(name, sizeof(name), "%s", whose(&one));
	if (r->rings > 1) {
		one.fd = -1;
		snprintf(name, sizeof(name), "pid %u, with %s%zu rings", r->pid, LEAST_CALLS(c), r->rings);
	}
	one.ops = cost->calls;
	one.bytes = cost->bytes;
	one.at_least = c->m->calls_lost;
	one.remedy = remedies[why];
	if (cost->segments)
		snprintf(folios, sizeof(folios), " in segments of %s on average",
			 fmt_bytes_long(segment, cost->bytes / cost->segments));
	else if (cost->pages)
		snprintf(folios, sizeof(folios), " in folios of sizes that this kernel does not tell");
	if (cost->max_ns)
		snprintf(most, sizeof(most), ", %s the longest", fmt_ns(longest, cost->max_ns));
	/* empty slots have none */
	if (one.bytes)
		snprintf(rate, sizeof(rate), " and %s for each MiB", fmt_ns(each, registering_per_mib(r)));
	add(c, one, "%s: %s%llu call%s that registered %s (%llu pages%s) took %s%s, %.1f%% of the time watched%s; %llu page fault%s, %llu major, %s taken on the way",
	    name, LEAST(one), one.ops, plural(one.ops), fmt_bytes_long(size, one.bytes), cost->pages, folios,
	    fmt_ns(took, cost->ns), most, 100.0 * cost->ns / (c->m->t_ns ? c->m->t_ns : cost->ns),
	    rate, faults, plural(faults), cost->maj_faults, faults == 1 ? "was" : "were");
}

static void advise_registrations(struct counsel *c)
{
	struct registerings *all = &c->out->registerings;

	registerings_take(all, c->m);
	for (size_t i = 0; i < all->nr; i++)
		advise_registering(c, &all->list[i]);
}

void advise(const struct io_model *m, const struct ledger *l, struct advices *out)
{
	struct counsel c = { .m = m, .l = l, .out = out };

	digests_take(&c.digests, m, l);
	c.used = idle_take(&c.digests, l);
	for (size_t i = 0; i < c.digests.nr_plain; i++)
		advise_plain(&c, c.digests.plain[i]);
	for (size_t i = 0; i < m->nr_calls; i++) {
		advise_failed(&c, &m->calls[i]);
		advise_churn(&c, &m->calls[i]);
	}
	out->nr_unjudged = c.digests.nr_unjudged;
	advise_makers(&c);
	advise_registrations(&c);
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		const struct digest *d = digests_of_held(&c.digests, r);

		if (!d || !d->ops)
			continue;
		advise_use(&c, d);
		advise_segments(&c, d);
	}
	idle_free(c.used);
	digests_free(&c.digests);
}

void advices_free(struct advices *a)
{
	for (size_t i = 0; i < a->nr; i++)
		free(a->list[i].detail);
	free(a->list);
	registerings_free(&a->registerings);
	memset(a, 0, sizeof(*a));
}
