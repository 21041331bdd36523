// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace stat: I/O by process and ring, every interval or in total. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "capture/io_programs.h"
#include "capture/kernel.h"
#include "capture/snapshot.h"
#include "commands/env.h"
#include "model/io_select.h"
#include "views/stat.h"
#include "fixbuf.skel.h"

#define TICK_NS		200000000ULL	/* how soon a signal between two looks is noticed */
#define FIRST_WALK_NS	20000000ULL	/* a short program is looked at early, a long one seldom */
#define WALK_NS		1000000000ULL

struct session {
	struct env *env;
	struct fixbuf_bpf *skel;
	struct walk *walk;
	struct io_stat *io;
	struct program program;
	struct io_model start, last;
	struct ledger *rings;	/* as of the last walk that saw one of ours */
	__u64 next_walk, walk_ns;
	enum io_order order;
	bool live, printed;
};

/* ---- reading and showing --------------------------------------------------------- */

static bool holds_ours(const struct ledger *l, const struct io_model *m)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (io_model_has_ring(m, r->id))
			return true;
	return false;
}

/* A program's last walk sees no rings of it any more: the one before says more. */
static int look_at_rings(struct session *s, const struct io_model *m)
{
	struct ledger *l = ledger_new();
	int err = walk_rings(s->walk, l);

	if (!err && (holds_ours(l, m) || !holds_ours(s->rings, m))) {
		ledger_free(s->rings);
		s->rings = l;
	} else {
		ledger_free(l);
	}
	s->walk_ns = 2 * s->walk_ns < WALK_NS ? 2 * s->walk_ns : WALK_NS;
	s->next_walk = clock_now_ns() + s->walk_ns;
	return err;
}

static void show(struct session *s, const struct io_model *m, bool total)
{
	struct env *env = s->env;
	struct advices advices = { 0 };
	bool tables = env->by_buffer || env->advise || env->hist;
	struct view_stat v = {
		.to = &env->output, .by_opcode = env->by_opcode, .by_buffer = env->by_buffer,
		.hist = env->hist, .m = m, .l = s->rings, .order = s->order,
		.starts_by = io_stat_starts_by(s->io),
		.header = s->live || !s->printed || total || tables, .total = total,
	};

	if (env->advise) {
		advise(m, s->rings, &advices);
		v.advices = &advices;
	}
	if (env->output.json) {
		struct json j = { 0 };

		json_begin(&j, env->output.out);
		view_stat_json(&j, &v);
		json_flag(&j, "total", total);
		json_end(&j);
		json_free(&j);
	} else {
		if (s->live && !total) {
			screen_clear(env->output.out);
			fprintf(env->output.out, "sorted by %s; s sorts, q ends\n\n",
				io_order_name(s->order));
		} else if (total && s->printed) {
			fprintf(env->output.out, "\nin total:\n");
		} else if (tables && s->printed) {
			fputc('\n', env->output.out);
		}
		view_stat_text(&v);
	}
	fflush(env->output.out);
	s->printed = true;
	advices_free(&advices);
}

/* What happened since the last interval. */
static int show_interval(struct session *s)
{
	struct io_model now = { 0 }, since = { 0 };
	int err = io_stat_read(s->io, &now);

	if (!err) {
		io_model_between(&s->last, &now, &since);
		io_select(&since, &s->env->select);
		err = look_at_rings(s, &since);
	}
	if (!err)
		show(s, &since, false);
	io_model_free(&since);
	io_model_free(&s->last);
	s->last = now;
	return err;
}

static int show_total(struct session *s)
{
	struct io_model all = { 0 };
	int err = io_stat_read(s->io, &all);

	if (err)
		return err;
	all.t_ns -= s->start.t_ns;
	io_select(&all, &s->env->select);
	err = look_at_rings(s, &all);
	if (!err)
		show(s, &all, true);
	io_model_free(&all);
	return err;
}

/* ---- the watch --------------------------------------------------------------------- */

static int wait_until(struct session *s, __u64 t)
{
	struct pollfd fds[] = {
		{ .fd = fileno(s->env->output.out) },	/* a reader that goes away */
		{ .fd = s->env->program && !s->program.ended ? s->program.pidfd : -1,
		  .events = POLLIN },
		{ .fd = s->live ? STDIN_FILENO : -1, .events = POLLIN },
	};
	__u64 now = clock_now_ns();
	struct timespec ts = { 0 };
	int key;

	if (t > now + TICK_NS)
		t = now + TICK_NS;
	if (t > now) {
		ts.tv_nsec = t - now;
		ppoll(fds, 3, &ts, NULL);
	}
	if (fds[0].revents & (POLLERR | POLLHUP))
		return 'q';
	key = screen_key();
	if (key == 's')
		s->order = (s->order + 1) % IO_NR_ORDERS;
	return key;
}

static int watch(struct session *s)
{
	const struct env *env = s->env;
	__u64 begun = clock_now_ns(), interval = env->interval_ns;
	__u64 end = env->duration_ns ? begun + env->duration_ns : ~0ULL;
	__u64 next = interval ? begun + interval : ~0ULL;
	bool passed_on = false;
	int err = 0, key = 0;

	while (!err && !ferror(env->output.out) && key != 'q' && clock_now_ns() < end) {
		__u64 until;

		if (env->program && program_ended(&s->program))
			break;
		if (interrupted && !env->program)
			break;
		if (interrupted && !passed_on) {
			program_signal(&s->program, interrupted);
			passed_on = true;
		}
		if (clock_now_ns() >= next) {
			err = show_interval(s);
			while (next <= clock_now_ns())
				next += interval;
		} else if (clock_now_ns() >= s->next_walk) {
			err = look_at_rings(s, &s->last);
		}
		until = next < end ? next : end;
		key = wait_until(s, until < s->next_walk ? until : s->next_walk);
		if (key == 's')
			next = clock_now_ns();
	}
	return err;
}

/* 0, or -errno with a sentence. */
static int session_open(struct session *s)
{
	const struct io_how how = {
		.latency = !s->env->no_latency,
		.by_buffer = s->env->by_buffer || s->env->advise,
		.by_address = s->env->advise,
	};
	int err;

	s->rings = ledger_new();
	s->walk_ns = FIRST_WALK_NS / 2;
	s->skel = kern_open(s->env->output.verbose);
	if (!s->skel)
		return -EPERM;
	s->walk = walk_prepare(s->skel);
	s->io = s->walk ? io_stat_prepare(s->skel, &how) : NULL;
	if (!s->io)
		return -ENOTSUP;
	err = kern_load(s->skel);
	if (!err)
		err = walk_start(s->walk);
	if (!err)
		err = io_stat_start(s->io);
	if (!err)
		err = io_stat_read(s->io, &s->start);
	if (!err)
		err = look_at_rings(s, &s->start);
	s->last.t_ns = s->start.t_ns;
	return err;
}

static void session_close(struct session *s)
{
	screen_close();
	io_stat_free(s->io);
	io_model_free(&s->start);
	io_model_free(&s->last);
	walk_free(s->walk);
	ledger_free(s->rings);
	if (s->skel)
		fixbuf_bpf__destroy(s->skel);
}

static int run(struct session *s)
{
	struct env *env = s->env;
	int status = EXIT_DONE, err;

	if (env->program) {
		status = program_start(&s->program, env->program);
		if (status)
			return status;
	}
	s->live = env->interval_ns && !env->output.json && screen_open(env->output.out);
	err = watch(s);
	screen_close();
	io_stat_stop(s->io);
	if (!err)
		err = show_total(s);
	if (err)
		status = cannot("%s", err_text());
	if (env->program) {
		int program_status = program_wait(&s->program);

		status = err ? status : program_status;
	}
	return status;
}

int cmd_stat(struct env *env)
{
	struct session s = { .env = env };
	int status = snapshot_check_pids(env);

	if (status)
		return status;
	if (env->program && program_prepare(&s.program, env->program))
		return cannot("%s", err_text());
	if (session_open(&s)) {
		status = cannot("%s", err_text());
		if (env->program)
			program_abandon(&s.program);
	} else {
		status = run(&s);
	}
	session_close(&s);
	return status;
}
