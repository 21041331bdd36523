// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace stat: I/O by process and ring, every interval or in total. */
#include <stdlib.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/pin_cost.h"
#include "base/terminal.h"
#include "capture/cgroup.h"
#include "commands/option.h"
#include "commands/run.h"
#include "commands/stat/keys.h"
#include "commands/stat/rings_seen.h"
#include "commands/stat/settle.h"
#include "commands/stat/told.h"
#include "model/io_loss.h"
#include "model/totals.h"
#include "views/stat.h"
#include "views/verdict.h"

#define FIRST_WALK_NS	20000000ULL	/* a short program is looked at early, a long one seldom */
#define WALK_NS		1000000000ULL
#define REST_PART	15	/* times what a walk took: thousands of rings leave a screen as cheap as a few */

struct stat_options {
	struct output output;
	struct selection select;
	struct capture_how how;
	__u64 duration_ns, interval_ns;
	bool by_opcode, by_buffer, hist, advise, no_latency, share_starts, allow_unsettled;
	enum severity fail_on;	/* NR_SEVERITIES = on none */
	char **program;
	const char *run_as;
};

struct stat {
	const struct stat_options *o;
	struct run run;
	__u64 start_ns;
	struct io_model last;
	struct ledger *rings;	/* as of the last walk that saw one of ours */
	__u64 next_walk, walk_ns;
	__u64 rest_until;	/* no screen takes a walk before */
	__u64 next_ns;		/* when an interval is shown, ~0 = never */
	struct io_model shown;	/* the last interval, when it is .live */
	struct stat_screen screen;
	bool live, printed, quit, found; /* .found: a ring of the selection, once at least */
	bool fewer;		/* the last walk saw fewer of ours than .rings has */
	struct told told;	/* so far; its list with PROGRAM only, whose verdict counts them */
	struct unsettled_list unsettled;
	struct io_loser *losers; /* owned: of the total */
	size_t nr_losers;
	int err;
	__u64 pin_ps;		/* of --advise: measured once */
};

/* ---- reading and showing --------------------------------------------------------- */

/*
 * Whether .l says more than the walk before: a program's last ones see none of its rings any more,
 * and one amid its end not all. Where they are fewer twice the others were closed for good.
 */
static bool says_more(struct stat *s, const struct ledger *l, const struct io_model *m)
{
	size_t nr = rings_seen(l, m);
	bool fewer = nr < rings_seen(s->rings, m), again = s->fewer;

	s->fewer = fewer && nr;
	return !fewer || (nr && again);
}

/* At once: a process that has ended later may have left its id to another. */
static void name_cgroups(const struct ledger *l, const struct io_model *m)
{
	for (struct ring *r = l->rings; r; r = r->hh.next)
		if (io_model_has_ring(m, r->id))
			cgroup_name_holders(r);
}

static int look_at_rings(struct stat *s, const struct io_model *m)
{
	struct ledger *l = ledger_new();
	__u64 begun = clock_now_ns(), now;
	int err = walk_rings(s->run.capture.walk, l);

	if (!err) {
		s->found |= ledger_totals(l, &s->o->select).rings;
		err = io_stat_tidy(s->run.capture.io, l);
	}
	if (!err && says_more(s, l, m)) {
		if (s->o->output.json || s->o->output.csv)
			name_cgroups(l, m);
		ledger_free(s->rings);
		s->rings = l;
	} else {
		ledger_free(l);
	}
	s->walk_ns = 2 * s->walk_ns < WALK_NS ? 2 * s->walk_ns : WALK_NS;
	now = clock_now_ns();
	s->next_walk = now + s->walk_ns;
	s->rest_until = now + REST_PART * (now - begun);
	if (s->live && s->next_walk < s->rest_until)
		s->next_walk = s->rest_until;
	return err;
}

/* Between intervals: what was counted at the last one has no ring that was made since. */
static int look_between(struct stat *s)
{
	struct io_model all = { 0 };
	int err = io_stat_read(s->run.capture.io, &all, NULL);

	if (!err)
		err = look_at_rings(s, &all);
	if (!err)
		err = told_look(&s->told, s->run.capture.io, &all, s->rings);
	io_model_free(&all);
	return err;
}

/* Advice and a total take all that holds a buffer. */
static int look_under_way(struct stat *s, struct io_model *m, bool total)
{
	return io_stat_see_under_way(s->run.capture.io, m, s->o->advise || total ? 0 : STUCK_NS);
}

/* Whether findings make the exit status. */
static bool fails(const struct stat *s)
{
	return s->o->fail_on != NR_SEVERITIES;
}

static enum severity fail_on(const struct stat *s)
{
	return fails(s) ? s->o->fail_on : SEVERITY_WARNING;
}

static enum verdict verdict(const struct stat *s)
{
	return verdict_of(s->told.worst, fail_on(s), &s->unsettled);
}

static void show_screen(struct stat *s, const struct view_stat *v)
{
	char *picture;

	screen_size(&s->screen.rows, &s->screen.columns);
	picture = view_stat_screen(v, &s->screen);
	screen_show(picture);
	free(picture);
}

static void show(struct stat *s, const struct io_model *m, bool total)
{
	const struct stat_options *o = s->o;
	struct advices advices = { .pin_ps = s->pin_ps };
	struct io_failures failures = { 0 };
	struct findings findings = { 0 };
	bool tables = !o->output.csv && (o->by_buffer || o->advise || o->hist);
	unsigned int columns = o->output.csv ? 0 : terminal_columns(o->output.out);
	struct view_stat v = {
		.to = &o->output, .by_opcode = o->by_opcode, .by_buffer = o->by_buffer,
		.losers = s->losers, .nr_losers = s->nr_losers,
		.hist = o->hist, .m = m, .names = total ? NULL : &s->last, .l = s->rings, .select = &o->select, .order = s->screen.order,
		.starts_by = io_stat_starts_by(s->run.capture.io),
		.starts_shared = io_stat_starts_shared(s->run.capture.io),
		/* each table on a terminal may have other columns */
		.columns = columns, .header = s->live || !s->printed || total || tables || columns, .total = total,
		.left = total ? s->run.left : 0,
		.time_ns = clock_today_ns(), .failures = &failures, .findings = &findings,
		.unseen = o->advise && m->nr_rows && !rings_seen(s->rings, m),
	};

	io_failures_add(&failures, m, s->start_ns);
	io_failures_sort(&failures);
	told_find(&s->told, m, total ? m : &s->last, s->rings, &findings);

	if (o->advise) {
		advise(m, s->rings, &advices);
		v.advices = &advices;
	}
	if (o->output.json) {
		struct json j = { 0 };

		json_begin(&j, o->output.out);
		view_stat_json(&j, &v);
		json_flag(&j, "total", total);
		if (total && fails(s))
			view_unsettled_json(&j, &s->unsettled);
		json_end(&j);
		json_free(&j);
	} else if (o->output.csv) {
		view_stat_csv(&v);
		view_stat_beside(&v, stderr);
	} else if (s->live && !total) {
		show_screen(s, &v);
	} else {
		if (s->printed && (total || tables))
			fputs(total ? "\nin total:\n" : "\n", o->output.out);
		view_stat_text(&v);
		if (total && (fails(s) || o->program))
			view_unsettled_text(o->output.out, &s->unsettled, false);
		if (total && o->program && !o->output.quiet && (io_any(m) || s->told.list.nr))
			view_verdict_line(o->output.out, verdict(s), &s->told.list);
	}
	fflush(o->output.out);
	s->printed = true;
	advices_free(&advices);
	io_failures_free(&failures);
	findings_free(&findings);
}

/* What happened since the last interval. .end: the last, if it has any; to copy all into, of the same reading. */
static int show_interval(struct stat *s, struct io_model *end)
{
	struct io_model all = { 0 }, since = { 0 };
	int err = io_stat_read(s->run.capture.io, &all, &since);

	io_model_free(&s->last);
	s->last = all;
	if (!err) {
		io_model_drop_empty(&since);
		if (!s->live || all.t_ns >= s->rest_until || io_stat_crowded(s->run.capture.io))
			err = look_at_rings(s, &since);
	}
	if (!err)
		err = look_under_way(s, &since, false);
	if (!err && (!end || since.nr_rows || s->o->output.csv))
		show(s, &since, false);
	if (end)
		io_model_copy(&s->last, end);
	/* a screen is drawn again when a key was pressed */
	io_model_free(&s->shown);
	if (s->live)
		s->shown = since;
	else
		io_model_free(&since);
	return err;
}

/* The exit status: .status, of the program or a refusal, comes first. */
static int conclude(const struct stat *s, int status)
{
	if (!fails(s) || s->err)
		return status;
	return verdict_status(verdict(s), s->o->allow_unsettled, status);
}

/* Which rings are a program's the kernel side knows, and tells with what they did, unless nobody read on till then. */
static void tell_none(const struct stat *s)
{
	if (s->o->program || (!s->found && selection_asks(&s->o->select)))
		fprintf(stderr, PROGRAM_NAME ": no %s\n", s->o->program ? "I/O of the program was seen" : "ring of the selection was found");
}

static int show_total(struct stat *s)
{
	struct io_model all = { 0 };
	/* intervals add up to it */
	int err = s->o->interval_ns && !s->live ? show_interval(s, &all) : io_stat_read(s->run.capture.io, &all, NULL);

	if (err)
		return err;
	/* before the next look loses more */
	s->nr_losers = io_stat_losers(s->run.capture.io, &s->losers);
	all.t_ns -= s->start_ns;
	io_model_drop_empty(&all);
	err = look_at_rings(s, &all);
	if (!err)
		err = look_under_way(s, &all, true);
	if (!err) {
		run_add_unfollowed(&s->run, &s->unsettled);
		stat_settle(&s->unsettled, &(struct stat_sight){
			.all = &all, .select = &s->o->select, .found = s->found, .fail_on = fail_on(s),
			.losers = s->losers, .nr_losers = s->nr_losers,
		});
		/* in one table a total would be summed up with the intervals that it sums up */
		if (!s->o->output.csv || !s->o->interval_ns)
			show(s, &all, true);
	}
	if (!err && s->o->output.csv && fails(s))
		view_unsettled_text(stderr, &s->unsettled, false);
	if (!err && !io_any(&all) && !s->o->output.quiet && output_is_read(&s->o->output))
		tell_none(s);
	io_model_free(&all);
	return err;
}

/* ---- the watch --------------------------------------------------------------------- */

/* What keys and the terminal's size change is seen at once: the last interval, shown anew. */
static void show_again(struct stat *s)
{
	if (s->shown.t_ns)
		show(s, &s->shown, false);
	else
		show_screen(s, &(struct view_stat){ .to = &s->o->output });
}

static void take_keys(struct stat *s)
{
	bool again = screen_changed();
	int key;

	while (!s->quit && (key = screen_key()) != KEY_NONE) {
		s->quit = !stat_press(&s->screen, key);
		again = true;
	}
	if (again && !s->quit)
		show_again(s);
}

static bool step(void *arg)
{
	struct stat *s = arg;
	__u64 now = clock_now_ns();

	if (s->live)
		take_keys(s);
	if (s->quit)
		return false;
	if (now >= s->next_ns) {
		s->err = show_interval(s, NULL);
		/* intervals that reading and showing took longer than are left out */
		now = clock_now_ns();
		if (s->next_ns <= now)
			s->next_ns = now + s->o->interval_ns - (now - s->next_ns) % s->o->interval_ns;
	} else if (now >= s->next_walk || io_stat_crowded(s->run.capture.io)) {
		s->err = look_between(s);
	}
	return false;
}

static unsigned int pause_ms(void *arg)
{
	const struct stat *s = arg;
	__u64 until = s->next_ns < s->next_walk ? s->next_ns : s->next_walk, now = clock_now_ns();

	return until <= now ? 0 : until - now > NS_PER_S ? 1000 : (until - now) / NS_PER_MS + 1;
}

static bool has_enough(void *arg)
{
	const struct stat *s = arg;

	return s->err || s->quit;
}

/* 0, or -errno with a sentence. */
static int begin(struct stat *s)
{
	int err = io_stat_read(s->run.capture.io, &s->last, NULL);

	s->rings = ledger_new();
	s->walk_ns = FIRST_WALK_NS / 2;
	if (!err)
		err = look_at_rings(s, &s->last);
	s->start_ns = io_stat_since_ns(s->run.capture.io);
	return err;
}

static int run(struct stat *s)
{
	const struct run_steps steps = {
		.step = step, .pause_ms = pause_ms, .enough = has_enough, .arg = s,
	};
	const struct stat_options *o = s->o;
	int status;

	if (begin(s))
		return run_cannot();
	walk_see_through(s->run.capture.walk);
	status = run_begin(&s->run);
	if (status)
		return status;
	/* a program's terminal is its own: what it reads and prints would be lost to a screen */
	s->run.keys = s->live = o->interval_ns && !o->program && !o->output.json && !o->output.csv && screen_open(o->output.out);
	if (s->live)
		show_again(s);
	s->next_ns = o->interval_ns ? clock_now_ns() + o->interval_ns : ~0ULL;
	run_steps(&s->run, &steps);
	screen_close();
	if (!s->err)
		s->err = show_total(s);
	return conclude(s, run_end(&s->run, s->err ? cannot("%s", err_text()) : 0));
}

static int stat_io(void *options)
{
	struct stat_options *o = options;
	struct stat s = {
		.o = o, .told = { .worst = -1, .keeps = o->program }, .screen.interval_ns = o->interval_ns,
		.run = { .to = &o->output, .argv = o->program, .run_as = o->run_as,
			 .duration_ns = o->duration_ns },
		.pin_ps = o->advise ? pin_cost_ps() : 0, /* before anything is attached that would count it */
	};
	const struct io_how io = {
		.latency = !o->no_latency, .share_starts = o->share_starts,
		.by_buffer = o->by_buffer || o->advise,
		.by_address = o->advise, .enters = o->advise,
		.under_way = true, .intervals = o->interval_ns,
		.costs = o->advise,
	};
	const struct capture_wants wants = { .how = &o->how, .select = &o->select, .io = &io };
	int status;

	if (o->output.csv && o->by_buffer && o->by_opcode)
		return misuse("--csv is one table; give --by-opcode or --by-buffer");
	selection_go_live(&o->select, o->program);
	status = run_open(&s.run, &wants);
	if (!status)
		status = run(&s);
	screen_close();
	io_model_free(&s.last);
	io_model_free(&s.shown);
	told_free(&s.told);
	unsettled_free(&s.unsettled);
	free(s.losers);
	if (s.rings)
		ledger_free(s.rings);
	run_close(&s.run);
	return status;
}

#define FLAG(option, field, where, text) \
	{ .name = option, .help = text, .parse = parse_flag, .group = where, \
	  .offset = offsetof(struct stat_options, field) }

static const struct option_row options[] = {
	ROW_PROGRAM(struct stat_options),
	ROWS_SELECTION(struct stat_options),
	ROW_NO_FOLLOW(struct stat_options, "with "),
	ROW_RUN_AS(struct stat_options),
	ROW_DURATION(struct stat_options),
	ROW_INTERVAL(struct stat_options, "show what happened in each interval: 1s, 500ms; on a terminal full-screen, without PROGRAM"),
	FLAG("by-opcode", by_opcode, GROUP_HOW, "one line per opcode"),
	FLAG("by-buffer", by_buffer, GROUP_HOW, "which buffers are used, how far into them, and which never"),
	FLAG("hist", hist, GROUP_HOW, "draw histograms of the latencies"),
	FLAG("advise", advise, GROUP_HOW, "suggest what would make it faster, with the evidence"),
	FLAG("share-starts", share_starts, GROUP_ADVANCED,
	     "up to 4 requests of one submission share a start time: costs less; a latency may read "
	     "long by what starting 3 requests took, about 0.4 us for small reads from the cache"),
	FLAG("no-latency", no_latency, GROUP_ADVANCED, "count only: costs less, shows no percentiles"),
	{ .name = "fail-on", .arg = "SEVERITY", .words = words_severity,
	  .help = "exit 1 on findings this bad or worse: error, warning, info (default: on none)",
	  .parse = parse_word, .offset = offsetof(struct stat_options, fail_on), .group = GROUP_HOW,
	  .refusal = "'%s' is not a severity; give error, warning or info" },
	ROW_ALLOW_UNSETTLED(struct stat_options),
	ROW_BTF(struct stat_options),
	{ .name = "syscalls",
	  .help = "with --advise: see how long registering takes also where only the events of all system calls show it; every task of the machine pays a little (default there with PROGRAM)",
	  .parse = parse_flag, .offset = offsetof(struct stat_options, how.syscalls),
	  .group = GROUP_ADVANCED },
	ROW_JSON,
	ROW_CSV,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROW_TIMESTAMPS,
	ROWS_SAID,
	{ 0 }
};

#define CSV_TABLE(option) "--csv is one table; leave " option " out, or take --json"
static const struct option_rule rules[] = {
	{ "--", EXCLUDES, "pid", PROGRAM_OR_PIDS },
	{ "no-follow", NEEDS, "pid", NO_FOLLOW_WHAT },
	{ "run-as", NEEDS, "--", RUN_AS_WHAT },
	{ "syscalls", NEEDS, "advise", "--syscalls is about what registering costs, which --advise tells; add it" },
	{ "share-starts", EXCLUDES, "no-latency",
	  "--share-starts is about latencies; leave --no-latency out" },
	{ "fail-on", EXCLUDES, "no-latency",
	  "--fail-on needs to know when requests began; leave --no-latency out" },
	{ "allow-unsettled", NEEDS, "fail-on", "--allow-unsettled is about the status of --fail-on; add it" },
	RULE_CSV,
	{ "csv", EXCLUDES, "hist", CSV_TABLE("--hist") },
	{ "csv", EXCLUDES, "advise", CSV_TABLE("--advise") },
	{ "hist", EXCLUDES, "no-latency", "--hist draws latencies; leave --no-latency out" },
	{ 0 }
};

static const struct stat_options defaults = { .fail_on = NR_SEVERITIES };

const struct command stat_command = {
	.name = "stat",
	.summary = "I/O by process and ring: how much is fixed, how fast, what failed",
	.text = "Counts reads, writes, sends and commands of io_uring, those over registered buffers and the plain ones beside them: rates, bytes, latency from submission to completion, errors, "
		"requests handed to workers; says which requests hold a buffer and do not end. Of a multishot receive or read only the completion that ends it is counted. In total when it ends, or every interval. Up to 8 completions "
		"of one flush share a reading of the clock, so a latency may read up to about 1 us short.\v"
		"Examples:\n"
		"  fixbuf-trace stat -i 1                         # live, like top; ? shows the keys\n"
		"  fixbuf-trace stat --hist -- ./server --fixed   # around one program\n"
		"  fixbuf-trace stat -d 10s --by-buffer --advise  # which buffers are hot, what to change\n"
		"  fixbuf-trace stat -i 1 --csv -o a.csv          # for a spreadsheet\n",
	.options = options, .rules = rules,
	.options_size = sizeof(struct stat_options), .defaults = &defaults,
	.run = stat_io,
};
