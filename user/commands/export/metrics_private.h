/* SPDX-License-Identifier: GPL-2.0 */
/* Families of metrics, for the files that write them. */
#ifndef FIXBUF_COMMANDS_EXPORT_METRICS_PRIVATE_H
#define FIXBUF_COMMANDS_EXPORT_METRICS_PRIVATE_H

#include "commands/export/metrics.h"

struct view {
	FILE *out;
	const struct export_model *m;
	enum metrics_format format;
	const char *name;	/* of the family that is being written */
	bool counter;
};

/* .unit is the end of .name, NULL = none. */
void metric_family(struct view *v, const char *name, const char *type, const char *unit, const char *help);
/* A sample of it up to and with the '{'; .suffix is the sample's. */
void metric_begin(struct view *v, const char *suffix);
/* Its end. */
void metric_value(struct view *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One without a label. */
void metric_plain(struct view *v, __u64 number);

/* What was not counted, and whose it was (metrics_loss.c). */
void metrics_loss(struct view *v);

#endif
