// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace trace: live lines, one per event. */
#include <limits.h>
#include <stdio_ext.h>
#include "base/err.h"
#include "capture/live.h"
#include "commands/option.h"
#include "commands/run.h"
#include "model/io_select.h"
#include "model/ring_past.h"
#include "views/trace_rings.h"
#include "views/trace_text.h"

struct trace_options {
	struct output output;
	struct selection select;
	struct capture_how how;
	__u64 duration_ns;
	bool io;
	__u32 sample;
	struct trace_filter filter;
	char **program;
	const char *run_as;
};

struct trace {
	const struct trace_options *o;
	struct run run;
	struct live *live;
	struct origin origin;
	struct view_trace view;
	struct ring_pasts rings; /* of the program that is run */
	bool seen;		/* a ring or a call of the selection */
};

static void on_event(const struct event *e, void *arg)
{
	struct trace *t = arg;
	const bool shared = t->o->program && t->o->output.out == stdout;

	t->seen |= e->kind == EVENT_FACT && e->shown;
	if (e->kind == EVENT_FACT && e->shown && t->o->program)
		ring_pasts_event(&t->rings, e);
	/*
	 * The program may print to the same pipe, which takes PIPE_BUF at once: lines are written whole,
	 * long ones each by itself.
	 */
	if (shared && !(e->kind == EVENT_FACT && e->fact->kind == FACT_IO_DONE))
		fflush(t->o->output.out);
	view_trace_event(&t->view, e);
	if (shared && __fpending(t->o->output.out) >= PIPE_BUF / 2)
		fflush(t->o->output.out);
}

/* Rings that are gone leave their counters; an error is told when all are read at the end. */
static void give_back(struct trace *t)
{
	struct ledger *l = ledger_new();

	if (!walk_rings(t->run.capture.walk, l))
		io_stat_tidy(t->run.capture.io, l);
	ledger_free(l);
}

static bool step(void *arg)
{
	struct trace *t = arg;
	bool more = live_read(t->live);

	if (t->run.capture.io && io_stat_crowded(t->run.capture.io))
		give_back(t);
	if (!more)
		fflush(t->o->output.out);
	return more;
}

static unsigned int pause_ms(void *arg)
{
	return live_pause_ms(((struct trace *)arg)->live);
}

static bool is_releasing(void *arg)
{
	return live_awaits_close(((struct trace *)arg)->live);
}

static void tell_end(struct trace *t)
{
	struct io_stat *io = t->run.capture.io;
	struct io_model m = { 0 };

	if (io && io_stat_read(io, &m, NULL))
		cannot("%s", err_text());
	io_model_drop_empty(&m);
	live_end(t->live, &m);
	io_model_free(&m);
}

static void tell_rings(struct trace *t)
{
	const struct trace_options *o = t->o;

	if (o->program)
		view_trace_rings(stderr, &t->view, &t->rings, capture_missed_children(&t->run.capture));
	if (!t->seen)
		fprintf(stderr, PROGRAM_NAME ": no ring%s was found\n", selection_asks(&o->select) ?
			" of the selection" : o->program ? " of the program" : "");
}

static int run(struct trace *t)
{
	const struct run_steps steps = { .step = step, .pause_ms = pause_ms, .releasing = is_releasing, .arg = t };
	int status;

	capture_origin(&t->run.capture, &t->origin);
	t->origin.sample = t->o->sample;
	t->view.to = &t->o->output;
	t->view.filter = &t->o->filter;
	if (live_start(&t->live, &t->run.capture, &t->o->select, &t->origin, on_event, t))
		return run_cannot();
	t->seen |= live_shows_any(t->live);
	live_bring_stacks(t->live);
	if (t->o->output.json)
		live_bring_whereabouts(t->live);
	fflush(t->o->output.out);
	status = run_begin(&t->run);
	if (status)
		return status;
	run_steps(&t->run, &steps);
	tell_end(t);
	view_trace_left(&t->view, t->run.left);
	view_trace_end(&t->view);
	/* where nobody reads what we print, what the program did later was not seen */
	if (!t->o->output.quiet && output_is_read(&t->o->output))
		tell_rings(t);
	return run_end(&t->run, 0);
}

/* 0, or the exit status after a sentence: what can never be shown is not waited for. */
static int check_events(const struct trace_options *o)
{
	const char *io = o->io ? NULL : trace_filter_of_io(&o->filter);
	const char *never = trace_filter_never_shows(&o->filter);
	const char *call = o->how.syscalls ? NULL : trace_filter_of_all_calls(&o->filter);

	if (io)
		return misuse("--events %s is about I/O; add --io", io);
	if (call)
		return misuse("--events %s takes the events of all system calls; add --syscalls", call);
	if (never)
		return misuse("%s", never);
	return 0;
}

static int trace(void *options)
{
	struct trace_options *o = options;
	struct trace t = {
		.o = o,
		.run = { .to = &o->output, .argv = o->program, .run_as = o->run_as,
			 .duration_ns = o->duration_ns },
	};
	const struct facts_handler on = live_handler(&t.live);
	const struct io_how io = { .sample = o->sample ? o->sample : 1 };
	const struct capture_wants wants = {
		.how = &o->how, .select = &o->select, .on = &on, .io = o->io ? &io : NULL,
	};
	int status;

	selection_go_live(&o->select, o->program);
	/* a call's start is its entry */
	o->how.syscalls |= o->select.tree || o->filter.slow_ns;
	o->sample = o->io ? io.sample : 0;
	status = check_events(o) ? : run_open(&t.run, &wants);
	if (!status)
		status = run(&t);
	live_free(t.live);
	ring_pasts_free(&t.rings);
	run_close(&t.run);
	return status;
}

static const struct option_row options[] = {
	ROW_PROGRAM(struct trace_options),
	ROWS_SELECTION(struct trace_options),
	ROW_NO_FOLLOW(struct trace_options, "with "),
	ROW_RUN_AS(struct trace_options),
	ROWS_FILTER(struct trace_options, ""),
	ROW_DURATION(struct trace_options),
	ROW_IO(struct trace_options, "also show each I/O over a registered buffer, when it ends"),
	ROW_SAMPLE(struct trace_options, "with --io: show one I/O in N on each CPU, count all"),
	ROW_TIER(struct trace_options),
	ROW_BTF(struct trace_options),
	ROW_SYSCALLS(struct trace_options),
	ROW_STACKS(struct trace_options, "show who called: the kernel's and the program's stack"),
	ROW_RING_BUFFER(struct trace_options, "buffer for events that wait to be read (default 4096)"),
	ROW_JSON,
	ROW_OUTPUT,
	ROW_TIMESTAMPS,
	ROW_NO_HEADER,
	ROWS_SAID,
	{ 0 }
};

static const struct option_rule rules[] = {
	{ "--", EXCLUDES, "pid", PROGRAM_OR_PIDS },
	{ "no-follow", NEEDS, "pid", NO_FOLLOW_WHAT },
	{ "run-as", NEEDS, "--", RUN_AS_WHAT },
	{ "op", NEEDS, "io", "--op is about I/O; add --io" },
	{ "sample", NEEDS, "io", "--sample is about I/O; add --io" },
	{ 0 }
};

const struct command trace_command = {
	.name = "trace",
	.summary = "live lines, one per event, failures explained",
	.text = "Prints register, unregister, update and clone calls as they happen, the buffers they "
		"made or dropped, what was pinned and charged, and why a call failed. An event marked ~ "
		"was concluded from others, not seen.\v"
		"Examples:\n"
		"  fixbuf-trace trace                       # everything, until Ctrl-C\n"
		"  fixbuf-trace trace -- ./server --fixed   # one program, from its first instruction\n"
		"  fixbuf-trace trace -u 1000 --json -d 10s # one user's calls as JSON lines\n"
		"  fixbuf-trace trace --failed --io         # only what failed, and why\n"
		"  fixbuf-trace trace --calls --slow 1ms    # calls that take a millisecond, a line each\n"
		"  fixbuf-trace trace --io --sample 1000    # and one in 1000 of the I/Os\n",
	.options = options, .rules = rules,
	.options_size = sizeof(struct trace_options),
	.run = trace,
};
