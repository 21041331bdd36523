// SPDX-License-Identifier: GPL-2.0
/* report --verify: what was wrong with charges, limits and releases. */
#include <unistd.h>
#include "base/fmt.h"
#include "base/json_util.h"
#include "checks/over_time.h"
#include "commands/env.h"
#include "views/findings.h"

static void print_text(const struct report *r, const struct report_findings *f)
{
	const struct env *env = r->env;
	unsigned int nr[SEVERITY_ERROR + 1] = { 0 };
	char since[FMT_LEN];

	for (size_t i = 0; i < f->list.nr; i++) {
		const struct finding *one = &f->list.list[i];

		nr[finding_severity(one->tag)]++;
		view_finding_text(env->output.out, one, isatty(fileno(env->output.out)));
		fprintf(env->output.out, "        first seen %s after the start\n",
			fmt_ns(since, one->since_ns > 0 ? one->since_ns : 0));
	}
	if (env->output.quiet)
		return;
	fprintf(env->output.out, "%s%llu events checked for charges, limits and %s: ", f->list.nr ? "\n" : "",
		r->replay.facts, r->about->tier > TIER_TRACEPOINTS ? "leaks" :
		"releases (leaks take a tier that sees pins)");
	if (f->list.nr)
		fprintf(env->output.out, "%u error%s, %u warning%s, %u note%s\n", nr[SEVERITY_ERROR],
			nr[SEVERITY_ERROR] == 1 ? "" : "s", nr[SEVERITY_WARNING],
			nr[SEVERITY_WARNING] == 1 ? "" : "s", nr[SEVERITY_INFO],
			nr[SEVERITY_INFO] == 1 ? "" : "s");
	else
		fprintf(env->output.out, "nothing found\n");
	if (r->replay.lost)
		fprintf(env->output.out, "%llu events were lost: not checked from there to the next look at all rings\n",
			r->replay.lost);
}

static void print_json(const struct report *r, const struct report_findings *f)
{
	json_object *o = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < f->list.nr; i++) {
		json_object *one = json_object_new_object();

		view_finding_json(one, &f->list.list[i]);
		json_int(one, "since_ns", f->list.list[i].since_ns);
		json_object_array_add(list, one);
	}
	json_int(o, "schema", 2);
	json_str(o, "kernel", r->env->output.kernel);
	json_str(o, "tier", tier_name(r->about->tier));
	json_uint(o, "events", r->replay.facts);
	json_object_object_add(o, "findings", list);
	json_uint(o, "lost", r->replay.lost);
	json_line(r->env->output.out, o);
}

int report_verify(struct report *r)
{
	struct report_findings f = { 0 };
	int status = EXIT_DONE, n;
	struct event t;

	while ((n = report_next(r, &t)) > 0)
		report_findings_told(&f, r, &t);
	if (n < 0) {
		status = EXIT_USAGE;
	} else {
		(r->env->output.json ? print_json : print_text)(r, &f);
		if (findings_worst(&f.list) >= (int)r->env->fail_on)
			status = EXIT_FINDINGS;
	}
	report_findings_free(&f);
	return status;
}
