// SPDX-License-Identifier: GPL-2.0
/*
 * fixbuf-trace verify: is every page of every registered buffer pinned, still
 * the page at its address, and charged right?
 */
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/signals.h"
#include "capture/inspect.h"
#include "capture/session.h"
#include "capture/snapshot.h"
#include "commands/env.h"
#include "commands/verify/watch.h"
#include "model/totals.h"
#include "views/findings.h"
#include "views/rings.h"

static void print_text(const struct env *env, const struct look *look, __u64 took_ns)
{
	struct ring_totals t = ledger_totals(look->ledger, &env->select);
	unsigned int nr[SEVERITY_ERROR + 1] = { 0 };
	char buf[FMT_LEN];

	for (size_t i = 0; i < look->findings.nr; i++)
		nr[finding_severity(look->findings.list[i].tag)]++;
	view_findings_text(env->output.out, &look->findings, isatty(fileno(env->output.out)));
	if (env->output.quiet)
		return;
	fprintf(env->output.out, "%s%zu ring%s, %zu buffer%s, %llu pages checked in %s: ",
		look->findings.nr ? "\n" : "", t.rings, t.rings == 1 ? "" : "s", t.buffers,
		t.buffers == 1 ? "" : "s", look->pages, fmt_ns(buf, took_ns));
	if (look->findings.nr)
		fprintf(env->output.out, "%u error%s, %u warning%s, %u note%s\n", nr[SEVERITY_ERROR],
			nr[SEVERITY_ERROR] == 1 ? "" : "s", nr[SEVERITY_WARNING],
			nr[SEVERITY_WARNING] == 1 ? "" : "s", nr[SEVERITY_INFO],
			nr[SEVERITY_INFO] == 1 ? "" : "s");
	else
		fprintf(env->output.out, "every page is pinned%s and charged\n",
			look->denied_buffers ? "" : ", in place");
	if (look->unsteady_rings || look->unsteady_buffers)
		fprintf(env->output.out,
			"not checked: %u rings and %u buffers changed too fast; run it again\n",
			look->unsteady_rings, look->unsteady_buffers);
}

static void print_json(const struct env *env, const struct look *look, __u64 took_ns)
{
	struct json j = { 0 };

	json_begin(&j, env->output.out);
	/* the walk is the same on every tier and is all that a snapshot takes */
	view_rings_json(&j, &env->output, &env->select, look->ledger, TIER_TRACEPOINTS, true);
	view_findings_json(&j, &look->findings, false);
	json_uint(&j, "pages", look->pages);
	json_uint(&j, "duration_ns", took_ns);
	json_uint(&j, "unsteady_rings", look->unsteady_rings);
	json_uint(&j, "unsteady_buffers", look->unsteady_buffers);
	json_uint(&j, "denied_buffers", look->denied_buffers);
	json_uint(&j, "lost", look->ledger->lost);
	json_end(&j);
	json_free(&j);
}

static int now(struct env *env)
{
	struct progress p = { .on = isatty(STDERR_FILENO) && !env->output.quiet };
	const struct check_options o = { .every_page = env->every_page };
	struct look look = { 0 };
	struct snapshot s;
	int status = snapshot_open(&s, env, true);

	if (!status) {
		p.begun_ns = clock_now_ns();
		if (look_closely(s.walk, s.pages, &env->select, &o, &look, &p))
			status = interrupted ? 128 + interrupted : cannot("%s", err_text());
		progress_end(&p);
	}
	if (!status) {
		(env->output.json ? print_json : print_text)(env, &look, clock_now_ns() - p.begun_ns);
		status = look_denied(&look);
		if (findings_worst(&look.findings) >= (int)env->fail_on)
			status = EXIT_FINDINGS;
	}
	look_free(&look);
	snapshot_close(&s);
	return status;
}

int cmd_verify(struct env *env)
{
	return env->watch ? watch(env) : now(env);
}
