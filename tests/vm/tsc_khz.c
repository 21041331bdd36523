// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how fast this machine's time stamp counter counts, in kHz: an emulated
 * one counts as fast. A guest that measures it on a busy machine may be wrong by
 * a factor of eight, and all its time-outs with it.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define APART_NS	100000000L
#define TRIES		1000

/* Both at a moment: of many readings the one that was disturbed least. */
static uint64_t moment(int64_t *ns)
{
	uint64_t best = ~0ULL, at = 0;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = __rdtsc(), after;
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		at = before + best / 2;
		*ns = t.tv_sec * 1000000000LL + t.tv_nsec;
	}
	return at;
}

int main(void)
{
	const struct timespec apart = { .tv_nsec = APART_NS };
	int64_t t0, t1;
	uint64_t c0 = moment(&t0), c1;

	nanosleep(&apart, NULL);
	c1 = moment(&t1);
	printf("%.0f\n", (c1 - c0) * 1e6 / (t1 - t0));
	return 0;
}
