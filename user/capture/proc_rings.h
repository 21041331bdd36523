/* SPDX-License-Identifier: GPL-2.0 */
/* The rings that /proc shows without any privilege: those of processes that we may look into. */
#ifndef FIXBUF_CAPTURE_PROC_RINGS_H
#define FIXBUF_CAPTURE_PROC_RINGS_H

#include <abi/names.h>
#include <linux/types.h>
#include <stddef.h>
#include "model/selection.h"

struct proc_buffer {
	__u64 addr, len_bytes;
	__u32 index;
};

/* A descriptor of a ring. */
struct proc_ring {
	__u32 pid, uid;
	struct comm comm;
	int fd;
	struct proc_buffer *buffers;	/* good while it is told */
	size_t nr_buffers;
	__u32 nr_slots;
	__s64 pinned_kb;		/* VmPin; -1 = not told */
	__u64 soft_bytes, hard_bytes;	/* RLIMIT_MEMLOCK, ~0 = unlimited or not told */
};

/*
 * Tells each of the selection, process by process. Returns how many processes of this user, or of
 * those that were named, may not be looked into.
 */
size_t proc_rings(const struct selection *select, void (*tell)(const struct proc_ring *r, void *arg),
		  void *arg);
/* Tells each process of the selection but ours that has a ring, once, without it; not those that may not be looked into. */
void proc_ring_owners(const struct selection *select, void (*tell)(const struct proc_ring *r, void *arg),
		      void *arg);
/* Tells each process of the selection but ours, whatever it holds, without a ring. */
void proc_processes(const struct selection *select, void (*tell)(const struct proc_ring *r, void *arg),
		    void *arg);

#endif
