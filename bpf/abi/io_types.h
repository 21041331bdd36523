/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types that the I/O programs cast to. Their ids come from the user
 * side: the types that the programs are relocated by are a part of the kernel's,
 * with other ids.
 */
#ifndef FIXBUF_BPF_ABI_IO_TYPES_H
#define FIXBUF_BPF_ABI_IO_TYPES_H

enum io_type {
	TYPE_FILE,
	TYPE_KIOCB,
	TYPE_NOP,
	TYPE_NODE,
	TYPE_RW,
	TYPE_SR_MSG,
	TYPE_CMD,
	TYPE_CQE,
	TYPE_IO_TASK,
	TYPE_TASK,
	TYPE_RING,
	TYPE_RINGS,
	NR_IO_TYPES,
};

#define IO_TYPE_NAMES {				\
	[TYPE_FILE] = "file",			\
	[TYPE_KIOCB] = "io_kiocb",		\
	[TYPE_NOP] = "io_nop",			\
	[TYPE_NODE] = "io_rsrc_node",		\
	[TYPE_RW] = "io_rw",			\
	[TYPE_SR_MSG] = "io_sr_msg",		\
	[TYPE_CMD] = "io_uring_cmd",		\
	[TYPE_CQE] = "io_uring_cqe",		\
	[TYPE_IO_TASK] = "io_uring_task",	\
	[TYPE_TASK] = "task_struct",		\
	[TYPE_RING] = "io_ring_ctx",		\
	[TYPE_RINGS] = "io_rings",		\
}

#endif
