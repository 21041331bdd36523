// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <time.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "capture/call_hooks.h"
#include "capture/kernel.h"
#include "capture/session.h"
#include "capture/snapshot.h"
#include "fixbuf.skel.h"

/* 0, or not 0 with a sentence. */
static int attach_all(struct session *s, const struct facts_handler *handler, bool pages)
{
	s->skel = kern_open(s->env->output.verbose);
	if (!s->skel)
		return -1;
	s->walk = walk_prepare(s->skel);
	if (!s->walk)
		return -1;
	if (pages) {
		s->pages = page_walk_prepare(s->walk);
		if (!s->pages)
			return -1;
	}
	s->facts = facts_prepare(s->skel, &s->env->select, s->env->ring_buffer_kib);
	s->attach = s->facts ? attach_prepare(s->skel, s->env->tier) : NULL;
	if (!s->attach)
		return -1;
	s->stacks = s->env->stacks ? stacks_prepare(s->skel) : NULL;
	if (s->io_how || s->env->io || s->env->counters) {
		const struct io_how how = {
			.latency = s->env->counters,
			.by_buffer = s->env->counters,
			.by_address = s->env->counters && !s->env->io,
			.sample = s->env->io ? s->env->sample : 0,
		};

		s->io = io_stat_prepare(s->skel, s->io_how ? s->io_how : &how);
		if (!s->io)
			return -1;
	}
	return kern_load(s->skel) || walk_start(s->walk) ||
	       (pages && page_walk_start(s->pages)) || facts_start(s->facts, handler) ||
	       attach_start(s->attach) || (s->io && io_stat_start(s->io));
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

int session_open(struct session *s, const struct env *env, const struct facts_handler *handler,
		 bool pages)
{
	int status = snapshot_check_pids(env);

	s->env = env;
	if (status)
		return status;
	if (env->program && program_prepare(&s->program, env->program))
		return cannot("%s", err_text());
	if (attach_all(s, handler, pages)) {
		status = cannot("%s", err_text());
		if (env->program)
			program_abandon(&s->program);
		return status;
	}
	if (env->output.verbose)
		tell_hooks(s);
	return 0;
}

void session_close(struct session *s)
{
	attach_free(s->attach);
	facts_free(s->facts);
	stacks_free(s->stacks);
	io_stat_free(s->io);
	page_walk_free(s->pages);
	walk_free(s->walk);
	if (s->skel)
		fixbuf_bpf__destroy(s->skel);
}

int session_begin(struct session *s)
{
	int status = s->env->program ? program_start(&s->program, s->env->program) : 0;

	s->deadline_ns = s->env->duration_ns ? clock_now_ns() + s->env->duration_ns : 0;
	return status;
}

bool session_over(struct session *s)
{
	if (ferror(s->env->output.out) || (s->deadline_ns && clock_now_ns() >= s->deadline_ns))
		return true;
	if (!s->env->program)
		return interrupted;
	if (interrupted && !s->passed_on)
		program_signal(&s->program, s->passed_on = interrupted);
	return program_ended(&s->program);
}

void session_wait(struct session *s, unsigned int ms)
{
	struct pollfd fds[] = {
		{ .fd = facts_fd(s->facts), .events = POLLIN },
		{ .fd = fileno(s->env->output.out) },	/* a reader that goes away */
		{ .fd = s->env->program && !s->program.ended ? s->program.pidfd : -1,
		  .events = POLLIN },
	};
	__u64 now = clock_now_ns();

	if (s->deadline_ns && s->deadline_ns - now < ms * 1000000ULL)
		ms = (s->deadline_ns - now) / 1000000 + 1;
	if (!s->deadline_ns || now < s->deadline_ns)
		poll(fds, sizeof(fds) / sizeof(fds[0]), ms);
}
