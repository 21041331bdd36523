/* SPDX-License-Identifier: GPL-2.0 */
/* The memory of an AF_XDP socket: an answer of the walk. */
#ifndef FIXBUF_BPF_ABI_UMEM_H
#define FIXBUF_BPF_ABI_UMEM_H

#include <linux/types.h>

struct umem {
	__u64 id;		/* its address */
	__u64 user;		/* struct user_struct * that is charged, 0 = none */
	__u64 pages;
};

#endif
