/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log-linear histogram, the same index on both sides: 16 equal steps to each
 * power of two, so a bucket is at most 1/16 of its value wide and its middle
 * within 1/32 (3.2 %) of any value in it. Values below 32 are exact.
 */
#ifndef FIXBUF_HIST_H
#define FIXBUF_HIST_H

#include <linux/types.h>

#define HIST_STEP_BITS	4
#define HIST_STEPS	(1U << HIST_STEP_BITS)
#define HIST_TOP_BIT	37	/* 2^37 ns = 137 s and longer share the last bucket */
#define HIST_BUCKETS	((HIST_TOP_BIT - HIST_STEP_BITS + 1) * HIST_STEPS)

static inline __attribute__((always_inline)) __u32 hist_index(__u64 value)
{
	__u32 bit = 0;
	__u64 v = value;

	if (value >> HIST_TOP_BIT)
		return HIST_BUCKETS - 1;
	if (value < HIST_STEPS)
		return value;
	/* position of the highest bit: BPF has no instruction for it */
	if (v >> 32) {
		v >>= 32;
		bit += 32;
	}
	if (v >> 16) {
		v >>= 16;
		bit += 16;
	}
	if (v >> 8) {
		v >>= 8;
		bit += 8;
	}
	if (v >> 4) {
		v >>= 4;
		bit += 4;
	}
	if (v >> 2) {
		v >>= 2;
		bit += 2;
	}
	bit += v >> 1;
	return (bit - HIST_STEP_BITS + 1) * HIST_STEPS +
	       ((value >> (bit - HIST_STEP_BITS)) & (HIST_STEPS - 1));
}

/* The least value of a bucket; the next one's is where it ends. */
static inline __attribute__((always_inline)) __u64 hist_low(__u32 index)
{
	__u32 group = index / HIST_STEPS, step = index % HIST_STEPS;

	if (!group)
		return step;
	return (__u64)(HIST_STEPS + step) << (group - 1);
}

#endif
