/* SPDX-License-Identifier: GPL-2.0 */
/* Builds facts by hand: of one user and one process, for a test to change. */
#ifndef FIXBUF_TEST_FACTS_H
#define FIXBUF_TEST_FACTS_H

#include "base/untrusted.h"
#include "checks/finding.h"
#include "unit.h"
#include "model/ledger_buffers.h"

#define RING	0xffff888100001000ULL
#define RING2	0xffff888100002000ULL
#define USER	0xffff888200000000ULL
#define USER2	0xffff888200001000ULL
#define MM	0xffff888300000000ULL
#define MM2	0xffff888300001000ULL
#define BUF(i)	(0xffff888400000000ULL + (i) * 0x100ULL)
#define ADDR	0x7f0000000000ULL
#define MIB	(1ULL << 20)

#define FEED(l, f) ledger_feed(l, &(f).h)

/* As much of the name as fits. */
static inline struct comm comm_of(const char *name)
{
	struct comm c = { "" };

	memcpy(c.bytes, name, strnlen(name, sizeof(c.bytes)));
	return c;
}

static inline struct fact fact_head(enum fact_kind kind, size_t size, __u64 ring)
{
	return (struct fact){
		.size = size, .kind = kind, .ring = ring, .pid = 812, .tid = 813, .uid = 1000,
		.call = 7, .t_ns = 1000, .comm = { "fio" },
	};
}

static inline struct fact_ring fact_ring(enum fact_kind kind, __u64 ring, __s64 locked,
					 __s64 pinned)
{
	return (struct fact_ring){
		.h = fact_head(kind, sizeof(struct fact_ring), ring),
		.user = USER, .mm = MM, .user_locked_pages = locked, .mm_pinned_pages = pinned,
		.ring_flags = RING_F_LIMITED, .charged_uid = 1000, .fd = 6,
		.sq_entries = 8, .cq_entries = 16,
	};
}

static inline struct fact_holder fact_holder(__u64 ring, __u32 pid, __s32 fd, __s64 locked,
					     __s64 pinned)
{
	struct fact_holder f = {
		.h = fact_head(FACT_HOLDER, sizeof(f), ring),
		.files = 0xf000 + pid, .mm = MM, .user = USER, .memlock_limit_bytes = 8 * MIB,
		.user_locked_pages = locked, .mm_pinned_pages = pinned, .fd = fd, .reg_index = -1,
	};

	f.h.flags = FACT_F_SNAPSHOT;
	f.h.pid = pid;
	return f;
}

static inline struct fact_buffer fact_buffer(__u64 ring, __u32 index, __u64 buf, __u64 addr,
					     __u64 len, __u64 charged)
{
	return (struct fact_buffer){
		.h = fact_head(FACT_BUFFER, sizeof(struct fact_buffer), ring),
		.buf = buf, .addr = addr, .len_bytes = len, .bvec = buf + 32,
		.charged_pages = charged, .index = index, .segments = (len + 4095) / 4096,
		.folio_shift = 12, .refs = 1, .buf_flags = buf ? 0 : BUFFER_F_EMPTY,
	};
}

static inline struct fact_call fact_call(__u64 ring, enum call_op op, __u32 nr, __u32 nr_slots,
					 __s64 result)
{
	return (struct fact_call){
		.h = fact_head(FACT_CALL, sizeof(struct fact_call), ring),
		.user = USER, .mm = MM, .limit_bytes = 8 * MIB, .result = result, .op = op,
		.nr = nr, .nr_slots = nr_slots, .fd = 6, .ring_flags = RING_F_LIMITED,
		.charged_uid = 1000,
	};
}

/* Feeds a ring as a walk sees it, held by pid 812 at fd 6 (RING) or 7. */
static inline void see_ring(struct ledger *l, __u64 ring, __s64 locked, __s64 pinned)
{
	struct fact_ring r = fact_ring(FACT_RING, ring, locked, pinned);
	struct fact_holder h = fact_holder(ring, 812, ring == RING ? 6 : 7, locked, pinned);

	r.h.flags = FACT_F_SNAPSHOT;
	FEED(l, h);
	FEED(l, r);
}

static inline struct buffer *see_buffer(struct ledger *l, __u64 ring, __u32 index, __u64 buf,
					__u64 addr, __u64 len, __u64 charged)
{
	struct fact_buffer f = fact_buffer(ring, index, buf, addr, len, charged);

	f.h.flags = FACT_F_SNAPSHOT;
	FEED(l, f);
	return ledger_buffer(l, buf);
}

/* Sets the extents of a buffer as a page walk does. */
static inline void walk(struct buffer *b, const struct extent *extents, size_t nr)
{
	struct extent *copy = calloc(nr ? nr : 1, sizeof(*copy));

	memcpy(copy, extents, nr * sizeof(*copy));
	buffer_set_extents(b, copy, nr);
	b->segment_bytes = b->len_bytes;
	b->walked = true;
}

/* Gives the whole buffer one healthy extent. */
static inline void walk_at(struct buffer *b, __u64 pfn, __u32 order)
{
	struct extent e = {
		.addr = b->addr & ~4095ULL, .pfn = pfn, .pages = buffer_pages(b), .order = order,
		.pins = 1, .mapping = MAPPING_SAME,
	};

	walk(b, &e, 1);
}

/* Returns the only finding with that tag; fails when there is none or more than one. */
static inline const struct finding *only(const struct findings *fs, enum finding_tag tag)
{
	const struct finding *found = NULL;

	for (size_t i = 0; i < fs->nr; i++) {
		if (fs->list[i].tag != tag)
			continue;
		assert_null(found);
		found = &fs->list[i];
	}
	assert_non_null(found);
	return found;
}

#endif
