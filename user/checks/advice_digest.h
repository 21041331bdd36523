/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What advice is concluded from, by ring: each is one of an address and the time it was made, so
 * that a neighbour's ring that came to lie where one of the selection was is not taken for it.
 */
#ifndef FIXBUF_CHECKS_ADVICE_DIGEST_H
#define FIXBUF_CHECKS_ADVICE_DIGEST_H

#include <uthash.h>
#include "model/io_counters.h"
#include "model/ledger.h"

/* What a ring's addresses of plain I/O add up to. */
struct plain_use {
	__u64 inside_ops, inside_bytes;
	__u64 outside_ops, outside_bytes, addresses, pin_bytes;
};

/* Of a buffer, or of those that begin before it, too: how far they reach. */
struct reach {
	__u64 addr, end;
};

struct ring_id {
	__u64 ring;		/* struct io_ring_ctx * */
	__u64 born_ns;
};

struct digest {
	struct ring_id id;
	__u32 pid;		/* of who used it first, 0 = not known */
	__s32 fd;		/* that it was made with, -1 = not known */
	bool newest;		/* of its address */
	const struct ring *held; /* it, as it was seen last; NULL = it was not seen */
	__u64 ops, fixed_ops;
	bool has_plain;
	struct plain_use plain;
	struct reach *reach;	/* owned; by address, .end not falling */
	size_t nr_reach;
	UT_hash_handle hh, by_ring;
};

/* A use of a buffer, by its key. */
struct use {
	struct io_buffer_key key;
	const struct io_buffer_use *use;
	UT_hash_handle hh;
};

struct digests {
	struct digest *all;	/* hash by .id */
	struct digest *newest;	/* hash by .id.ring */
	struct use *uses;
	struct digest **plain;	/* owned; rings with plain I/O, in order of their first address */
	size_t nr_plain;
};

/* Everything is looked at once. .m and .l must outlive .d; free it with digests_free(). */
void digests_take(struct digests *d, const struct io_model *m, const struct ledger *l);
/* NULL when nothing is known of it. */
struct digest *digests_find(const struct digests *d, __u64 ring, __u64 born_ns);
/* That of a ring of the ledger; NULL when it was not used by the selection. */
struct digest *digests_of_held(const struct digests *d, const struct ring *r);
/* How buffer .index of a ring of the ledger was used; NULL when it was not. */
const struct io_buffer_use *digests_use(const struct digests *d, const struct ring *r, __u32 index);
void digests_free(struct digests *d);

#endif
