/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Log-linear histogram, the same index on both sides: 16 equal steps to each
 * power of two, so a bucket is at most 1/16 of its value wide and its middle
 * within 1/32 (3.2 %) of any value in it. Values below 32 are exact.
 */
#ifndef FIXBUF_BPF_ABI_HIST_H
#define FIXBUF_BPF_ABI_HIST_H

#include <linux/types.h>

#define HIST_STEP_BITS	4
#define HIST_STEPS	(1U << HIST_STEP_BITS)
#define HIST_TOP_BIT	37	/* 2^37 ns = 137 s and longer share the last bucket */
#define HIST_BUCKETS	((HIST_TOP_BIT - HIST_STEP_BITS + 1) * HIST_STEPS)

/*
 * Where the highest bit is, of a value with all bits below it set: BPF has no
 * instruction for it, and branches on it are mispredicted, as latencies vary.
 * The multiplier takes each such value up to 2^38 - 1 to a place of its own.
 */
#define HIST_HASH	0x2077cf52dc45c033ULL
static const __u8 hist_top[64] = {
	 0,  0,  0, 27,  0,  0,  6, 17,  0,  0, 25,  0, 23,  0, 28,  0,
	 0,  0,  0, 30, 33,  7, 18, 11,  1,  0, 36,  0,  0, 26,  0, 16,
	 0, 24, 22,  0,  0, 29, 32, 10, 35,  0,  0, 15,  0, 21, 31,  9,
	34, 14, 20,  8, 13, 19, 12,  0,  2,  3,  0,  4, 37,  0,  0,  5
};

static inline __attribute__((always_inline)) __u32 hist_index(__u64 value)
{
	__u64 v = value;
	__u32 bit;

	if (value >> HIST_TOP_BIT)
		return HIST_BUCKETS - 1;
	if (value < HIST_STEPS)
		return value;
	v |= v >> 1;
	v |= v >> 2;
	v |= v >> 4;
	v |= v >> 8;
	v |= v >> 16;
	v |= v >> 32;
	bit = hist_top[v * HIST_HASH >> 58];
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
