/* SPDX-License-Identifier: GPL-2.0 */
/* A recording on one page, as text and as JSON. */
#ifndef FIXBUF_VIEWS_SUMMARY_H
#define FIXBUF_VIEWS_SUMMARY_H

#include "base/json.h"
#include "checks/over_time.h"
#include "model/history.h"

/* .processes and .failures of .h are sorted: the busiest first, the first failure first. */
void view_summary_text(const struct report *r, const struct history *h,
		       const struct report_findings *f);
void view_summary_json(const struct report *r, const struct history *h,
		       const struct report_findings *f);

/* "register" and so on, of NR_HISTORY_CALLS. */
const char *history_call_name(unsigned int kind);

#endif
