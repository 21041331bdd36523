// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "model/histogram.h"

#define BAR	50	/* columns of the longest, where there is room for all */
#define HEAD	41	/* columns before it */

void hist_add(struct hist **h, unsigned int bucket, __u64 n)
{
	struct hist *old = *h, *new;
	__u32 first = bucket / HIST_STEPS * HIST_STEPS, end = first + HIST_STEPS;

	if (!old || first < old->first || end > old->first + old->nr) {
		if (old && old->first < first)
			first = old->first;
		if (old && old->first + old->nr > end)
			end = old->first + old->nr;
		new = must_alloc(1, sizeof(*new) + (end - first) * sizeof(new->count[0]));
		new->first = first;
		new->nr = end - first;
		if (old)
			memcpy(new->count + (old->first - first), old->count,
			       old->nr * sizeof(old->count[0]));
		free(old);
		*h = new;
	}
	(*h)->count[bucket - (*h)->first] += n;
}

__u64 hist_at(const struct hist *h, unsigned int bucket)
{
	return h && bucket >= h->first && bucket - h->first < h->nr ? h->count[bucket - h->first] : 0;
}

__u64 *hist_all(const struct hist *h, __u64 room[HIST_BUCKETS])
{
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		room[i] = hist_at(h, i);
	return room;
}

struct hist *hist_copy(const struct hist *h)
{
	size_t size = h ? sizeof(*h) + h->nr * sizeof(h->count[0]) : 0;

	return h ? memcpy(must_alloc(1, size), h, size) : NULL;
}

double hist_coarse_error(__u64 value, __u64 max)
{
	__u32 first = hist_index(value) / HIST_STEPS * HIST_STEPS, end = first + HIST_STEPS;
	__u64 low = hist_low(first), high = end < HIST_BUCKETS ? hist_low(end) - 1 : max;
	double below, above;

	/* below 64 all are one */
	if (first < 3 * HIST_STEPS)
		return 1;
	if (high > max)
		high = max;
	below = (double)(value - low) / low;
	above = high > value ? (double)(high - value) / high : 0;
	return below > above ? below : above;
}

__u64 hist_permille(const struct hist *h, unsigned int permille, __u64 max)
{
	__u64 room[HIST_BUCKETS];

	return hist_percentile_to(hist_all(h, room), permille, max);
}

__u64 hist_total(const __u64 count[HIST_BUCKETS])
{
	__u64 total = 0;

	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		total += count[i];
	return total;
}

/* The last bucket has no end: its least value stands for it. */
static __u64 middle(unsigned int i)
{
	return i == HIST_BUCKETS - 1 ? hist_low(i) : (hist_low(i) + hist_low(i + 1) - 1) / 2;
}

__u64 hist_percentile(const __u64 count[HIST_BUCKETS], unsigned int permille)
{
	__u64 total = hist_total(count), rank, seen = 0;

	if (!total)
		return 0;
	/* of n values, the k-th smallest with k = ceil(n * permille / 1000), without overflow */
	rank = total / 1000 * permille + (total % 1000 * permille + 999) / 1000;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		seen += count[i];
		if (seen && seen >= rank)
			return middle(i);
	}
	return 0;
}

__u64 hist_percentile_to(const __u64 count[HIST_BUCKETS], unsigned int permille, __u64 max)
{
	__u64 value = hist_percentile(count, permille);

	return value < max ? value : max;
}

__u64 hist_max(const __u64 count[HIST_BUCKETS])
{
	for (unsigned int i = HIST_BUCKETS; i--;)
		if (count[i])
			return i == HIST_BUCKETS - 1 ? hist_low(i) : hist_low(i + 1) - 1;
	return 0;
}

static void bar(FILE *out, unsigned int eighths)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };

	for (; eighths >= 8; eighths -= 8)
		fputs("█", out);
	fputs(part[eighths], out);
}

/* Buckets are summed up to powers of two: 16 bars to each say no more to a reader. */
void hist_draw(FILE *out, const __u64 count[HIST_BUCKETS], int indent, unsigned int columns)
{
	unsigned int head = HEAD + indent, bar_columns = !columns ? BAR : columns > head ? columns - head : 0;
	unsigned int groups = HIST_BUCKETS / HIST_STEPS, first = groups, last = 0;
	__u64 sum[HIST_BUCKETS / HIST_STEPS] = { 0 }, most = 0, total = hist_total(count);

	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		sum[i / HIST_STEPS] += count[i];
	for (unsigned int g = 0; g < groups; g++) {
		if (!sum[g])
			continue;
		first = g < first ? g : first;
		last = g;
		most = sum[g] > most ? sum[g] : most;
	}
	for (unsigned int g = first; g <= last && first < groups; g++) {
		double length = (double)sum[g] / most * (8 * bar_columns);
		char from[FMT_LEN], to[FMT_LEN];

		fprintf(out, "%*s%8s to %-8s %12llu %5.1f%% ", indent, "",
			fmt_ns(from, hist_low(g * HIST_STEPS)),
			g + 1 == groups ? "more" : fmt_ns(to, hist_low((g + 1) * HIST_STEPS)),
			sum[g], 100.0 * sum[g] / total);
		/* rounded up: what there is has a bar */
		bar(out, (unsigned int)length + (length > (unsigned int)length));
		fputc('\n', out);
	}
}
