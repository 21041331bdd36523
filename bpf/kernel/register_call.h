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

#define NR_IO_URING_REGISTER	427
/*
 * A bit of the opcode: the descriptor is an index of registered rings. From 7d3fd88d61a4
 * ("io_uring: Support calling io_uring_register with a registered ring fd"), 6.3.
 */
#define USE_REGISTERED_RING	(1U << 31)
#define REGISTER_SPARSE		(1U << 0)	/* IORING_RSRC_REGISTER_SPARSE */
#define CLONE_SRC_REGISTERED	(1U << 0)	/* IORING_REGISTER_SRC_REGISTERED */
#define X86_USER_CS		0x33		/* 32-bit programs pass their arguments elsewhere */

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
};

/*
 * The ring behind a descriptor of the current task, or behind an index of those that it
 * registered; 0 when there is none. Whether the file is a ring is not checked. Rings are
 * registered from e7a6c00dc77a ("io_uring: add support for registering ring file
 * descriptors"), 5.18.
 */
__noinline __u64 ring_by_fd(__u32 fd, bool registered)
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
	return file ? (__u64)BPF_CORE_READ(file, private_data) : 0;
}

/* Adds what the structure at .arg says to what the registers say. */
static __always_inline void read_call_arg(struct call_args *a)
{
	if (a->op == CALL_REGISTER) {
		a->iov = a->arg;
	} else if (a->op == CALL_REGISTER2) {
		struct rsrc_register r;

		a->unreadable = bpf_probe_read_user(&r, sizeof(r), (void *)a->arg) != 0;
		a->nr = a->unreadable ? 0 : r.nr;
		a->iov = a->unreadable || (r.flags & REGISTER_SPARSE) ? 0 : r.data;
	} else if (a->op == CALL_UPDATE) {
		struct rsrc_update2 u;

		a->unreadable = bpf_probe_read_user(&u, sizeof(u), (void *)a->arg) != 0;
		a->nr = a->unreadable ? 0 : u.nr;
		a->offset = a->unreadable ? 0 : u.offset;
		a->iov = a->unreadable ? 0 : u.data;
	} else if (a->op == CALL_CLONE) {
		struct clone_buffers c;

		a->unreadable = bpf_probe_read_user(&c, sizeof(c), (void *)a->arg) != 0;
		a->nr = a->unreadable ? 0 : c.nr;
		a->offset = a->unreadable ? 0 : c.dst_off;
		if (!a->unreadable)
			a->src_ring = ring_by_fd(c.src_fd, c.flags & CLONE_SRC_REGISTERED);
	}
}

/* Fills all of .a; .fd is -1 when the arguments of the call are not known. */
static __always_inline void read_call_args(__u32 op, struct call_args *a)
{
	__builtin_memset(a, 0, sizeof(*a));
	a->op = op;
	a->fd = -1;
	if (!bpf_core_field_exists(struct pt_regs, orig_ax))
		return;

	struct pt_regs *regs = user_regs();
	__u32 word = BPF_CORE_READ(regs, si);

	if (BPF_CORE_READ(regs, orig_ax) != NR_IO_URING_REGISTER ||
	    BPF_CORE_READ(regs, cs) != X86_USER_CS ||
	    (word & ~USE_REGISTERED_RING) != op)
		return;
	a->fd = BPF_CORE_READ(regs, di);
	a->arg = BPF_CORE_READ(regs, dx);
	a->nr = BPF_CORE_READ(regs, r10);
	a->flags = word & USE_REGISTERED_RING ? CALL_F_REG_RING : 0;
	read_call_arg(a);
}

#endif
