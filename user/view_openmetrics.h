/* SPDX-License-Identifier: GPL-2.0 */
/* The export model as OpenMetrics 1.0, or as Prometheus' older text format. */
#ifndef FIXBUF_VIEW_OPENMETRICS_H
#define FIXBUF_VIEW_OPENMETRICS_H

#include "export_model.h"
#include "tier.h"

enum metrics_format {
	METRICS_OPENMETRICS,
	METRICS_TEXT,		/* 0.0.4: what node_exporter's textfile collector reads */
};

void view_openmetrics(FILE *out, const struct export_model *m, enum metrics_format format,
		      enum tier tier);

#endif
