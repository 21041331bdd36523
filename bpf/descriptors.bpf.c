// SPDX-License-Identifier: GPL-2.0
/*
 * The rings in tables of descriptors. An iterator over files goes through all of each process, however
 * many there are and whoever shares them: here user space reads on from 64 to 64, from
 * capture/descriptors.c, and a program that is never attached answers for each.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "abi/walk_nodes.h"
#include "kernel/ring.h"

/* What is asked: tables, and from which descriptor on. */
__u64 in_tables[PEEK_NODES];
__u32 in_first[PEEK_NODES];

struct fd_slots out_fds[PEEK_NODES];

#define ROUND	8

/*
 * The verifier looks at it once, not in each round of the loops below, of which those without a branch
 * are quick to look at, and so is a loop in two.
 */
__noinline int answer_fd(__u32 i, __u32 n, __u64 fops)
{
	struct fd_slots *out;
	struct file *file;

	if (i >= PEEK_NODES || n >= FD_SLOTS)
		return 0;
	out = &out_fds[i];
	file = (void *)out->ring[n];
	out->ring[n] = 0;
	if (!file || (__u64)BPF_CORE_READ(file, f_op) != fops)
		return 0;
	out->ring[n] = (__u64)BPF_CORE_READ(file, private_data);
	out->whose[n] = ring_whose(out->ring[n]);
	out->found = 1;
	return 0;
}

__noinline int answer_some_fds(__u32 i, __u32 n, __u64 fops)
{
	for (__u32 k = 0; k < ROUND; k++)
		answer_fd(i, n + k, fops);
	return 0;
}

__noinline int answer_fds(__u32 i, __u64 fops)
{
	struct files_struct *files;
	struct fd_slots *out;
	struct fdtable *fdt;
	struct file **fd;

	if (i >= PEEK_NODES)
		return 0;
	out = &out_fds[i];
	files = (void *)in_tables[i];
	out->found = 0;
	fdt = BPF_CORE_READ(files, fdt);
	out->room = BPF_CORE_READ(fdt, max_fds);
	fd = BPF_CORE_READ(fdt, fd);
	if (in_first[i] >= out->room ||
	    bpf_probe_read_kernel(out->ring, sizeof(out->ring), fd + in_first[i]))
		return 0;
	for (__u32 n = 0; n < FD_SLOTS; n += ROUND)
		answer_some_fds(i, n, fops);
	return 0;
}

/* Takes the number of questions, and the operations of a ring's file. */
SEC("?raw_tp")
int peek_fds(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[0];

	for (__u32 i = 0; i < PEEK_NODES && i < n; i++)
		answer_fds(i, ctx->args[1]);
	return 0;
}
