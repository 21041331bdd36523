// SPDX-License-Identifier: GPL-2.0
/* report --verify: what was wrong with charges, limits and releases. */
#include <unistd.h>
#include "base/fmt.h"
#include "base/json.h"
#include "checks/over_time.h"
#include "commands/report/report.h"
#include "views/findings.h"

static void print_text(const struct report *r, const struct findings *f)
{
	const struct report_options *o = r->o;
	unsigned int nr[SEVERITY_ERROR + 1] = { 0 };
	char since[FMT_LEN];

	for (size_t i = 0; i < f->nr; i++) {
		const struct finding *one = &f->list[i];

		nr[finding_severity(one->tag)]++;
		view_finding_text(o->output.out, one, isatty(fileno(o->output.out)));
		fprintf(o->output.out, "        first seen %s after the start\n",
			fmt_ns(since, one->since_ns > 0 ? one->since_ns : 0));
	}
	if (o->output.quiet)
		return;
	fprintf(o->output.out, "%s%llu events checked for charges, limits and %s: ", f->nr ? "\n" : "",
		r->replay.facts, r->origin->tier > TIER_TRACEPOINTS ? "leaks" :
		"releases (leak detection needs the functions, kprobes or patched tier)");
	if (f->nr)
		fprintf(o->output.out, "%u error%s, %u warning%s, %u note%s\n", nr[SEVERITY_ERROR],
			plural(nr[SEVERITY_ERROR]), nr[SEVERITY_WARNING],
			plural(nr[SEVERITY_WARNING]), nr[SEVERITY_INFO],
			plural(nr[SEVERITY_INFO]));
	else
		fprintf(o->output.out, "nothing found\n");
	if (r->replay.lost)
		fprintf(o->output.out, "%llu events were lost: nothing is checked between a loss and the next look at all rings\n",
			r->replay.lost);
}

static void print_json(const struct report *r, const struct findings *f)
{
	struct json j = { 0 };

	json_begin(&j, r->o->output.out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", r->o->output.kernel);
	json_str(&j, "tier", tier_name(r->origin->tier));
	json_uint(&j, "events", r->replay.facts);
	view_findings_json(&j, f, true);
	json_uint(&j, "lost", r->replay.lost);
	json_end(&j);
	json_free(&j);
}

int report_verify(struct report *r)
{
	struct over_time *f = over_time_new(&r->o->select);
	int status = EXIT_DONE, n;
	struct event t;

	while ((n = report_next(r, &t)) > 0)
		over_time_event(f, &t);
	if (n < 0) {
		status = EXIT_USAGE;
	} else {
		(r->o->output.json ? print_json : print_text)(r, over_time_findings(f));
		if (findings_worst(over_time_findings(f)) >= (int)r->o->fail_on)
			status = EXIT_FINDINGS;
	}
	over_time_free(f);
	return status;
}
