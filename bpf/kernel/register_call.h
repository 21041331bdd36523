/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arguments of the io_uring_register() that the current task is in, as the
 * program gave them: the tracepoint carries none of them.
 */
#ifndef FIXBUF_BPF_KERNEL_REGISTER_CALL_H
#define FIXBUF_BPF_KERNEL_REGISTER_CALL_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/register_event.h"
#include "kernel/regs.h"
#include "kernel/ring.h"

#define NR_IO_URING_REGISTER	427
/*
 * A bit of the opcode: the descriptor is an index of registered rings. From 7d3fd88d61a4
 * ("io_uring: Support calling io_uring_register with a registered ring fd"), 6.3.
 */
#define USE_REGISTERED_RING	(1U << 31)
#define REGISTER_SPARSE		(1U << 0)	/* IORING_RSRC_REGISTER_SPARSE */
#define CLONE_SRC_REGISTERED	(1U << 0)	/* IORING_REGISTER_SRC_REGISTERED */

/* What programs hand over; the structures are complete, since their layout is ABI. */
struct rsrc_register {
	__u32 nr;
	__u32 flags;
	__u64 resv2;
	__u64 data;
	__u64 tags;
};

struct rsrc_update2 {
	__u32 offset;
	__u32 resv;
	__u64 data;
	__u64 tags;
	__u32 nr;
	__u32 resv2;
};

struct clone_buffers {
	__u32 src_fd;
	__u32 flags;
	__u32 src_off;
	__u32 dst_off;
	__u32 nr;
	__u32 pad[3];
};

struct call_args {
	__u64 arg;
	__u64 iov;	/* user address of the iovec array, 0 = there is none, or it is not known */
	__u64 src_ring;
	__s32 fd;
	__u32 op;
	__u32 nr;
	__u32 offset;
	__u32 flags;	/* CALL_F_* */
	__u32 unreadable; /* not 0: the structure at .arg could not be read */
	__u32 seen;	/* SEEN_*, and what belongs to them, as in fact_call */
	__u32 nr_args, arg_flags, src_fd, src_offset, src_slots;
};

/*
 * The file behind a descriptor of the current task, or behind an index of the rings that it
 * registered; 0 when there is none. Rings are registered from e7a6c00dc77a ("io_uring: add
 * support for registering ring file descriptors"), 5.18.
 */
__weak __noinline __u64 file_by_fd(__u32 fd, bool registered)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file *file = NULL;

	if (registered) {
		if (!bpf_core_field_exists(struct io_uring_task, registered_rings) ||
		    fd >= IO_RINGFD_REG_MAX)
			return 0;
		struct io_uring_task *tctx = BPF_CORE_READ(task, io_uring);

		if (!tctx)
			return 0;
		bpf_core_read(&file, sizeof(file), &tctx->registered_rings[fd]);
	} else {
		struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
		struct file **array = BPF_CORE_READ(fdt, fd);

		if (fd >= BPF_CORE_READ(fdt, max_fds))
			return 0;
		bpf_probe_read_kernel(&file, sizeof(file), &array[fd]);
	}
	return (__u64)file;
}

/* The ring behind it, 0 without a file. Whether the file is a ring is not checked. */
static __always_inline __u64 ring_by_fd(__u32 fd, bool registered)
{
	struct file *file = (void *)file_by_fd(fd, registered);

	return file ? (__u64)BPF_CORE_READ(file, private_data) : 0;
}

/*
 * What the source of a clone is. It is a ring where its file has the operations of the
 * target's. Its own thread is known from 97bbdc06a444 ("io_uring: add
 * IORING_SETUP_SINGLE_ISSUER"), 6.0.
 */
static __always_inline void look_at_source(struct call_args *a, __u64 ring)
{
	struct file *src = (void *)file_by_fd(a->src_fd, a->arg_flags & CLONE_SRC_REGISTERED);
	struct file *to = (void *)file_by_fd(a->fd, a->flags & CALL_F_REG_RING);
	struct io_ring_ctx *from, *ctx = (void *)ring;
	struct ring_table t;

	if (!src) {
		a->seen |= SEEN_SRC | SEEN_SRC_NONE;
		return;
	}
	if (!to || (__u64)BPF_CORE_READ(to, private_data) != ring)
		return;
	a->seen |= SEEN_SRC;
	if (BPF_CORE_READ(src, f_op) != BPF_CORE_READ(to, f_op)) {
		a->seen |= SEEN_SRC_OTHER;
		return;
	}
	from = BPF_CORE_READ(src, private_data);
	a->src_ring = (__u64)from;
	ring_table(a->src_ring, &t);
	a->src_slots = t.nr;
	if (BPF_CORE_READ(from, user) != BPF_CORE_READ(ctx, user))
		a->seen |= SEEN_SRC_USER;
	if (BPF_CORE_READ(from, mm_account) != BPF_CORE_READ(ctx, mm_account))
		a->seen |= SEEN_SRC_MM;
	if (bpf_core_field_exists(from->submitter_task) && BPF_CORE_READ(from, submitter_task) &&
	    BPF_CORE_READ(from, submitter_task) != (void *)bpf_get_current_task())
		a->seen |= SEEN_SRC_ISSUER;
}

/*
 * Whether there are tags, and the first, which the kernel has read if it got that far, cannot be read.
 * What is global the verifier looks at once: each way through it would double those of its callers,
 * which with stacks are a million on 6.1.
 */
__weak __noinline __u32 seen_of_tags(__u64 tags)
{
	__u64 tag;

	if (!tags)
		return 0;
	return bpf_probe_read_user(&tag, sizeof(tag), (void *)tags) ? SEEN_TAGS_NONE : SEEN_TAGS;
}

/* Adds what the structure at .arg says to what the registers say. */
static __always_inline void read_call_arg(struct call_args *a, __u64 ring)
{
	if (a->op == CALL_REGISTER) {
		a->iov = a->arg;
	} else if (a->op == CALL_REGISTER2) {
		struct rsrc_register r;

		a->unreadable = bpf_probe_read_user(&r, sizeof(r), (void *)a->arg) != 0;
		a->nr = a->unreadable ? 0 : r.nr;
		a->iov = a->unreadable || (r.flags & REGISTER_SPARSE) ? 0 : r.data;
		if (!a->unreadable) {
			a->arg_flags = r.flags;
			a->seen |= SEEN_STRUCT | (r.resv2 ? SEEN_RESERVED : 0) |
				   seen_of_tags(r.tags);
		}
	} else if (a->op == CALL_UPDATE) {
		struct rsrc_update2 u;

		a->unreadable = bpf_probe_read_user(&u, sizeof(u), (void *)a->arg) != 0;
		a->nr = a->unreadable ? 0 : u.nr;
		a->offset = a->unreadable ? 0 : u.offset;
		a->iov = a->unreadable ? 0 : u.data;
		if (!a->unreadable)
			a->seen |= SEEN_STRUCT | (u.resv || u.resv2 ? SEEN_RESERVED : 0) |
				   seen_of_tags(u.tags);
	} else if (a->op == CALL_CLONE) {
		struct clone_buffers c;

		a->unreadable = bpf_probe_read_user(&c, sizeof(c), (void *)a->arg) != 0;
		a->nr = a->unreadable ? 0 : c.nr;
		a->offset = a->unreadable ? 0 : c.dst_off;
		if (a->unreadable)
			return;
		a->seen |= SEEN_STRUCT | (c.pad[0] || c.pad[1] || c.pad[2] ? SEEN_RESERVED : 0);
		a->arg_flags = c.flags;
		a->src_fd = c.src_fd;
		a->src_offset = c.src_off;
		if (ring)
			look_at_source(a, ring);
	}
}

/* What the descriptor of a call that found no ring stands for. Global for the same reason. */
__weak __noinline __u32 seen_of_fd(__u32 fd, __u32 flags)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 seen = SEEN_FD;

	if (!file_by_fd(fd, flags & CALL_F_REG_RING))
		seen |= SEEN_FD_NONE;
	if (file_by_fd(fd, !(flags & CALL_F_REG_RING)))
		seen |= SEEN_OTHER_WAY;
	if (!BPF_CORE_READ(task, io_uring))
		seen |= SEEN_NO_TABLE;
	return seen;
}

static __always_inline void look_at_fd(struct call_args *a)
{
	a->seen |= seen_of_fd(a->fd, a->flags);
}

/* References of buffers came with the clones that share them. */
static __always_inline __u32 kernel_knows(void)
{
	__u32 seen = 0;

	if (bpf_core_field_exists(struct io_mapped_ubuf___folio, refs))
		seen |= SEEN_KNOWS_CLONE;
	/* ranges came with the table of nodes, in 6.13: no released kernel has only one */
	if (bpf_core_field_exists(struct io_ring_ctx___nodes, buf_table))
		seen |= SEEN_KNOWS_RANGES;
	return seen;
}

/*
 * Fills all of .a; .fd is -1 and .seen 0 when the arguments of the call are not known.
 * .ring: on which the call ran, 0 = it found none.
 */
static __always_inline void read_call_args(__u32 op, __u64 ring, struct call_args *a)
{
	struct pt_regs *regs = user_regs();
	bool narrow = called_as_32_bit();
	__u32 word;

	__builtin_memset(a, 0, sizeof(*a));
	a->op = op;
	a->fd = -1;
	if (syscall_number(regs) != NR_IO_URING_REGISTER)
		return;
	word = syscall_arg(regs, 1, narrow);
	if ((word & ~USE_REGISTERED_RING) != op)
		return;
	a->fd = syscall_arg(regs, 0, narrow);
	a->arg = syscall_arg(regs, 2, narrow);
	a->nr = syscall_arg(regs, 3, narrow);
	a->nr_args = a->nr;
	a->flags = word & USE_REGISTERED_RING ? CALL_F_REG_RING : 0;
	a->flags |= ring && ring_is_compat(ring) ? CALL_F_IOVEC32 : 0;
	a->seen = SEEN_ARGS | kernel_knows();
	if (BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), cred, user_ns, level) > 0)
		a->seen |= SEEN_USER_NS;
	if (!ring)
		look_at_fd(a);
	read_call_arg(a, ring);
}

#endif
