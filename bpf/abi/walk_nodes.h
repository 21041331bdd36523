/* SPDX-License-Identifier: GPL-2.0 */
/* What an answer of the walk holds of the kernel's chains and trees, to go on from. */
#ifndef FIXBUF_BPF_ABI_WALK_NODES_H
#define FIXBUF_BPF_ABI_WALK_NODES_H

#include <linux/types.h>

#define PEEK_NODES	32	/* nodes of an xarray that an answer of the walk holds */

/* A node of an xarray: an answer of the walk. */
struct xa_slots {
	__u64 slot[64];
	__u32 shift;		/* of its slots in the index; 0: they are entries */
	__u32 pad;
};

/* A poll that a ring waits for, or where a chain of them begins: an answer of the walk. */
struct poll_node {
	__u64 next;		/* in the chain */
	__u64 ring;		/* that it polls, 0 = something else */
	__u32 whose;		/* ring_whose() of that */
	__u32 pad;
};

#define FD_SLOTS 64	/* tables of descriptors have room for a multiple of it */

/* A run of a table of descriptors: an answer of the walk. */
struct fd_slots {
	__u64 ring[FD_SLOTS];	/* 0 = something else */
	__u32 whose[FD_SLOTS];	/* ring_whose() of that */
	__u32 room;		/* of all the table */
	__u32 found;		/* there is a ring */
};

/* The memory of an AF_XDP socket. */
struct umem {
	__u64 id;		/* its address, 0 = none */
	__u64 user;		/* struct user_struct * that is charged, 0 = none */
	__u64 pages;
};

/* A run of a table of descriptors: an answer of the walk. */
struct fd_umems {
	struct umem umem[FD_SLOTS];
	__u32 room;		/* of all the table */
	__u32 found;		/* there is one */
};

#define MAP_SLOTS 16

/* A run of a process's mappings, or a node of the tree that has them: an answer of the walk. */
struct map_node {
	__u64 slot[MAP_SLOTS];	/* nodes to read on from; .is_leaf: rings that are mapped */
	__u64 next;		/* the run goes on there, 0 = it does not */
	__u32 is_leaf;
	__u32 pad;
};

#endif
