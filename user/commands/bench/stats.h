/* SPDX-License-Identifier: GPL-2.0 */
/* How values of several rounds spread. */
#ifndef FIXBUF_COMMANDS_BENCH_STATS_H
#define FIXBUF_COMMANDS_BENCH_STATS_H

struct spread {
	double median, q1, q3, min, max;
};

/* Of nr values, 0 < nr <= BENCH_MAX. */
struct spread spread_of(const double *v, unsigned int nr);
/* Of the ratios of fixed to plain, round by round. */
struct spread ratio_of(const double *fixed, const double *plain, unsigned int nr);

#endif
