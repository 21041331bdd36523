/* SPDX-License-Identifier: GPL-2.0 */
/* A running export, and look-ups in the metrics that it prints. */
#ifndef FIXBUF_METRICS_H
#define FIXBUF_METRICS_H

#include "tool.h"

/* The sum of all samples of that name whose labels contain each of these texts, up to NULL; -1 = none. */
double metric(const char *text, const char *name, ...) __attribute__((sentinel));

struct exporter {
	struct tool_run a;
	int port;
};

/* Skips all of the test where the tool was built without an HTTP server. */
void exporter_needed(void);
/* Starts export at a free port of this machine and waits until it serves. */
void exporter_start(struct exporter *x, ...) __attribute__((sentinel));
/* Scrapes once: all metrics, to be freed. */
char *exporter_scrape(const struct exporter *x);
/* Scrapes until the metric has that value, or some seconds: the last scrape, to be freed. */
char *exporter_await(const struct exporter *x, double value, const char *name, const char *label);
/* Asserts that the metric comes to have that value; events of the kernel arrive a moment later. */
void is_metric(const struct exporter *x, double want, const char *what, const char *name,
	       const char *label);
/* Sends SIGTERM and waits: the exit status. */
int exporter_end(struct exporter *x);

#endif
