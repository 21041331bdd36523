// SPDX-License-Identifier: GPL-2.0
/*
 * The rings that another ring polls: its polls hold their files, and lie in chains of a hash table.
 * User space goes along each, from capture/polled.c, and a program that is never attached answers for
 * its links.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/ring.h"

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

extern __u64 ring_fops;

__u64 in_polls[PEEK_NODES];
struct poll_node out_polls[PEEK_NODES];
__u32 out_nr_chains;

static __always_inline __u64 chain(__u64 table, __u32 i)
{
	return table + i * (__u64)bpf_core_type_size(struct io_hash_bucket) +
	       bpf_core_field_offset(struct io_hash_bucket, list);
}

/* Where the chain begins, of all that both tables have; 0 behind the last. */
static __always_inline __u64 chain_of(__u64 ring, __u32 i)
{
	struct io_ring_ctx___chains *c = (void *)ring;
	struct io_ring_ctx___table *t = (void *)ring;
	struct io_ring_ctx___second *s = (void *)ring;
	__u32 bits, nr;

	if (bpf_core_field_exists(c->cancel_hash)) {
		bits = BPF_CORE_READ(c, cancel_hash_bits);
		nr = bits > MAX_BITS ? 0 : 1U << bits;
		out_nr_chains = nr;
		return i < nr ? (__u64)BPF_CORE_READ(c, cancel_hash) + i * sizeof(__u64) : 0;
	}
	if (!bpf_core_field_exists(t->cancel_table))
		return 0;
	bits = BPF_CORE_READ(t, cancel_table.hash_bits);
	nr = bits > MAX_BITS ? 0 : 1U << bits;
	out_nr_chains = nr;
	if (i < nr)
		return chain((__u64)BPF_CORE_READ(t, cancel_table.hbs), i);
	if (!bpf_core_field_exists(s->cancel_table_locked))
		return 0;
	i -= nr;
	bits = BPF_CORE_READ(s, cancel_table_locked.hash_bits);
	nr = bits > MAX_BITS ? 0 : 1U << bits;
	out_nr_chains += nr;
	return i < nr ? chain((__u64)BPF_CORE_READ(s, cancel_table_locked.hbs), i) : 0;
}

__noinline int answer_chain(__u64 ring, __u32 first, __u32 i)
{
	__u64 at;

	if (i >= PEEK_NODES)
		return 0;
	at = chain_of(ring, first + i);
	out_polls[i].next = at ? (__u64)BPF_CORE_READ((struct hlist_head *)at, first) : 0;
	out_polls[i].ring = 0;
	return 0;
}

__noinline int answer_poll(__u64 ring, __u32 i)
{
	struct io_kiocb___polling *req;
	struct poll_node *out;
	struct file *file;

	if (i >= PEEK_NODES)
		return 0;
	out = &out_polls[i];
	req = (void *)(in_polls[i] - bpf_core_field_offset(struct io_kiocb___polling, hash_node));
	out->next = out->ring = 0;
	/* a request that ended may be anybody's by now */
	if ((__u64)BPF_CORE_READ(req, ctx) != ring)
		return 0;
	out->next = (__u64)BPF_CORE_READ(req, hash_node.next);
	file = BPF_CORE_READ(req, file);
	if (!file || (__u64)BPF_CORE_READ(file, f_op) != ring_fops)
		return 0;
	out->ring = (__u64)BPF_CORE_READ(file, private_data);
	out->whose = ring_whose(out->ring);
	return 0;
}

/*
 * Takes a ring and the first of its chains, or PEEK_NODES polls in in_polls and a count; answers in
 * out_polls, and of chains how many there are in out_nr_chains.
 */
SEC("?raw_tp")
int peek_polls(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[0];
	__u32 first = ctx->args[1], n = ctx->args[2];

	if (!n)
		out_nr_chains = 0;
	for (__u32 i = 0; i < PEEK_NODES && !n; i++)
		answer_chain(ring, first, i);
	for (__u32 i = 0; i < PEEK_NODES && i < n; i++)
		answer_poll(ring, i);
	return 0;
}
