/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a user's processes pin, by VmPin: who may not ask the kernel for the user's account concludes
 * from that how much of the limit is used.
 */
#ifndef FIXBUF_CAPTURE_PROC_PINS_H
#define FIXBUF_CAPTURE_PROC_PINS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct proc_pins {
	size_t processes;	/* of the user, with a ring, which we may look into and RLIMIT_MEMLOCK holds for */
	__u64 bytes;		/* that they pin: processes that share an address space count once */
	__u64 soft_bytes;	/* the least of their limits; ~0 = unlimited */
};

void proc_pins_read(__u32 uid, struct proc_pins *p);
/* Whether that is as near to the limit as verify calls near-limit. */
bool proc_pins_near(const struct proc_pins *p);

#endif
