// SPDX-License-Identifier: GPL-2.0
/*
 * The rings whose memory a process has mapped. Iterators over mappings would wait for a lock that
 * the process, or its file system, may hold for ever: here user space reads on from node to node,
 * from capture/mapped.c, and a program that is never attached answers for each.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Up to 763ecb035029 ("mm: remove the vma linked list"), 6.1: a list. */
struct mm_struct___list {
	struct vm_area_struct *mmap;
};

struct vm_area_struct___list {
	struct vm_area_struct *vm_next;
};

/* From d4af56c5c7c6 ("mm: start tracking VMAs with maple tree"), 6.1. */
struct maple_tree {
	void *ma_root;
};

struct mm_struct___tree {
	struct maple_tree mm_mt;
};

#define RANGE_SLOTS	16
#define ARANGE_SLOTS	10

struct maple_range_64 {
	void *slot[RANGE_SLOTS];
};

struct maple_arange_64 {
	void *slot[ARANGE_SLOTS];
};

#pragma clang attribute pop

/* A pointer to a node has its type in the low bits, by which nodes are aligned. */
#define MAPLE_TYPE(at)	((at) >> 3 & 15)
#define MAPLE_NODE(at)	((void *)((at) & ~255ULL))
#define MAPLE_LEAF_64	1
#define MAPLE_RANGE_64	2
#define MAPLE_ARANGE_64	3

/* What is asked: nodes, 0 = the first of the address space beside it. */
__u64 in_maps[PEEK_NODES], in_mms[PEEK_NODES];

struct map_node out_maps[PEEK_NODES];

/* The verifier looks at it once, not in each round of the loops below. */
__noinline __u64 ring_mapped(__u64 at, __u64 mm, __u64 fops)
{
	struct vm_area_struct *vma = (void *)at;
	struct file *file = BPF_CORE_READ(vma, vm_file);

	if (!file || (__u64)BPF_CORE_READ(file, f_op) != fops ||
	    (__u64)BPF_CORE_READ(vma, vm_mm) != mm)
		return 0;
	return (__u64)BPF_CORE_READ(file, private_data);
}

static __always_inline __u64 first_node(__u64 mm)
{
	struct mm_struct___tree *t = (void *)mm;
	struct mm_struct___list *l = (void *)mm;

	if (bpf_core_field_exists(struct mm_struct___tree, mm_mt))
		return (__u64)BPF_CORE_READ(t, mm_mt.ma_root);
	if (bpf_core_field_exists(struct mm_struct___list, mmap))
		return (__u64)BPF_CORE_READ(l, mmap);
	return 0;
}

static __always_inline void answer_run(struct map_node *out, __u64 vma, __u64 mm, __u64 fops)
{
	out->is_leaf = 1;
	for (int k = 0; k < MAP_SLOTS && vma; k++) {
		out->slot[k] = ring_mapped(vma, mm, fops);
		vma = (__u64)BPF_CORE_READ((struct vm_area_struct___list *)vma, vm_next);
	}
	out->next = vma;
}

static __always_inline void answer_tree(struct map_node *out, __u64 at, __u64 mm, __u64 fops)
{
	struct maple_arange_64 *a = MAPLE_NODE(at);
	struct maple_range_64 *r = MAPLE_NODE(at);

	switch (MAPLE_TYPE(at)) {
	case MAPLE_ARANGE_64:
		bpf_core_read(out->slot, sizeof(a->slot), &a->slot);
		break;
	case MAPLE_RANGE_64:
		bpf_core_read(out->slot, sizeof(r->slot), &r->slot);
		break;
	case MAPLE_LEAF_64:
		out->is_leaf = 1;
		bpf_core_read(out->slot, sizeof(r->slot), &r->slot);
		for (int k = 0; k < MAP_SLOTS; k++)
			if (out->slot[k])
				out->slot[k] = ring_mapped(out->slot[k], mm, fops);
		break;
	}
}

__noinline int answer_map(__u32 i, __u64 fops)
{
	struct map_node *out;
	__u64 at, mm;

	if (i >= PEEK_NODES)
		return 0;
	out = &out_maps[i];
	at = in_maps[i];
	mm = in_mms[i];
	__builtin_memset(out, 0, sizeof(*out));
	if (!at)
		out->slot[0] = first_node(mm);
	else if (bpf_core_field_exists(struct mm_struct___tree, mm_mt))
		answer_tree(out, at, mm, fops);
	else if (bpf_core_field_exists(struct vm_area_struct___list, vm_next))
		answer_run(out, at, mm, fops);
	return 0;
}

/* args: count, the operations of a ring's file. Answer: out_maps. */
SEC("?raw_tp")
int peek_maps(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[0];

	for (__u32 i = 0; i < PEEK_NODES && i < n; i++)
		answer_map(i, ctx->args[1]);
	return 0;
}
