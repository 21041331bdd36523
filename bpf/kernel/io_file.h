/* SPDX-License-Identifier: GPL-2.0 */
/* The file of a request, and what its device demands of direct I/O, as each kernel lays them out. */
#ifndef FIXBUF_BPF_KERNEL_IO_FILE_H
#define FIXBUF_BPF_KERNEL_IO_FILE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define MODE_TYPE	0170000
#define MODE_SOCKET	0140000
#define MODE_BLOCK	0060000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct queue_limits {
	unsigned int logical_block_size;
};

/* From c964d62f5cab ("block: make dma_alignment a stacking queue_limit"), 6.2. */
struct queue_limits___dma {
	unsigned int dma_alignment;
};

struct request_queue {
	struct queue_limits limits;
};

/* Before that. */
struct request_queue___dma {
	unsigned int dma_alignment;
};

struct gendisk {
	struct request_queue *queue;
};

struct block_device {
	struct gendisk *bd_disk;
};

struct bdev_inode {
	struct block_device bdev;
	struct inode vfs_inode;
};

struct super_block___device {
	struct block_device *s_bdev;
};

struct file_operations___polls {
	void *iopoll;
};

struct file___open {
	unsigned int f_mode;
	unsigned int f_flags;
	struct address_space *f_mapping;
	struct file_operations___polls *f_op;
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
};

struct socket {
	struct sock *sk;
};

#pragma clang attribute pop

/* The struct block_device that a file is, or lies on; 0 = none. */
static __always_inline __u64 file_device(struct file *file, __u32 mode)
{
	struct file___open *open = (void *)file;
	struct super_block___device *sb;

	if ((mode & MODE_TYPE) != MODE_BLOCK) {
		sb = (void *)BPF_CORE_READ(file, f_inode, i_sb);
		return (__u64)BPF_CORE_READ(sb, s_bdev);
	}
	return (__u64)BPF_CORE_READ(open, f_mapping, host) -
	       bpf_core_field_offset(struct bdev_inode, vfs_inode) +
	       bpf_core_field_offset(struct bdev_inode, bdev);
}

static __always_inline struct request_queue *device_queue(__u64 device)
{
	return BPF_CORE_READ((struct block_device *)device, bd_disk, queue);
}

/* Of what offset and length of direct I/O must be multiples, in bytes; 0 = not known. */
static __always_inline __u32 queue_block_bytes(struct request_queue *q)
{
	return BPF_CORE_READ(q, limits.logical_block_size);
}

/* The same of addresses; before 6.0 they had to be multiples of the block, too. */
static __always_inline __u32 queue_memory_align(struct request_queue *q)
{
	struct queue_limits___dma *l = (void *)q +
				       bpf_core_field_offset(struct request_queue, limits);

	if (bpf_core_field_exists(struct queue_limits___dma, dma_alignment))
		return BPF_CORE_READ(l, dma_alignment) + 1;
	return BPF_CORE_READ((struct request_queue___dma *)q, dma_alignment) + 1;
}

/* AF_*, 0 = not known. */
static __always_inline __u32 socket_family(struct file *file)
{
	struct socket *s = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(s, sk, __sk_common.skc_family);
}

#endif
