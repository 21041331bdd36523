// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace report: a recording in every view, offline. */
#include <string.h>
#include <time.h>
#include "base/err.h"
#include "base/fmt.h"
#include "commands/env.h"
#include "commands/report/main.h"

#define DEFAULT_FILE "fixbuf.rec"

int report_next(struct report *r, struct event *e)
{
	int n = replay_next(&r->replay, e);

	return n < 0 ? misuse("%s", err_text()), -1 : n;
}

static int (*const views[])(struct report *r) = {
	[REPORT_SUMMARY] = report_summary,
	[REPORT_TRACE] = report_trace,
	[REPORT_LIST] = report_list,
	[REPORT_VERIFY] = report_verify,
	[REPORT_STAT] = report_stat,
	[REPORT_FOLDED] = report_folded,
	[REPORT_PERFETTO] = report_perfetto,
	[REPORT_HTML] = report_html,
};

/* What an option belongs to that was given without it, NULL when all is well. */
static const char *misplaced(const struct env *env)
{
	bool stat = env->by_opcode || env->by_buffer || env->hist || env->advise;

	if (env->at && env->report != REPORT_LIST)
		return "--at is the moment of --list; give that, too";
	if (env->folded_by != BY_COUNT && env->report != REPORT_FOLDED)
		return "--by weighs the stacks of --folded; give that, too";
	if (stat && env->report != REPORT_STAT)
		return "--by-opcode, --by-buffer, --hist and --advise are about I/O; give --stat, too";
	if (env->output.timestamps && env->report != REPORT_TRACE)
		return "-T is about lines; give --trace, too";
	if (env->output.json && env->report == REPORT_FOLDED)
		return "--folded is text for a flame graph; leave --json out";
	return NULL;
}

int report(struct env *env, struct recording *from, const char *path)
{
	struct report r = { .env = env, .about = recording_origin(from) };
	int status;

	env->output.kernel = r.about->kernel;
	replay_begin(&r.replay, from);
	status = views[env->report](&r);
	if (r.replay.cut_at)
		fprintf(stderr, PROGRAM_NAME ": %s ends at offset %llu without its end, as after a crash: what came later is missing\n",
			path, r.replay.cut_at);
	replay_close(&r.replay);
	return status;
}

int cmd_report(struct env *env)
{
	const char *path = env->file ? env->file : DEFAULT_FILE;
	struct recording *from;

	if (misplaced(env))
		return misuse("%s", misplaced(env));
	from = recording_open(path);
	return from ? report(env, from, path) : misuse("%s", err_text());
}
