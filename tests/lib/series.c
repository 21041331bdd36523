// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "series.h"

void series_add(struct series *s, double value)
{
	if (s->nr < SERIES_MAX)
		s->v[s->nr++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double series_median(struct series *s)
{
	qsort(s->v, s->nr, sizeof(s->v[0]), by_value);
	return s->nr ? s->v[s->nr / 2] : 0;
}

double series_lower(struct series *s)
{
	series_median(s);
	return s->nr ? s->v[s->nr / 4] : 0;
}

void series_row(const char *what, const char *must, double value, const char *unit, bool held,
		const struct series *s)
{
	printf("%-46s %-16s %9.3f %-10s %-4s (%.3f to %.3f, %d rounds)\n", what, must, value, unit,
	       held ? "ok" : "OVER", s->v[0], s->v[s->nr - 1], s->nr);
}
