// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "base/fmt.h"
#include "checks/advice.h"
#include "model/ledger_buffers.h"

#define ENOUGH_OPS	64	/* below that nothing is concluded from plain I/O */
#define REPEATED	8	/* times that an address is used, on average */
#define CHURN		8	/* registrations of one table */
#define WASTE_BYTES	(1ULL << 20)
#define HUGE_BYTES	(2ULL << 20)
#define SMALL_SEGMENT	(64ULL << 10)

/* What a ring's addresses of plain I/O add up to. */
struct plain_use {
	__u64 inside_ops, inside_bytes;
	__u64 outside_ops, outside_bytes, addresses, pin_bytes;
};

/* Of a buffer, or of those that begin before it, too: how far they reach. */
struct reach {
	__u64 addr, end;
};

/* What is known of a ring, by its id: everything is looked at once. */
struct digest {
	__u64 ring;
	__u32 pid;		/* of who used it first, 0 = not known */
	bool busy;
	__u64 fixed_ops;
	bool has_plain;
	struct plain_use plain;
	struct reach *reach;	/* owned; by address, .end not falling */
	size_t nr_reach;
	UT_hash_handle hh;
};

/* A use of a buffer, by its key. */
struct use {
	struct io_buffer_key key;
	const struct io_buffer_use *use;
	UT_hash_handle hh;
};

struct counsel {
	const struct io_model *m;
	const struct ledger *l;
	struct digest *digests;
	struct use *uses;
	struct digest **plain;	/* owned; rings with plain I/O, in order of their first address */
	size_t nr_plain;
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

/* ---- what is known ------------------------------------------------------------------ */

static struct digest *find_digest(const struct counsel *c, __u64 ring)
{
	struct digest *d;

	HASH_FIND(hh, c->digests, &ring, sizeof(ring), d);
	return d;
}

static struct digest *digest_of(struct counsel *c, __u64 ring)
{
	struct digest *d = find_digest(c, ring);

	if (d)
		return d;
	d = must_alloc(1, sizeof(*d));
	d->ring = ring;
	HASH_ADD(hh, c->digests, ring, sizeof(d->ring), d);
	return d;
}

static int by_addr(const void *va, const void *vb)
{
	const struct reach *a = va, *b = vb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static void take_reach(struct digest *d, const struct ring *r)
{
	d->reach = must_alloc(r->nr_slots, sizeof(*d->reach));
	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];

		if (b && !(b->buf_flags & BUFFER_F_KERNEL))
			d->reach[d->nr_reach++] = (struct reach){ b->addr, b->addr + b->len_bytes };
	}
	qsort(d->reach, d->nr_reach, sizeof(*d->reach), by_addr);
	for (size_t i = 1; i < d->nr_reach; i++)
		if (d->reach[i].end < d->reach[i - 1].end)
			d->reach[i].end = d->reach[i - 1].end;
}

/* Whether one buffer holds all of it: of those that begin at or before it, one reaches to its end. */
static bool is_inside(const struct digest *d, const struct io_address_row *a)
{
	size_t low = 0, high = d->nr_reach;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (d->reach[mid].addr <= a->key.addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && a->key.addr + a->use.max_len <= d->reach[low - 1].end;
}

static void take_address(struct counsel *c, const struct io_address_row *a)
{
	struct digest *d = digest_of(c, a->key.ring);
	const struct ring *r = ledger_ring(c->l, d->ring);
	struct plain_use *u = &d->plain;

	if (!d->has_plain) {
		d->has_plain = true;
		array_grow(c->plain, c->nr_plain);
		c->plain[c->nr_plain++] = d;
		if (r)
			take_reach(d, r);
	}
	if (is_inside(d, a)) {
		u->inside_ops += a->use.ops;
		u->inside_bytes += a->use.bytes;
	} else if (a->use.direct) {
		__u64 first = a->key.addr & ~(PAGE_BYTES - 1);

		u->outside_ops += a->use.direct;
		u->outside_bytes += a->use.bytes;
		u->addresses++;
		u->pin_bytes += (a->key.addr + a->use.max_len - first + PAGE_BYTES - 1) &
				~(PAGE_BYTES - 1);
	}
}

static struct io_buffer_key use_key(__u64 ring, __u32 index, __u64 addr)
{
	return (struct io_buffer_key){ .ring = ring, .addr = addr, .index = index, .pad = 0 };
}

static void take_all(struct counsel *c)
{
	const struct io_model *m = c->m;

	for (size_t i = 0; i < m->nr_rows; i++) {
		struct digest *d = digest_of(c, m->rows[i].c.ring);

		if (!d->pid)
			d->pid = IO_WHO_TGID(m->rows[i].c.who);
		d->busy |= m->rows[i].c.ops != 0;
		d->fixed_ops += m->rows[i].fixed_ops;
	}
	for (size_t i = 0; i < m->nr_addresses; i++)
		take_address(c, &m->addresses[i]);
	for (size_t i = 0; i < m->nr_buffers; i++) {
		const struct io_buffer_key *k = &m->buffers[i].key;
		struct use *u = must_alloc(1, sizeof(*u));

		u->key = use_key(k->ring, k->index, k->addr);
		u->use = &m->buffers[i].use;
		HASH_ADD(hh, c->uses, key, sizeof(u->key), u);
	}
}

static const struct io_buffer_use *use_of(const struct counsel *c, const struct ring *r, __u32 index)
{
	struct io_buffer_key key = use_key(r->id, index, r->slots[index]->addr);
	struct use *u;

	HASH_FIND(hh, c->uses, &key, sizeof(key), u);
	return u ? u->use : NULL;
}

static void forget_all(struct counsel *c)
{
	struct digest *d, *next;
	struct use *u, *next_use;

	HASH_ITER(hh, c->digests, d, next) {
		HASH_DEL(c->digests, d);
		free(d->reach);
		free(d);
	}
	HASH_ITER(hh, c->uses, u, next_use) {
		HASH_DEL(c->uses, u);
		free(u);
	}
	free(c->plain);
}

/* Whose ring it is, by who holds it or, when it is gone, by who used it. */
static struct advice about(const struct counsel *c, __u64 ring, const char *tag)
{
	const struct ring *r = ledger_ring(c->l, ring);
	const struct digest *d = find_digest(c, ring);
	struct advice a = { .tag = tag, .ring = ring, .fd = -1, .index = -1 };

	if (r && r->nr_holders) {
		a.pid = r->holders[0].pid;
		a.fd = r->holders[0].fd;
	}
	if (!a.pid && d)
		a.pid = d->pid;
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

static void advise_plain(struct counsel *c, const struct digest *d)
{
	const struct plain_use *u = &d->plain;
	char a[FMT_LEN], b[FMT_LEN];
	struct advice one;

	if (u->inside_ops) {
		one = about(c, d->ring, "unfixed-io");
		one.ops = u->inside_ops;
		one.bytes = u->inside_bytes;
		one.remedy = "use READ_FIXED or WRITE_FIXED with the buffer's index: that memory is pinned and paid for already";
		add(c, one, "%s: %llu plain reads and writes (%s) of memory that lies wholly inside its registered buffers",
		    whose(&one), u->inside_ops, fmt_bytes_long(a, u->inside_bytes));
	}
	if (u->outside_ops >= ENOUGH_OPS && u->outside_ops >= REPEATED * u->addresses) {
		one = about(c, d->ring, "worth-registering");
		one.ops = u->outside_ops;
		one.bytes = u->outside_bytes;
		one.remedy = "register them with io_uring_register_buffers() and use READ_FIXED and WRITE_FIXED";
		add(c, one, "%s: %llu O_DIRECT reads and writes (%s) used only %llu unregistered buffers; registering them pins %s once instead of pinning and unpinning %llu times",
		    whose(&one), u->outside_ops, fmt_bytes_long(a, u->outside_bytes), u->addresses,
		    fmt_bytes_long(b, u->pin_bytes), u->outside_ops);
	}
}

static void advise_oversized(struct counsel *c, const struct ring *r, __u32 index,
			     const struct io_buffer_use *u)
{
	const struct buffer *b = r->slots[index];
	char size[FMT_LEN], touched[FMT_LEN];
	struct advice one;

	if (u->no_offset || !u->max_end || b->len_bytes - u->max_end < WASTE_BYTES ||
	    u->max_end * 2 > b->len_bytes)
		return;
	one = about(c, r->id, "oversized-buffer");
	one.index = index;
	one.ops = u->ops;
	one.bytes = b->len_bytes - u->max_end;
	one.remedy = "register less of it; what is never touched is pinned and charged all the same";
	add(c, one, "%s buffer %u: of %s only the first %s were touched, by %llu operations",
	    whose(&one), index, fmt_bytes_long(size, b->len_bytes),
	    fmt_bytes_long(touched, u->max_end), u->ops);
}

static void advise_use(struct counsel *c, const struct ring *r)
{
	__u64 nr = 0, idle = 0, bytes = 0;
	char a[FMT_LEN], b[FMT_LEN];
	struct advice one = about(c, r->id, "idle-buffer");

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *buf = r->slots[i];
		const struct io_buffer_use *u;

		if (!buf || buf->buf_flags & BUFFER_F_KERNEL)
			continue;
		nr++;
		u = use_of(c, r, i);
		if (u && u->ops) {
			advise_oversized(c, r, i, u);
			continue;
		}
		idle++;
		bytes += buf->len_bytes;
		one.index = i;
	}
	/* uses that found no room would make busy buffers look idle */
	if (!idle || c->m->loss.no_buffer)
		return;
	if (idle > 1)
		one.index = -1;
	one.bytes = bytes;
	one.remedy = "unregister what is not needed, or register it when it is: it counts against RLIMIT_MEMLOCK and cannot be swapped or moved";
	add(c, one, "%s: %llu of its %llu registered buffers (%s) were not used in %s", whose(&one),
	    idle, nr, fmt_bytes_long(a, bytes), fmt_ns(b, c->m->t_ns));
}

/* Whole huge pages inside .b. */
static __u64 huge_pages(const struct buffer *b)
{
	__u64 first = (b->addr + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	__u64 end = (b->addr + b->len_bytes) & ~(HUGE_BYTES - 1);

	return end > first ? (end - first) / HUGE_BYTES : 0;
}

static void advise_segments(struct counsel *w, const struct ring *r)
{
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
			one = about(w, r->id, "fragmented-buffer");
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
	one = about(w, r->id, "small-folios");
	one.bytes = small_bytes;
	one.remedy = "align it to 2 MiB and use MADV_HUGEPAGE before it is first touched, or MAP_HUGETLB: fewer pins, faster registration, shorter requests to the device";
	add(w, one, "%s: %llu buffer%s of %s in all, made of 4 KiB pages: %llu segments; %llu huge page%s would take the place of most of them",
	    whose(&one), small, plural(small), fmt_bytes_long(a, small_bytes),
	    small_segments, huge, plural(huge));
}

static void advise_churn(struct counsel *c, const struct io_calls_row *row)
{
	const struct io_calls *calls = &row->calls;
	const struct digest *d = find_digest(c, row->ring);
	struct advice one = about(c, row->ring, "table-churn");
	char a[FMT_LEN];

	if (calls->registers < CHURN)
		return;
	one.ops = calls->registers;
	one.remedy = "keep the table: change single slots with IORING_REGISTER_BUFFERS_UPDATE, or share them with IORING_REGISTER_CLONE_BUFFERS";
	add(c, one, "%s: its whole table was registered %llu times and unregistered %llu times in %s, for %llu operations that used it",
	    whose(&one), calls->registers, calls->unregisters,
	    fmt_ns(a, calls->last_ns - calls->first_ns), d ? d->fixed_ops : 0);
}

void advise(const struct io_model *m, const struct ledger *l, struct advices *out)
{
	struct counsel c = { .m = m, .l = l, .out = out };

	take_all(&c);
	for (size_t i = 0; i < c.nr_plain; i++)
		advise_plain(&c, c.plain[i]);
	for (size_t i = 0; i < m->nr_calls; i++)
		advise_churn(&c, &m->calls[i]);
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		const struct digest *d = find_digest(&c, r->id);

		if (!d || !d->busy)
			continue;
		advise_use(&c, r);
		advise_segments(&c, r);
	}
	forget_all(&c);
}

void advices_free(struct advices *a)
{
	for (size_t i = 0; i < a->nr; i++)
		free(a->list[i].detail);
	free(a->list);
	memset(a, 0, sizeof(*a));
}
