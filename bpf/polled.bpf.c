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
#include "kernel/poll.h"
#include "kernel/ring.h"

extern __u64 ring_fops;

__u64 in_polls[PEEK_NODES];
struct poll_node out_polls[PEEK_NODES];
__u32 out_nr_chains;

__noinline int answer_chain(__u64 ring, __u32 first, __u32 i)
{
	__u64 at;

	if (i >= PEEK_NODES)
		return 0;
	at = poll_chain(ring, first + i, &out_nr_chains);
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
