// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace trace: live lines, one a fact. */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>
#include "attach.h"
#include "err.h"
#include "facts.h"
#include "kern.h"
#include "program.h"
#include "signals.h"
#include "snapshot.h"
#include "stacks.h"
#include "tracer.h"
#include "walk.h"
#include "fixbuf.skel.h"

#define TICK_MS		200	/* how soon a signal between two looks is noticed */
#define CLOSE_MS	1000	/* how long rings may take to release what a program left */

struct session {
	struct fixbuf_bpf *skel;
	struct walk *walk;
	struct facts *facts;
	struct attach *attach;
	struct stacks *stacks;		/* NULL = not wanted */
	struct tracer tracer;
	struct program program;
};

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* 0, or -errno with a sentence. */
static int session_open(struct session *s, const struct env *env)
{
	const struct facts_handler handler = { tracer_fact, tracer_lost, &s->tracer };
	int err;

	s->skel = kern_open(env);
	if (!s->skel)
		return -EPERM;
	s->walk = walk_prepare(s->skel);
	s->facts = s->walk ? facts_prepare(s->skel, env) : NULL;
	s->attach = s->facts ? attach_prepare(s->skel, env->tier) : NULL;
	if (!s->attach)
		return -ENOMEM;
	s->stacks = env->stacks ? stacks_prepare(s->skel) : NULL;
	err = kern_load(s->skel);
	if (!err)
		err = walk_start(s->walk);
	if (!err)
		err = facts_start(s->facts, &handler);
	if (!err)
		err = attach_start(s->attach);
	if (!err)
		err = tracer_start(&s->tracer, env, s->walk, s->attach);
	s->tracer.view.stacks = s->stacks;
	return err;
}

static void session_close(struct session *s)
{
	attach_free(s->attach);
	facts_free(s->facts);
	tracer_free(&s->tracer);
	stacks_free(s->stacks);
	walk_free(s->walk);
	if (s->skel)
		fixbuf_bpf__destroy(s->skel);
}

/* True when more wait. */
static bool read_facts(struct session *s)
{
	bool more = facts_read(s->facts);

	if (!more) {
		tracer_drained(&s->tracer);
		if (s->stacks)
			stacks_drained(s->stacks);
	}
	return more;
}

/* Until there is something to do, or the deadline (0 = none). */
static void wait_for_facts(struct session *s, const struct env *env, __u64 deadline)
{
	struct pollfd fds[] = {
		{ .fd = facts_fd(s->facts), .events = POLLIN },
		{ .fd = fileno(env->out) },	/* a reader that goes away */
		{ .fd = env->program && !s->program.ended ? s->program.pidfd : -1, .events = POLLIN },
	};
	__u64 now = now_ns();
	int ms = TICK_MS;

	if (deadline && deadline - now < ms * 1000000ULL)
		ms = (deadline - now) / 1000000 + 1;
	if (!deadline || now < deadline)
		poll(fds, sizeof(fds) / sizeof(fds[0]), ms);
}

static void run(struct session *s, const struct env *env)
{
	__u64 deadline = env->duration_ns ? now_ns() + env->duration_ns : 0;
	int passed_on = 0;

	while (!ferror(env->out) && !(deadline && now_ns() >= deadline)) {
		bool ended = env->program && program_ended(&s->program);
		bool more = read_facts(s);

		if (ended || (interrupted && !env->program))
			break;
		if (interrupted && !passed_on)
			program_signal(&s->program, passed_on = interrupted);
		if (!more)
			wait_for_facts(s, env, deadline);
	}
}

/* The buffers that a program left are released a little after its end. */
static void await_release(struct session *s, const struct env *env)
{
	__u64 deadline = now_ns() + CLOSE_MS * 1000000ULL;

	while (tracer_awaits_close(&s->tracer) && now_ns() < deadline && !ferror(env->out)) {
		wait_for_facts(s, env, deadline);
		read_facts(s);
	}
}

static void tell_hooks(const struct session *s)
{
	const struct hook *hooks;
	size_t nr;

	hooks = attach_hooks(s->attach, &nr);
	for (size_t i = 0; i < nr; i++)
		fprintf(stderr, "%-12s %-45s %s: %s\n", hooks[i].fact, hooks[i].point,
			hooks[i].attached ? "attached" : "not attached", hooks[i].reason);
}

static int trace(struct session *s, struct env *env)
{
	int status = EXIT_DONE;

	if (env->program) {
		status = program_start(&s->program, env->program);
		if (status)
			return status;
	}
	run(s, env);
	if (env->program && s->program.ended)
		await_release(s, env);
	attach_stop(s->attach);
	while (read_facts(s) && !ferror(env->out))
		;
	facts_settle(s->facts);
	view_trace_end(&s->tracer.view);
	if (env->program)
		status = program_wait(&s->program);
	return status;
}

int cmd_trace(struct env *env)
{
	struct session s = { 0 };
	int status = snapshot_check_pids(env);

	if (status)
		return status;
	if (env->program && env->nr_pids)
		return misuse("give either processes with -p or a program after --, not both");
	if (env->program && program_prepare(&s.program, env->program))
		return cannot("%s", err_text());
	if (session_open(&s, env)) {
		status = cannot("%s", err_text());
		if (env->program)
			program_abandon(&s.program);
	} else {
		if (env->verbose)
			tell_hooks(&s);
		status = trace(&s, env);
	}
	session_close(&s);
	return status;
}
