// SPDX-License-Identifier: GPL-2.0
/*
 * The ring walk. An iterator finds every task, and the rings that it registered; programs
 * that are never attached (they are run by BPF_PROG_TEST_RUN) answer what a ring, its slots,
 * a buffer's segments and a run of memory hold, what a page belongs to, who holds a node, which address space a
 * descriptor of pagemap holds, who submitted to a ring, and which page a file begins with. The walk needs no function probe and no
 * kernel lock.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "abi/fact.h"
#include "kernel/mm.h"
#include "kernel/ring.h"
#include "kernel/page.h"
#include "kernel/register_event.h"
#include "kernel/submitter.h"

/*
 * A ring's file is known by that of one that our process opened at its start; where it can have
 * none, the user side knows the address of its operations.
 */
const volatile __s32 own_ring_fd = -1;
__u64 ring_fops;
__u64 own_ring;
__u32 own_tgid;		/* pids here are those of the initial pid namespace */
__u64 own_pid;
__u32 own_level;	/* of the pid namespace in which we are, whose processes iterators show */
__u32 ns_level;		/* of that which our /proc shows: at most as deep */

/* What peek_backings is asked; and peek_users, of nodes. */
__u64 in_pages[PEEK_CHUNK];
struct node_of in_held_nodes[PEEK_CHUNK];

/* The answers of the peek programs. */
struct fact_ring out_ring;
struct fact_buffer out_slots[PEEK_CHUNK];
struct seg out_segs[PEEK_CHUNK];
struct seg out_folios[PEEK_CHUNK];
struct backing out_backings[PEEK_CHUNK];
__u32 out_users[PEEK_CHUNK];
__u64 out_mm;		/* of the ring in which the slots were read, or of a descriptor */
__u64 out_mm_flags;	/* of that of the descriptor */
__u64 out_submitters[PEEK_SUBMITTERS];
__u64 out_polling;
__u64 out_table;	/* address and length of the table in which the slots were read */
__u32 out_table_nr;
__u32 out_nr;
__u32 out_page_size;	/* of a struct page */
__u64 out_first_page;

/* When a ring's last call that concerns buffers returned: a table may change and change back. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, __u64);
} ring_calls SEC(".maps");

#define PEEK_ROUND	16

char LICENSE[] SEC("license") = "GPL";

/* Learns what our process is, and of its ring, if it has one, what a ring's file is. */
SEC("?raw_tp")
int learn_own(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file **fds, *file = NULL;

	(void)ctx;
	own_tgid = bpf_get_current_pid_tgid() >> 32;
	own_pid = (__u64)BPF_CORE_READ(task, group_leader, thread_pid);
	own_level = BPF_CORE_READ((struct pid *)own_pid, level);
	if (own_ring_fd < 0)
		return 0;
	fds = BPF_CORE_READ(task, files, fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), fds + own_ring_fd);
	ring_fops = (__u64)BPF_CORE_READ(file, f_op);
	own_ring = (__u64)BPF_CORE_READ(file, private_data);
	return 0;
}

/* Notes calls that may have changed a table. The arguments begin with (ctx, opcode). */
SEC("?raw_tp/io_uring_register")
int note_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[0], now = bpf_ktime_get_ns(), *last;

	if (!concerns_buffers(ctx->args[1]))
		return 0;
	last = bpf_map_lookup_elem(&ring_calls, &ring);
	if (last)
		*last = now;
	else
		bpf_map_update_elem(&ring_calls, &ring, &now, BPF_ANY);
	return 0;
}

/* Takes a ring; answers in out_ring. */
SEC("?raw_tp")
int peek_ring(struct bpf_raw_tracepoint_args *ctx)
{
	struct fact_ring *out = &out_ring;

	__builtin_memset(&out->h, 0, sizeof(out->h));
	out->h.size = sizeof(*out);
	out->h.kind = FACT_RING;
	out->h.flags = FACT_F_SNAPSHOT;
	out->h.t_ns = bpf_ktime_get_ns();
	out->h.ring = ctx->args[0];
	read_ring(ctx->args[0], out);
	out->whose = ring_whose(ctx->args[0]);
	if (is_locked((void *)ctx->args[0]))
		out->ring_flags |= RING_F_LOCKED;
	out->fd = -1;
	return 0;
}

/*
 * The verifier looks once at a global function, whatever calls it: with it inlined, the
 * loops below would cost tens of milliseconds at each start.
 */
__noinline int answer_slot(__u64 ring, __u64 slots, __u32 index, __u32 i)
{
	struct ring_table t = { .slots = slots };
	struct fact_buffer *out;
	__u64 buf, node;

	if (i >= PEEK_CHUNK)
		return 0;
	out = &out_slots[i];
	__builtin_memset(&out->h, 0, sizeof(out->h));
	out->h.size = sizeof(*out);
	out->h.kind = FACT_BUFFER;
	out->h.flags = FACT_F_SNAPSHOT;
	out->h.t_ns = bpf_ktime_get_ns();
	out->h.ring = ring;
	out->index = index;
	buf = slot_buffer(&t, index, &out->node);
	read_buffer(buf, out);
	out->users = slot_users(out->node);
	/* was it freed and used anew while we read it? */
	if (slot_buffer(&t, index, &node) != buf || node != out->node)
		out->buf_flags = BUFFER_F_TORN;
	return 0;
}

/* Rounds of a loop that the verifier has looked at are quick to look at. */
__noinline int answer_slots(__u64 ring, __u64 slots, __u32 first, __u32 i, __u32 n)
{
	for (int k = 0; k < PEEK_ROUND && i < n; k++, i++)
		answer_slot(ring, slots, first + i, i);
	return 0;
}

/* Takes ring, first slot, count; answers in out_slots, out_nr, out_table and out_table_nr. */
SEC("?raw_tp")
int peek_slots(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ring = ctx->args[0];
	__u32 first = ctx->args[1], n = ctx->args[2];
	struct ring_table t;

	ring_table(ring, &t);
	out_table = t.slots;
	out_table_nr = t.nr;
	out_mm = (__u64)BPF_CORE_READ((struct io_ring_ctx *)ring, mm_account);
	if (first >= t.nr)
		n = 0;
	else if (n > t.nr - first)
		n = t.nr - first;
	if (n > PEEK_CHUNK)
		n = PEEK_CHUNK;
	out_nr = n;
	for (__u32 i = 0; i < PEEK_CHUNK && i < n; i += PEEK_ROUND)
		answer_slots(ring, t.slots, first, i, n);
	return 0;
}

__noinline int answer_seg(__u64 bvec, __u32 i)
{
	struct bio_vec *bv = (void *)bvec;
	struct seg *out;

	if (i >= PEEK_CHUNK)
		return 0;
	out = &out_segs[i];
	read_folio((__u64)BPF_CORE_READ(bv, bv_page), out);
	out->len = BPF_CORE_READ(bv, bv_len);
	out->off = BPF_CORE_READ(bv, bv_offset);
	return 0;
}

/* Takes the address of a bio_vec array, first, count; answers in out_segs and out_nr. */
SEC("?raw_tp")
int peek_segs(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 size = bpf_core_type_size(struct bio_vec);
	__u64 bvec = ctx->args[0] + ctx->args[1] * size;
	__u32 n = ctx->args[2];

	out_page_size = bpf_core_type_size(struct page);
	out_nr = 0;
	for (__u32 i = 0; i < PEEK_CHUNK; i++) {
		if (i >= n)
			break;
		answer_seg(bvec + i * size, i);
		out_nr = i + 1;
	}
	return 0;
}

/* Returns how many bytes of struct pages from .page on belong to its folio. */
__noinline __u64 answer_folio(__u64 page, __u32 i)
{
	struct seg *out;

	if (i >= PEEK_CHUNK)
		return 0;
	out = &out_folios[i];
	read_folio(page, out);
	out->len = 0;
	out->off = 0;
	return out->head + ((__u64)bpf_core_type_size(struct page) << (out->order & 31)) - page;
}

/* Takes a struct page and a number of pages; answers in out_folios and out_nr, as room allows. */
SEC("?raw_tp")
int peek_folios(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 page = ctx->args[0];
	__u64 end = page + ctx->args[1] * bpf_core_type_size(struct page);

	out_nr = 0;
	for (__u32 i = 0; i < PEEK_CHUNK; i++) {
		if (page >= end)
			break;
		page += answer_folio(page, i);
		out_nr = i + 1;
	}
	return 0;
}

__noinline int answer_backing(__u32 i)
{
	if (i >= PEEK_CHUNK)
		return 0;
	read_backing(in_pages[i], &out_backings[i]);
	return 0;
}

/* Takes a count, and as many struct pages in in_pages; answers in out_backings. */
SEC("?raw_tp")
int peek_backings(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[0];

	for (__u32 i = 0; i < PEEK_CHUNK && i < n; i++)
		answer_backing(i);
	return 0;
}

__noinline int answer_users(__u32 i)
{
	if (i >= PEEK_CHUNK)
		return 0;
	out_users[i] = node_users(in_held_nodes[i].node, in_held_nodes[i].buf);
	return 0;
}

/* Takes a count, and as many nodes in in_held_nodes; answers in out_users. */
SEC("?raw_tp")
int peek_users(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 n = ctx->args[0];

	for (__u32 i = 0; i < PEEK_CHUNK && i < n; i++)
		answer_users(i);
	return 0;
}

static __always_inline struct file *own_file(__u64 fd)
{
	struct task_struct *self = (void *)bpf_get_current_task();
	struct fdtable *fdt = BPF_CORE_READ(self, files, fdt);
	struct file **array = BPF_CORE_READ(fdt, fd), *file = NULL;

	if (fd < BPF_CORE_READ(fdt, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), array + fd);
	return file;
}

#define XA_DEPTH	4	/* a huge page lies some nodes deep */

/*
 * Takes a descriptor of ours of a file in memory; answers in out_first_page the struct page of its
 * first page, 0 without one.
 */
SEC("?raw_tp")
int peek_first_page(struct bpf_raw_tracepoint_args *ctx)
{
	struct file *file = own_file(ctx->args[0]);

	out_page_size = bpf_core_type_size(struct page);
	out_first_page = file ? (__u64)BPF_CORE_READ(file, f_inode, i_mapping, i_pages.xa_head) : 0;
	for (int i = 0; i < XA_DEPTH && (out_first_page & 3) == XA_NODE_MARK; i++) {
		struct xa_node *node = (void *)(out_first_page - XA_NODE_MARK);

		out_first_page = (__u64)BPF_CORE_READ(node, slots[0]);
	}
	if (out_first_page & 3)
		out_first_page = 0;
	return 0;
}

/*
 * Takes a descriptor of ours of /proc/PID/pagemap; answers in out_mm: 0 without one, and where
 * the pages are being taken away. The file holds the address space that the process had when it
 * was opened, whatever becomes of the process.
 */
SEC("?raw_tp")
int peek_pagemap(struct bpf_raw_tracepoint_args *ctx)
{
	struct file *file = own_file(ctx->args[0]);

	out_mm = file ? (__u64)BPF_CORE_READ(file, private_data) : 0;
	out_mm_flags = mm_flags(out_mm);
	if (mm_is_reaped(out_mm))
		out_mm = 0;
	return 0;
}

/* A function that is not static: the verifier goes through it once. */
__noinline int take_submitter(__u32 i, __u64 at, __u64 contexts)
{
	if (i < PEEK_SUBMITTERS)
		out_submitters[i] = contexts ? submitter_context(at) : submitter_mm(at);
	return 0;
}

/*
 * Takes a ring; answers in out_submitters the address spaces of the tasks that made it or submitted
 * to it, the latest first, and in out_nr their number: more than there is room for when not all fit,
 * or the kernel does not say. With a second argument their struct io_uring_task instead, and in
 * out_polling that of the kernel's thread that submits.
 */
SEC("?raw_tp")
int peek_submitters(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 head = submitters_head(ctx->args[0]), at = next_submitter(head);

	out_polling = polling_context(ctx->args[0]);
	out_nr = head ? 0 : PEEK_SUBMITTERS + 1;
	for (__u32 i = 0; i < PEEK_SUBMITTERS + 1 && head && at != head; i++) {
		/* one that was taken out of the list meanwhile: who comes after it is not known */
		out_nr = at ? i + 1 : PEEK_SUBMITTERS + 1;
		if (!at)
			break;
		take_submitter(i, at, ctx->args[1]);
		at = next_submitter(at);
	}
	return 0;
}
