/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hooks saw of rings of our own, which shows the hooks that fire.
 * A function may exist, take a probe, and never be called.
 */
#ifndef FIXBUF_BPF_ABI_HITS_H
#define FIXBUF_BPF_ABI_HITS_H

/* Values of the map .rings. */
#define RING_WANTED	1
#define RING_OWN	2

enum hit {
	HIT_REGISTER,		/* io_sqe_buffer_register() entered */
	HIT_REGISTERED,		/* and returned a buffer */
	HIT_RELEASE,		/* a buffer's reference dropped: entered */
	HIT_RELEASED,		/* and the buffer is gone */
	HIT_AMOUNT,		/* io_account_mem() entered while registering, or a charge told */
	HIT_AMOUNT_INNER,	/* __io_account_mem() entered while registering */
	HIT_REGION,		/* ring memory charged */
	HIT_REGION_FREED,
	HIT_UNCHARGE,		/* a charge given back, told */
	NR_HITS,
	HIT_NONE = NR_HITS,	/* of a hook that nothing we can do ourselves makes fire */
};

#endif
