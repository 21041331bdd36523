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
/* Puts them in order: .v[0] is the least. 0 when there are none. */
double series_median(struct series *s);
/* A row of make bench's tables; the series in order. */
void series_row(const char *what, const char *must, double value, const char *unit, bool held,
		const struct series *s);

#endif
