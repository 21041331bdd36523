// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "commands/bench/bench.h"
#include "commands/bench/stats.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value that a part of them are not above, between two of them in proportion. */
static double quantile(const double *sorted, unsigned int nr, double part)
{
	double at = part * (nr - 1);
	unsigned int i = at;

	return i + 1 < nr ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

struct spread spread_of(const double *v, unsigned int nr)
{
	double sorted[BENCH_MAX];

	memcpy(sorted, v, nr * sizeof(*v));
	qsort(sorted, nr, sizeof(*v), by_value);
	return (struct spread){
		.median = quantile(sorted, nr, 0.5), .q1 = quantile(sorted, nr, 0.25),
		.q3 = quantile(sorted, nr, 0.75), .min = sorted[0], .max = sorted[nr - 1],
	};
}

struct spread ratio_of(const double *fixed, const double *plain, unsigned int nr)
{
	double ratios[BENCH_MAX];

	for (unsigned int i = 0; i < nr; i++)
		ratios[i] = fixed[i] / plain[i];
	return spread_of(ratios, nr);
}
