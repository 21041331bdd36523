// SPDX-License-Identifier: GPL-2.0
/* report, and report --summary: one page. */
#include <stdint.h>
#include "commands/recorded.h"
#include "commands/report/report.h"

int report_summary(struct report *r)
{
	struct recorded d;
	int status = recorded_read(&d, &r->replay, r->origin, &r->o->select);

	d.view.to = &r->o->output;
	d.view.top = r->o->all ? SIZE_MAX : r->o->top ? r->o->top : 10;
	if (!status)
		(r->o->output.json ? view_summary_json : view_summary_text)(&d.view);
	recorded_free(&d);
	return status;
}
