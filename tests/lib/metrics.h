/* SPDX-License-Identifier: GPL-2.0 */
/* Look-ups in what export prints, and a running one. */
#ifndef FIXBUF_METRICS_H
#define FIXBUF_METRICS_H

#include "tool.h"

/* The sum of all samples of that name whose labels contain each of these texts, up to NULL; -1 = none. */
double metric(const char *text, const char *name, ...) __attribute__((sentinel));

struct exporter {
	struct tool_run a;
	int port;
};

/* Starts export at a free port of this machine and waits until it serves. */
void exporter_start(struct exporter *x, ...) __attribute__((sentinel));
/* All metrics now, to be freed. */
char *exporter_scrape(const struct exporter *x);
/* Scrapes until the metric has that value, or some seconds; what it was last, to be freed. */
char *exporter_await(const struct exporter *x, double value, const char *name, const char *label);
/* The metric comes to have that value: what the kernel side tells arrives a moment later. */
void is_metric(const struct exporter *x, double want, const char *what, const char *name,
	       const char *label);
/* Ends it by SIGTERM: its exit status. */
int exporter_end(struct exporter *x);

#endif
