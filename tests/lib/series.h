/* SPDX-License-Identifier: GPL-2.0 */
/* Repeated measurements of one thing. */
#ifndef FIXBUF_SERIES_H
#define FIXBUF_SERIES_H

#include <stdbool.h>

#define SERIES_MAX 101

struct series {
	double v[SERIES_MAX];
	unsigned int nr;
};

void series_add(struct series *s, double value);
/* Sorts the series, so that .v[0] is the least. Returns the median, 0 of an empty series. */
double series_median(struct series *s);
/* The same of the lower quartile, which a busy machine moves least. */
double series_lower(struct series *s);
/* Prints a row of make bench's tables; the series must be sorted. */
void series_row(const char *what, const char *must, double value, const char *unit, bool held,
		const struct series *s);

#endif
