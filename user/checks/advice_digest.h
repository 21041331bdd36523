/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What advice is concluded from, by ring: each is one of an address and the time it was made, so
 * that a neighbour's ring that came to lie where one of the selection was is not taken for it.
 */
#ifndef FIXBUF_CHECKS_ADVICE_DIGEST_H
#define FIXBUF_CHECKS_ADVICE_DIGEST_H

#include "base/hash_table.h"
#include "model/io_counters.h"
#include "model/ledger.h"

/* How plain I/O is done, as the remedies differ; the last that an address was used by stands for all. */
enum plain_kind { PLAIN_RW, PLAIN_VECTOR, PLAIN_SEND, PLAIN_SEND_ZC, NR_PLAIN_KINDS };

/* What a ring's addresses of plain I/O add up to: inside its registered buffers, and outside. */
struct plain_use {
	__u64 inside_ops[NR_PLAIN_KINDS], inside_bytes[NR_PLAIN_KINDS];
	__u64 outside_ops, outside_bytes, addresses, pin_bytes;	/* READ and WRITE with O_DIRECT */
	__u64 cached_ops, vector_ops;	/* outside, too: without O_DIRECT; READV and WRITEV */
};

/* A buffer, and how far it and those that begin before it reach. */
struct reach {
	__u64 addr, end, all_end;
	__u32 index;
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
	bool mixed;		/* not all who used or filled it have the ring's memory: addresses say nothing */
	const struct io_calls_failed *failed; /* calls that were to register buffers; NULL = none */
	struct plain_use plain;
	struct reach *reach;	/* owned; by address, .all_end not falling; NULL = not asked for */
	size_t nr_reach;
	bool *touched;		/* owned, of .held's slots: I/O failed over it, has not ended, or was plain */
	UT_hash_handle hh, by_ring;
};

/* A use of a buffer, by its key. */
struct use {
	struct io_buffer_key key;
	const struct io_buffer_use *use;
	__u64 born_ns;		/* of its ring */
	UT_hash_handle hh;
};

struct digests {
	struct digest *all;	/* hash by .id */
	struct digest *newest;	/* hash by .id.ring */
	struct use *uses;
	struct digest **plain;	/* owned; rings with plain I/O, in order of their first address */
	size_t nr_plain;
	size_t nr_unjudged;	/* rings with plain I/O that are .mixed */
};

/* Everything is looked at once. .m and .l must outlive .d; free it with digests_free(). */
void digests_take(struct digests *d, const struct io_model *m, const struct ledger *l);
/* NULL when nothing is known of it. */
struct digest *digests_find(const struct digests *d, __u64 ring, __u64 born_ns);
/* That of a ring of the ledger; NULL when it was not used by the selection. */
struct digest *digests_of_held(const struct digests *d, const struct ring *r);
/* How I/O that went well used buffer .index of a ring of the ledger; NULL when none did. */
const struct io_buffer_use *digests_use(const struct digests *d, const struct ring *r, __u32 index);
/* Order of struct digest *: by process, then by the descriptor that they were made with. */
int digests_by_maker(const void *va, const void *vb);

/* What a process did on rings that have no row of their own. */
struct rest {
	__u64 ops;
	__u64 rings;	/* at least, where they found no room */
};

struct rest rest_of(const struct io_model *m, __u32 pid);
void digests_free(struct digests *d);

#endif
