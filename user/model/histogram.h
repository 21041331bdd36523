/* SPDX-License-Identifier: GPL-2.0 */
/* Histograms of bpf/abi/hist.h for people: percentiles, and drawn. */
#ifndef FIXBUF_MODEL_HISTOGRAM_H
#define FIXBUF_MODEL_HISTOGRAM_H

#include <abi/hist.h>
#include <linux/types.h>
#include <stdio.h>

/* What a percentile may be off by, relative: half a bucket. */
#define HIST_ERROR (1.0 / (2 * HIST_STEPS))

/*
 * The same of .value, a percentile, where only powers of two are told apart, and .max is the greatest
 * value.
 */
double hist_coarse_error(__u64 value, __u64 max);

/*
 * One of many, of which most have few buckets in use: the others are not kept. Owned by who has
 * the pointer, as one piece of memory; NULL = empty.
 */
struct hist {
	__u32 first, nr;	/* whole powers of two */
	__u64 count[];
};

void hist_add(struct hist **h, unsigned int bucket, __u64 n);
__u64 hist_at(const struct hist *h, unsigned int bucket);
/* All buckets, in .room, which is returned. */
__u64 *hist_all(const struct hist *h, __u64 room[HIST_BUCKETS]);
struct hist *hist_copy(const struct hist *h);
/* hist_percentile_to() of one. */
__u64 hist_permille(const struct hist *h, unsigned int permille, __u64 max);

__u64 hist_total(const __u64 count[HIST_BUCKETS]);
/* The value that .permille of 1000 are not above, 0 when there is none: its bucket's middle. */
__u64 hist_percentile(const __u64 count[HIST_BUCKETS], unsigned int permille);
/* The same, not above .max, the greatest value that was counted: a bucket may end above it. */
__u64 hist_percentile_to(const __u64 count[HIST_BUCKETS], unsigned int permille, __u64 max);
/* What the last bucket in use cannot be above, 0 when there is none. */
__u64 hist_max(const __u64 count[HIST_BUCKETS]);
/*
 * A bar per power of two, .indent blanks before it; nothing when it is empty. The longest takes what
 * is left of so many columns, 0 = 50.
 */
void hist_draw(FILE *out, const __u64 count[HIST_BUCKETS], int indent, unsigned int columns);

#endif
