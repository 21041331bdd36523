// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/fmt.h"
#include "checks/advice.h"

#define ENOUGH_OPS	64	/* below that nothing is concluded from plain I/O */
#define REPEATED	8	/* times that an address is used, on average */
#define CHURN		8	/* registrations of one table */
#define WASTE_BYTES	(1ULL << 20)
#define HUGE_BYTES	(2ULL << 20)
#define SMALL_SEGMENT	(64ULL << 10)

static void add(struct advices *a, struct advice one, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add(struct advices *a, struct advice one, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&one.detail, fmt, ap) < 0)
		exit(cannot("out of memory"));
	va_end(ap);
	a->list = must_realloc(a->list, a->nr + 1, sizeof(*a->list));
	a->list[a->nr++] = one;
}

/* Whose ring it is, by who holds it or, when it is gone, by who used it. */
static struct advice about(const struct io_model *m, const struct ledger *l, __u64 ring,
			   const char *tag)
{
	const struct ring *r = ledger_ring(l, ring);
	struct advice a = { .tag = tag, .ring = ring, .fd = -1, .index = -1 };

	if (r && r->nr_holders) {
		a.pid = r->holders[0].pid;
		a.fd = r->holders[0].fd;
	}
	for (size_t i = 0; !a.pid && i < m->nr_rows; i++)
		if (m->rows[i].c.ring == ring)
			a.pid = IO_WHO_TGID(m->rows[i].c.who);
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

static const struct buffer *holding(const struct ring *r, const struct io_address_row *a)
{
	for (__u32 i = 0; r && i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];

		if (b && !(b->buf_flags & BUFFER_F_KERNEL) && a->key.addr >= b->addr &&
		    a->key.addr + a->use.max_len <= b->addr + b->len_bytes)
			return b;
	}
	return NULL;
}

static bool first_of_ring(const struct io_model *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (m->addresses[k].key.ring == m->addresses[i].key.ring)
			return false;
	return true;
}

struct plain_use {
	__u64 inside_ops, inside_bytes;
	__u64 outside_ops, outside_bytes, addresses, pin_bytes;
};

static struct plain_use plain_use(const struct io_model *m, const struct ring *r, __u64 ring)
{
	struct plain_use u = { 0 };

	for (size_t i = 0; i < m->nr_addresses; i++) {
		const struct io_address_row *a = &m->addresses[i];

		if (a->key.ring != ring)
			continue;
		if (holding(r, a)) {
			u.inside_ops += a->use.ops;
			u.inside_bytes += a->use.bytes;
		} else if (a->use.direct) {
			__u64 first = a->key.addr & ~(PAGE_BYTES - 1);

			u.outside_ops += a->use.direct;
			u.outside_bytes += a->use.bytes;
			u.addresses++;
			u.pin_bytes += (a->key.addr + a->use.max_len - first + PAGE_BYTES - 1) &
				       ~(PAGE_BYTES - 1);
		}
	}
	return u;
}

static void advise_plain(const struct io_model *m, const struct ledger *l, __u64 ring,
			 struct advices *out)
{
	struct plain_use u = plain_use(m, ledger_ring(l, ring), ring);
	char a[FMT_LEN], b[FMT_LEN];
	struct advice one;

	if (u.inside_ops) {
		one = about(m, l, ring, "unfixed-io");
		one.ops = u.inside_ops;
		one.bytes = u.inside_bytes;
		add(out, one, "%s: %llu plain reads and writes (%s) of memory that lies wholly inside its registered buffers",
		    whose(&one), u.inside_ops, fmt_bytes_long(a, u.inside_bytes));
		out->list[out->nr - 1].remedy = "use READ_FIXED or WRITE_FIXED with the buffer's index: that memory is pinned and paid for already";
	}
	if (u.outside_ops >= ENOUGH_OPS && u.outside_ops >= REPEATED * u.addresses) {
		one = about(m, l, ring, "worth-registering");
		one.ops = u.outside_ops;
		one.bytes = u.outside_bytes;
		add(out, one, "%s: %llu O_DIRECT reads and writes (%s) used only %llu unregistered buffers; registering them pins %s once instead of pinning and unpinning %llu times",
		    whose(&one), u.outside_ops, fmt_bytes_long(a, u.outside_bytes), u.addresses,
		    fmt_bytes_long(b, u.pin_bytes), u.outside_ops);
		out->list[out->nr - 1].remedy = "register them with io_uring_register_buffers() and use READ_FIXED and WRITE_FIXED";
	}
}

static const struct io_buffer_row *use_of(const struct io_model *m, __u64 ring, __u32 index,
					  __u64 addr)
{
	for (size_t i = 0; i < m->nr_buffers; i++)
		if (m->buffers[i].key.ring == ring && m->buffers[i].key.index == index &&
		    m->buffers[i].key.addr == addr)
			return &m->buffers[i];
	return NULL;
}

static bool ring_was_busy(const struct io_model *m, __u64 ring)
{
	for (size_t i = 0; i < m->nr_rows; i++)
		if (m->rows[i].c.ring == ring && m->rows[i].c.ops)
			return true;
	return false;
}

static void advise_idle(const struct io_model *m, const struct ledger *l, const struct ring *r,
			struct advices *out)
{
	__u64 nr = 0, idle = 0, bytes = 0;
	char a[FMT_LEN], b[FMT_LEN];
	struct advice one = about(m, l, r->id, "idle-buffer");

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *buf = r->slots[i];
		const struct io_buffer_row *u;

		if (!buf || buf->buf_flags & BUFFER_F_KERNEL)
			continue;
		nr++;
		u = use_of(m, r->id, i, buf->addr);
		if (!u || !u->use.ops) {
			idle++;
			bytes += buf->len_bytes;
			one.index = i;
		} else if (!u->use.no_offset && u->use.max_end &&
			   buf->len_bytes - u->use.max_end >= WASTE_BYTES &&
			   u->use.max_end * 2 <= buf->len_bytes) {
			struct advice big = about(m, l, r->id, "oversized-buffer");

			big.index = i;
			big.ops = u->use.ops;
			big.bytes = buf->len_bytes - u->use.max_end;
			big.remedy = "register less of it; what is never touched is pinned and charged all the same";
			add(out, big, "%s buffer %u: of %s only the first %s were touched, by %llu operations",
			    whose(&big), i, fmt_bytes_long(a, buf->len_bytes),
			    fmt_bytes_long(b, u->use.max_end), u->use.ops);
		}
	}
	/* uses that found no room would make busy buffers look idle */
	if (!idle || m->loss.no_buffer)
		return;
	if (idle > 1)
		one.index = -1;
	one.bytes = bytes;
	one.remedy = "unregister what is not needed, or register it when it is: it counts against RLIMIT_MEMLOCK and cannot be swapped or moved";
	add(out, one, "%s: %llu of its %llu registered buffers (%s) were not used in %s", whose(&one),
	    idle, nr, fmt_bytes_long(a, bytes), fmt_ns(b, m->t_ns));
}

/* Whole huge pages inside .b. */
static __u64 huge_pages(const struct buffer *b)
{
	__u64 first = (b->addr + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	__u64 end = (b->addr + b->len_bytes) & ~(HUGE_BYTES - 1);

	return end > first ? (end - first) / HUGE_BYTES : 0;
}

static void advise_segments(const struct io_model *m, const struct ledger *l, const struct ring *r,
			    struct advices *out)
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
			one = about(m, l, r->id, "fragmented-buffer");
			one.index = i;
			one.bytes = buf->len_bytes;
			one.remedy = "allocate it in one piece on huge pages (MAP_HUGETLB, or aligned with MADV_HUGEPAGE before it is first touched)";
			add(out, one, "%s buffer %u: %s lie in %u segments of %s on average, on folios of %s",
			    whose(&one), i, fmt_bytes_long(a, buf->len_bytes), buf->segments,
			    fmt_bytes_long(b, buf->len_bytes / buf->segments),
			    fmt_bytes_long(c, 1ULL << buf->folio_shift));
		}
	}
	if (!small)
		return;
	one = about(m, l, r->id, "small-folios");
	one.bytes = small_bytes;
	one.remedy = "align it to 2 MiB and use MADV_HUGEPAGE before it is first touched, or MAP_HUGETLB: fewer pins, faster registration, shorter requests to the device";
	add(out, one, "%s: %llu buffer%s of %s in all, made of 4 KiB pages: %llu segments; %llu huge page%s would take the place of most of them",
	    whose(&one), small, small == 1 ? "" : "s", fmt_bytes_long(a, small_bytes),
	    small_segments, huge, huge == 1 ? "" : "s");
}

static void advise_churn(const struct io_model *m, const struct ledger *l,
			 const struct io_calls_row *c, struct advices *out)
{
	struct advice one = about(m, l, c->ring, "table-churn");
	__u64 ops = 0;
	char a[FMT_LEN];

	if (c->calls.registers < CHURN)
		return;
	for (size_t i = 0; i < m->nr_rows; i++)
		if (m->rows[i].c.ring == c->ring)
			ops += m->rows[i].fixed_ops;
	one.ops = c->calls.registers;
	one.remedy = "keep the table: change single slots with IORING_REGISTER_BUFFERS_UPDATE, or share them with IORING_REGISTER_CLONE_BUFFERS";
	add(out, one, "%s: its whole table was registered %llu times and unregistered %llu times in %s, for %llu operations that used it",
	    whose(&one), c->calls.registers, c->calls.unregisters,
	    fmt_ns(a, c->calls.last_ns - c->calls.first_ns), ops);
}

void advise(const struct io_model *m, const struct ledger *l, struct advices *out)
{
	for (size_t i = 0; i < m->nr_addresses; i++)
		if (first_of_ring(m, i))
			advise_plain(m, l, m->addresses[i].key.ring, out);
	for (size_t i = 0; i < m->nr_calls; i++)
		advise_churn(m, l, &m->calls[i], out);
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!ring_was_busy(m, r->id))
			continue;
		advise_idle(m, l, r, out);
		advise_segments(m, l, r, out);
	}
}

void advices_free(struct advices *a)
{
	for (size_t i = 0; i < a->nr; i++)
		free(a->list[i].detail);
	free(a->list);
	memset(a, 0, sizeof(*a));
}
