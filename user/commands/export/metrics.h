/* SPDX-License-Identifier: GPL-2.0 */
/* The export model as OpenMetrics 1.0, or as Prometheus' older text format. */
#ifndef FIXBUF_COMMANDS_EXPORT_METRICS_H
#define FIXBUF_COMMANDS_EXPORT_METRICS_H

#include <stdio.h>
#include "commands/export/model.h"
#include "model/tier.h"

enum metrics_format {
	METRICS_OPENMETRICS,
	METRICS_TEXT,		/* 0.0.4: what node_exporter's textfile collector reads */
};

void view_openmetrics(FILE *out, const struct export_model *m, enum metrics_format format,
		      enum tier tier);

#endif
