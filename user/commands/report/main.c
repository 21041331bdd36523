// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace report: a recording in every view, offline. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/fmt.h"
#include "base/signals.h"
#include "commands/option.h"
#include "commands/output_file.h"
#include "commands/report/report.h"
#include "commands/report/sources.h"
#include "recording/file.h"
#include "views/perfetto.h"

#define DEFAULT_FILE "fixbuf.rec"

/* Of memory, code apart: what is read may be made to take any. A large file is worth more. */
#define USUAL_MEMORY	(80ULL << 20)
#define MEMORY_OF_FILE	4

int report_next(struct report *r, struct event *e)
{
	int n = replay_next(&r->replay, e);

	return n < 0 ? misuse("%s", err_text()), -1 : n;
}

void report_select(const struct report *r, struct event *e)
{
	if (e->kind == EVENT_FACT)
		e->shown = e->shown && selection_has(&r->o->select, e->fact->pid, e->fact->uid, &e->fact->comm);
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
	[REPORT_SQLITE] = report_sqlite,
};

int report(struct report_options *o, struct recording *from, const char *path)
{
	struct report r = { .o = o, .origin = recording_origin(from) };
	int status;

	o->output.kernel = r.origin->kernel;
	replay_begin(&r.replay, from);
	r.replay.trusted = o->max_memory;
	status = views[o->view](&r);
	if (r.replay.cut_at && recording_is_written(r.replay.cut_in))
		fprintf(stderr, PROGRAM_NAME ": %s is still being recorded: it is told up to offset %llu\n",
			r.replay.cut_in, r.replay.cut_at);
	else if (r.replay.cut_at)
		fprintf(stderr, PROGRAM_NAME ": %s breaks off at offset %llu, as after a crash: later events are missing\n",
			r.replay.cut_in, r.replay.cut_at);
	if (r.replay.overlap || (o->ended_ns > OVERLAP_NS && r.replay.begin_ns < o->ended_ns - OVERLAP_NS))
		fprintf(stderr, PROGRAM_NAME ": a recording begins before the one before it ends: what both hold is counted twice\n");
	if (r.replay.left_out)
		fprintf(stderr, PROGRAM_NAME ": %s ended at --max-size: %llu waiting event%s %s left out, and later ones were not recorded\n",
			path, r.replay.left_out, plural(r.replay.left_out), r.replay.left_out == 1 ? "was" : "were");
	/* a file may say any time */
	o->ended_ns = (__u64)r.replay.begin_ns + (__u64)r.replay.end_ns;
	replay_close(&r.replay);
	return status;
}

static void limit_memory(const struct report_options *o, const struct sources *s)
{
	static char why[512];
	__u64 most = o->max_memory;

	for (size_t i = 0; !o->max_memory && i < s->nr; i++)
		most += MEMORY_OF_FILE * s->list[i].bytes;
	if (!o->max_memory && most < USUAL_MEMORY)
		most = USUAL_MEMORY;
	snprintf(why, sizeof(why), "%s: this takes more than %llu MiB of memory, as a recording does that was made to; give %s if you trust it",
		 s->list[0].path, most >> 20, o->max_memory ? "more" : "--max-memory 2G");
	alloc_limit(most, why);
}

/* 0, or -errno with a sentence. */
static int read_through(const char *path)
{
	struct recording *r = recording_open(path);
	struct event e;
	int n = r ? 1 : -EINVAL;

	while (n > 0)
		n = recording_next(r, &e);
	recording_close(r);
	return n;
}

/* What the file of -o holds is not given up for recordings that turn out to be damaged. */
static int check_inputs(const struct report_options *o, const struct sources *s)
{
	const char *to = o->output.path;
	struct stat st;

	if (!to || stat(to, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	for (size_t i = 0; i < s->nr; i++)
		/* a pipe cannot be read twice: of that one only the begin is looked at */
		if (!stat(s->list[i].path, &st) && S_ISREG(st.st_mode) && read_through(s->list[i].path))
			return misuse("%s; %s stays as it is", err_text(), to);
	return 0;
}

/* Those of one machine, one after the other; .title: as which, where there are others. */
static int report_machine(struct report_options *o, const struct source *list, size_t nr, const char *title)
{
	struct recording *from = recording_open(list[0].path);
	int status;

	if (!from)
		return misuse("%s", err_text());
	status = output_file_open(&o->output);
	if (status) {
		recording_close(from);
		return status;
	}
	if (title)
		fprintf(o->output.out, "%s==== %s ====\n", o->machine ? "\n" : "",
			*title ? title : "a machine without a name");
	for (size_t i = 1; i < nr; i++)
		recording_then(from, list[i].path);
	return report(o, from, list[0].path);
}

/* The one of two exit statuses that says more. */
static int worse(int a, int b)
{
	static const int order[] = { EXIT_DONE, EXIT_UNSETTLED, EXIT_FINDINGS, EXIT_CANNOT, EXIT_USAGE };

	for (size_t i = sizeof(order) / sizeof(order[0]); i-- > 0;)
		if (a == order[i] || b == order[i])
			return order[i];
	return a;
}

/* They keep machines apart themselves. */
static bool goes_to_file(enum report_view v)
{
	return v == REPORT_PERFETTO || v == REPORT_HTML || v == REPORT_SQLITE;
}

static int report_all(struct report_options *o, const struct sources *s)
{
	int status = EXIT_DONE;
	bool apart;

	for (size_t i = 0, nr; i < s->nr; i += nr) {
		/* rows say of which recording they are */
		nr = o->view == REPORT_SQLITE ? sources_of_recording(s, i) : sources_of_machine(s, i);
		if (o->view == REPORT_PERFETTO && o->machine == MAX_MACHINES)
			return misuse("the recordings are of more machines than a timeline can tell apart; name fewer");
		apart = nr < s->nr && !o->output.json && !goes_to_file(o->view);
		o->more = i + nr < s->nr;
		if (i && strcmp(s->list[i - 1].host, s->list[i].host))
			o->ended_ns = 0;
		status = worse(status, report_machine(o, &s->list[i], nr, apart ? s->list[i].host : NULL));
		/* that was said, and is no better for the next */
		if (status != EXIT_DONE && (o->view == REPORT_SQLITE || (o->output.path && o->output.out == stdout)))
			return status;
		o->machine++;
	}
	return status;
}

static int run(void *options)
{
	static const char *const usual = DEFAULT_FILE;
	struct report_options *o = options;
	const char *never = trace_filter_never_shows(&o->filter);
	struct sources s = { 0 };
	int status;

	/* nothing here takes a cleaner end than any filter's */
	signals_leave();
	if (never)
		status = misuse("%s", never);
	else if (o->view == REPORT_SQLITE && !strcmp(o->output.path, "-"))
		status = misuse("a database is no stream; name a file for --sqlite");
	else
		status = sources_find(&s, o->files.nr ? o->files.list : &usual, o->files.nr ? o->files.nr : 1) ?
			 misuse("%s", err_text()) : 0;
	if (!status) {
		limit_memory(o, &s);
		status = check_inputs(o, &s);
	}
	if (!status)
		status = report_all(o, &s);
	/* a part of it looks as the whole does */
	if (status == EXIT_USAGE && goes_to_file(o->view))
		output_file_drop();
	sources_free(&s);
	free(o->files.list);
	return status;
}

/* ---- options ------------------------------------------------------------------------- */

static parser(parse_files)
{
	struct report_files *f = at;

	(void)row;
	array_grow(f->list, f->nr);
	f->list[f->nr++] = arg;
	return true;
}

static parser(parse_view)
{
	struct report_options *o = at;

	if (o->view && (int)o->view != row->value)
		return false;
	o->view = row->value;
	if (row->arg)
		o->output.path = arg;
	return true;
}

#define ONE_VIEW "--summary, --trace, --list, --verify, --stat, --folded, --perfetto, --html and --sqlite are one view each; give only one"
#define VIEW(option, which, text) \
	{ .name = option, .help = text, .parse = parse_view, .value = which, .refusal = ONE_VIEW }
#define VIEW_TO_FILE(option, which, text) \
	{ .name = option, .help = text, .parse = parse_view, .value = which, .refusal = ONE_VIEW, \
	  .arg = "OUT" }
#define FLAG(option, field, text) \
	{ .name = option, .help = text, .parse = parse_flag, .group = GROUP_HOW, \
	  .offset = offsetof(struct report_options, field) }

/* In the order of enum folded_by. */
static const char *const words_by[] = { "count", "pinned", "charged", "time", NULL };

static const struct option_row options[] = {
	{ .arg = "FILE", .help = "", .parse = parse_files, .value = MANY_FILES,
	  .offset = offsetof(struct report_options, files) },
	VIEW("summary", REPORT_SUMMARY, "one page (the default)"),
	VIEW("trace", REPORT_TRACE, "the lines that trace would have printed"),
	VIEW("list", REPORT_LIST, "rings and their buffers, at the end or at --at"),
	VIEW("verify", REPORT_VERIFY, "what is wrong with charges, limits and releases"),
	VIEW("stat", REPORT_STAT, "I/O by process and ring"),
	VIEW("folded", REPORT_FOLDED, "one stack per line, for a flame graph"),
	VIEW_TO_FILE("perfetto", REPORT_PERFETTO, "write a timeline to OUT, for ui.perfetto.dev"),
	VIEW_TO_FILE("html", REPORT_HTML, "write a page of charts to OUT, which works offline"),
	VIEW_TO_FILE("sqlite", REPORT_SQLITE, "write tables to OUT for SQL; 'sqlite3 OUT .schema' shows them"),
	{ .name = "at", .arg = "TIME", .words = words_time,
	  .help = "with --list: since the start (2.5s), or a time of day (14:03:22)",
	  .parse = parse_text, .offset = offsetof(struct report_options, at), .group = GROUP_TARGET },
	{ .name = "by", .arg = "WHAT", .words = words_by,
	  .help = "with --folded: by count of calls (default), time, pinned or charged",
	  .parse = parse_word, .offset = offsetof(struct report_options, folded_by),
	  .group = GROUP_HOW,
	  .refusal = "'%s' is not a weight; give pinned, charged, time or count" },
	ROWS_WHO(struct report_options),
	ROWS_FILTER(struct report_options, "with --trace: "),
	ROW_FAIL_ON(struct report_options),
	ROW_ALLOW_UNSETTLED(struct report_options),
	ROWS_IGNORE(struct report_options, "with --verify: "),
	FLAG("by-opcode", by_opcode, "one line per opcode"),
	FLAG("by-buffer", by_buffer, "which buffers are used, how far into them, and which never"),
	FLAG("hist", hist, "draw histograms of the latencies"),
	FLAG("advise", advise, "suggest what would make it faster, with the evidence"),
	{ .name = "top", .arg = "N", .words = words_count, .parse = parse_number,
	  .help = "on the page: so many lines of a kind (default 10)",
	  .offset = offsetof(struct report_options, top), .group = GROUP_HOW,
	  .refusal = "'%s' is not a number from 1 to 1000000000; give N for N lines" },
	FLAG("all", all, "on the page: every process and every failure"),
	{ .name = "max-memory", .arg = "SIZE", .words = words_size, .parse = parse_bytes,
	  .help = "take so much memory at most (default: 80M, or four times the file)",
	  .offset = offsetof(struct report_options, max_memory), .group = GROUP_HOW,
	  .refusal = "'%s' is not a size; give 80M or 2G" },
	ROW_JSON,
	ROW_OUTPUT,
	ROW_TIMESTAMPS,
	ROW_NO_HEADER,
	ROW_COLOUR,
	ROWS_SAID,
	{ 0 }
};

#define ABOUT_IO "--by-opcode, --by-buffer, --hist and --advise are about I/O; add --stat"

#define ABOUT_LINES(what) what " chooses among the lines of --trace; add --trace"
#define ABOUT_FINDINGS(what) what " is about what --verify finds; give that, too"

static const struct option_rule rules[] = {
	{ "perfetto", EXCLUDES, "json", "--perfetto has a format of its own; leave --json out" },
	{ "perfetto", EXCLUDES, "output", "--perfetto takes the name of its file; leave -o out" },
	{ "html", EXCLUDES, "json", "--html has a format of its own; leave --json out" },
	{ "html", EXCLUDES, "output", "--html takes the name of its file; leave -o out" },
	{ "sqlite", EXCLUDES, "json", "--sqlite has a format of its own; leave --json out" },
	{ "sqlite", EXCLUDES, "output", "--sqlite takes the name of its file; leave -o out" },
	{ "all", EXCLUDES, "top", "--all shows every line, and --top N so many; give one of them" },
	{ "at", NEEDS, "list", "--at is the moment of --list; add --list" },
	{ "by", NEEDS, "folded", "--by weighs the stacks of --folded; add --folded" },
	{ "by-opcode", NEEDS, "stat", ABOUT_IO },
	{ "by-buffer", NEEDS, "stat", ABOUT_IO },
	{ "hist", NEEDS, "stat", ABOUT_IO },
	{ "advise", NEEDS, "stat", ABOUT_IO },
	{ "allow-unsettled", NEEDS, "verify", "--allow-unsettled is about what --verify concludes; give that, too" },
	{ "ignore", NEEDS, "verify", ABOUT_FINDINGS("--ignore") },
	{ "ignore-file", NEEDS, "verify", ABOUT_FINDINGS("--ignore-file") },
	{ "timestamps", NEEDS, "trace", "-T marks the lines of --trace; add --trace" },
	{ "calls", NEEDS, "trace", ABOUT_LINES("--calls") },
	{ "events", NEEDS, "trace", ABOUT_LINES("--events") },
	{ "failed", NEEDS, "trace", ABOUT_LINES("--failed") },
	{ "slow", NEEDS, "trace", ABOUT_LINES("--slow") },
	{ "fd", NEEDS, "trace", ABOUT_LINES("--fd") },
	{ "ring", NEEDS, "trace", ABOUT_LINES("--ring") },
	{ "op", NEEDS, "trace", ABOUT_LINES("--op") },
	{ "min-size", NEEDS, "trace", ABOUT_LINES("--min-size") },
	{ "folded", EXCLUDES, "json", "--folded is text for a flame graph; leave --json out" },
	{ 0 }
};

static const struct report_options defaults = { .fail_on = SEVERITY_WARNING };

const struct command report_command = {
	.name = "report",
	.summary = "what a recording holds, in every view; needs no privilege",
	.text = "One page of FILE (fixbuf.rec) or folder, or a view. --verify exits 1 on findings, 4 if unsettled.\v"
		"Examples:\n"
		"  fixbuf-trace report                      # one page about fixbuf.rec\n"
		"  fixbuf-trace report --list --at 2.5s a.rec # what was registered 2.5 s after its start\n"
		"  fixbuf-trace report --folded --by pinned | flamegraph.pl > pinned.svg\n",
	.options = options, .rules = rules,
	.options_size = sizeof(struct report_options), .defaults = &defaults,
	.run = run, .opens_output = true,
};
