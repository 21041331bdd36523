// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace trace: live lines, one a fact. */
#include "base/clock.h"
#include "base/err.h"
#include "capture/call_hooks.h"
#include "capture/live.h"
#include "capture/session.h"
#include "commands/env.h"
#include "views/io_line.h"

#define TICK_MS		200	/* how soon a signal between two looks is noticed */
#define CLOSE_NS	1000000000ULL /* how long rings may take to release what a program left */

struct trace {
	struct session session;
	struct tracer tracer;
	struct view_trace view;
};

static void show_fact(const struct fact *f, bool fed, bool shown, const struct failure *why,
		      void *arg)
{
	struct trace *t = arg;

	(void)fed;
	if (!shown)
		return;
	t->view.stack = t->session.stacks ? stacks_of(t->session.stacks, f) : NULL;
	view_trace_fact(&t->view, f, why);
}

static void show_lost(const struct lost_events *lost, void *arg)
{
	struct trace *t = arg;

	view_trace_lost(&t->view, lost);
}

static void use_ledger(const struct ledger *l, bool after_loss, void *arg)
{
	struct trace *t = arg;

	(void)after_loss;
	t->view.ledger = l;
}

/* True when more wait. */
static bool read_facts(struct trace *t)
{
	bool more = facts_read(t->session.facts);

	if (!more) {
		tracer_drained(&t->tracer);
		fflush(t->view.to->out);
		if (t->session.stacks)
			stacks_drained(t->session.stacks);
	}
	return more;
}

/* The buffers that a program left are released a little after its end. */
static void await_release(struct trace *t)
{
	__u64 end = clock_now_ns() + CLOSE_NS;

	t->session.deadline_ns = 0;
	while (tracer_awaits_close(&t->tracer) && clock_now_ns() < end &&
	       !ferror(t->session.env->output.out)) {
		session_wait(&t->session, TICK_MS);
		read_facts(t);
	}
}

static bool row_wanted(const struct io_row *row, const void *select)
{
	char comm[FACT_COMM_LEN + 1];

	snprintf(comm, sizeof(comm), "%.16s", row->c.comm);
	return selection_has(select, IO_WHO_TGID(row->c.who), row->c.uid, comm);
}

static void tell_io_total(struct trace *t)
{
	struct io_stat *io = t->session.io;
	struct io_model m = { 0 };

	if (io_stat_read(io, &m)) {
		cannot("%s", err_text());
	} else {
		io_model_select(&m, row_wanted, &t->session.env->select);
		view_io_end(&t->view, &m, io_stat_starts_by(io));
	}
	io_model_free(&m);
}

static int run(struct trace *t)
{
	struct session *s = &t->session;
	int status;

	t->view.to = &s->env->output;
	t->view.sample = s->env->sample;
	t->view.tier = attach_tier(s->attach);
	t->view.realtime_ns = clock_realtime_offset_ns();
	view_trace_begin(&t->view);
	fflush(t->view.to->out);
	status = session_begin(s);
	if (status)
		return status;
	while (!session_over(s))
		if (!read_facts(t))
			session_wait(s, TICK_MS);
	if (s->program.ended)
		await_release(t);
	attach_stop(s->attach);
	if (s->io)
		io_stat_stop(s->io);
	while (read_facts(t) && !ferror(s->env->output.out))
		;
	facts_settle(s->facts);
	if (s->io)
		tell_io_total(t);
	t->view.stacks_lost = s->stacks ? stacks_lost(s->stacks) : 0;
	view_trace_end(&t->view);
	return s->env->program ? program_wait(&s->program) : EXIT_DONE;
}

int cmd_trace(struct env *env)
{
	struct trace t = { 0 };
	const struct facts_handler handler = { tracer_fact, tracer_lost, &t.tracer };
	const struct tracer_output out = { show_fact, show_lost, use_ledger, &t };
	int status;

	if (env->io && !env->sample)
		env->sample = 1;
	status = session_open(&t.session, env, &handler, false);
	if (!status) {
		if (tracer_start(&t.tracer, &env->select, t.session.walk, t.session.attach, &out)) {
			status = cannot("%s", err_text());
			if (env->program)
				program_abandon(&t.session.program);
		} else {
			status = run(&t);
		}
	}
	tracer_free(&t.tracer);
	session_close(&t.session);
	return status;
}
