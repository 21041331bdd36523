/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that poll a file: their ring has them in chains of hash tables. */
#ifndef FIXBUF_BPF_KERNEL_POLL_H
#define FIXBUF_BPF_KERNEL_POLL_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct io_kiocb___polling {
	struct io_ring_ctx *ctx;
	struct hlist_node hash_node;
	struct file *file;
};

/* Up to e6f89be61410 ("io_uring: introduce a struct for hash table"), 6.0. */
struct io_ring_ctx___chains {
	struct hlist_head *cancel_hash;
	unsigned int cancel_hash_bits;
};

struct io_hash_bucket {
	struct hlist_head list;
};

struct io_hash_table {
	struct io_hash_bucket *hbs;
	unsigned int hash_bits;
};

struct io_ring_ctx___table {
	struct io_hash_table cancel_table;
};

/* 9ca9fb24d5fe "io_uring: mutex locked poll hashing", 6.0, to 085268829b07 "io_uring/poll: get rid of unlocked cancel hash", 6.13. */
struct io_ring_ctx___second {
	struct io_hash_table cancel_table_locked;
};

#pragma clang attribute pop

#define MAX_BITS 16	/* more than any kernel makes */

static __always_inline __u64 bucket(__u64 table, __u32 i)
{
	return table + i * (__u64)bpf_core_type_size(struct io_hash_bucket) +
	       bpf_core_field_offset(struct io_hash_bucket, list);
}

/* Where a chain of polls begins, of all that the ring's tables have, *all; 0 behind the last. */
static __always_inline __u64 poll_chain(__u64 ring, __u32 i, __u32 *all)
{
	struct io_ring_ctx___chains *c = (void *)ring;
	struct io_ring_ctx___table *t = (void *)ring;
	struct io_ring_ctx___second *s = (void *)ring;
	__u32 bits, nr;

	if (bpf_core_field_exists(c->cancel_hash)) {
		bits = BPF_CORE_READ(c, cancel_hash_bits);
		nr = bits > MAX_BITS ? 0 : 1U << bits;
		*all = nr;
		return i < nr ? (__u64)BPF_CORE_READ(c, cancel_hash) + i * sizeof(__u64) : 0;
	}
	if (!bpf_core_field_exists(t->cancel_table))
		return 0;
	bits = BPF_CORE_READ(t, cancel_table.hash_bits);
	nr = bits > MAX_BITS ? 0 : 1U << bits;
	*all = nr;
	if (i < nr)
		return bucket((__u64)BPF_CORE_READ(t, cancel_table.hbs), i);
	if (!bpf_core_field_exists(s->cancel_table_locked))
		return 0;
	i -= nr;
	bits = BPF_CORE_READ(s, cancel_table_locked.hash_bits);
	nr = bits > MAX_BITS ? 0 : 1U << bits;
	*all += nr;
	return i < nr ? bucket((__u64)BPF_CORE_READ(s, cancel_table_locked.hbs), i) : 0;
}

#endif
