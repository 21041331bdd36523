// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "base/system.h"
#include "capture/cgroup.h"
#include "capture/family.h"
#include "capture/kernel.h"
#include "commands/run.h"

#define RELEASE_NS	(3 * NS_PER_S / 2)	/* how long rings may take to release what a program left */
#define START_NS	(60 * NS_PER_S)		/* and to start, where all is slow */

/* The process of a task of /proc, 0 = there is none. */
static __u32 process_of(__u32 task)
{
	char path[32], line[64];
	unsigned int tgid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/status", task);
	f = fopen(path, "re");
	while (f && !tgid && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %u", &tgid) != 1)
			tgid = 0;
	if (f)
		fclose(f);
	return tgid;
}

static bool has_pid(const struct selection *s, size_t nr, __u32 pid)
{
	for (size_t i = 0; i < nr; i++)
		if (s->pids[i] == pid)
			return true;
	return false;
}

/*
 * Rings belong to processes: a thread stands for its own. A pid that does not exist is bad
 * input. 0, or the exit status after a sentence.
 */
static int take_processes(struct selection *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nr_pids; i++) {
		__u32 task = s->pids[i], pid = process_of(task);

		if (!pid && system_hides(task))
			return cannot("%s", err_text());
		if (!pid)
			return misuse("there is no process %u; give the id of a running one with -p",
				      task);
		if (pid != task)
			fprintf(stderr, PROGRAM_NAME ": %u is a thread of process %u, which is taken instead\n",
				task, pid);
		if (!has_pid(s, kept, pid))
			s->pids[kept++] = pid;
	}
	s->nr_pids = kept;
	return 0;
}

int run_find(struct selection *s)
{
	int status;

	if (s->found)
		return 0;
	status = take_processes(s);
	if (status)
		return status;
	status = cgroup_find(s);
	if (status)
		return status == -ENOTSUP ? cannot("%s", err_text()) : misuse("%s", err_text());
	s->found = true;
	return 0;
}

int run_open(struct run *r, const struct capture_wants *wants)
{
	struct capture_wants all = *wants;
	int status = run_find(wants->select);

	all.verbosity = r->to->verbose;
	if (status)
		return status;
	/*
	 * What there is to tell at the begin may find nobody who reads it. Not at once: a signal makes the
	 * kernel give up the program that it verifies (c3494801cd17), and a slow machine takes seconds to.
	 */
	if (r->duration_ns)
		signals_end_after(r->duration_ns + START_NS);
	if (wants->how->btf && kern_use_types(wants->how->btf))
		return misuse("%s", err_text());
	if (r->argv && program_prepare(&r->program, r->argv, r->run_as)) {
		r->argv = NULL;
		return cannot("%s", err_text());
	}
	r->select = wants->select;
	r->select->awaited = r->argv ? r->program.pid : 0;
	status = capture_open(&r->capture, &all) ? run_cannot() : 0;
	if (!status && !r->to->quiet)
		ended_begin(&r->ended, wants->select);
	if (!status && r->duration_ns)
		signals_end_after(r->duration_ns);
	return status;
}

int run_cannot(void)
{
	return interrupted ? 128 + interrupted : cannot("%s", err_text());
}

int run_begin(struct run *r)
{
	int status;

	/* it may register by another of its processes */
	r->select->awaited = 0;
	status = r->argv ? program_start(&r->program, r->argv) : 0;
	alloc_give_back();
	r->started = true;
	if (status)
		r->argv = NULL;
	r->deadline_ns = r->duration_ns ? clock_now_ns() + r->duration_ns : 0;
	if (r->duration_ns)
		signals_end_after(r->duration_ns);
	return status;
}

static bool has_enough(const struct run *r, const struct run_steps *s)
{
	return r->reader_gone || ferror(r->to->out) || (s->enough && s->enough(s->arg));
}

/* A signal that is to end us is for the program, whose end we wait for. */
static bool program_is_over(struct run *r)
{
	if (interrupted && !r->passed_on)
		program_signal(&r->program, r->passed_on = interrupted);
	return program_ended(&r->program);
}

static bool is_over(struct run *r, const struct run_steps *s)
{
	if (has_enough(r, s) || (r->deadline_ns && clock_now_ns() >= r->deadline_ns))
		return true;
	return r->argv ? program_is_over(r) : interrupted;
}

static void wait_for_more(struct run *r, const struct run_steps *s)
{
	struct pollfd fds[] = {
		{ .fd = r->capture.facts ? facts_fd(r->capture.facts) : -1, .events = POLLIN },
		{ .fd = fileno(r->to->out) },
		{ .fd = r->argv && !r->program.ended ? r->program.pidfd : -1, .events = POLLIN },
		{ .fd = r->keys ? STDIN_FILENO : -1, .events = POLLIN },
	};
	unsigned int ms = s->pause_ms ? s->pause_ms(s->arg) : RUN_TICK_MS;
	__u64 now = clock_now_ns();

	if (ms > RUN_TICK_MS)
		ms = RUN_TICK_MS;
	if (r->capture.facts && ms > facts_pause_ms(r->capture.facts))
		ms = facts_pause_ms(r->capture.facts);
	if (r->deadline_ns && now >= r->deadline_ns)
		return;
	if (r->deadline_ns && r->deadline_ns - now < ms * NS_PER_MS)
		ms = (r->deadline_ns - now) / NS_PER_MS + 1;
	if (poll(fds, sizeof(fds) / sizeof(fds[0]), ms) > 0)
		r->reader_gone = fds[1].revents & (POLLERR | POLLHUP);
}

/* The buffers that a program left are released a little after its end. */
static void await_release(struct run *r, const struct run_steps *s)
{
	__u64 end = clock_now_ns() + RELEASE_NS;

	r->deadline_ns = 0;
	/* that its rings were closed may still wait to be read, behind what others go on doing */
	while (s->step(s->arg) && clock_now_ns() < end && !has_enough(r, s))
		;
	while (s->releasing(s->arg) && clock_now_ns() < end && !has_enough(r, s)) {
		wait_for_more(r, s);
		s->step(s->arg);
	}
}

void run_until(struct run *r, const struct run_steps *s)
{
	while (!is_over(r, s)) {
		/* a screen that takes keys shows nothing else */
		if (!r->keys)
			ended_tell(&r->ended, &r->capture, false);
		if (!s->step(s->arg))
			wait_for_more(r, s);
	}
}

/* What goes on meanwhile does not keep us for longer than it takes to read a full buffer. */
static void take_all(struct run *r, const struct run_steps *s)
{
	__u64 end = clock_now_ns() + RUN_LAST_READ_NS;
	bool more;

	do
		more = s->step(s->arg);
	while (more && clock_now_ns() < end && !has_enough(r, s));
	if (r->capture.facts)
		facts_settle(r->capture.facts);
	s->complete(s->arg, more);
}

/* What they do from now on is not seen. */
static void tell_left(struct run *r)
{
	r->left = program_left();
	if (r->left && !r->to->quiet)
		fprintf(stderr, PROGRAM_NAME ": %u process%s of %s still run%s; the watch ends with the program itself\n",
			r->left, r->left == 1 ? "" : "es", r->argv[0], r->left == 1 ? "s" : "");
}

void run_steps(struct run *r, const struct run_steps *s)
{
	run_until(r, s);
	if (s->releasing && r->argv && r->program.ended)
		await_release(r, s);
	if (s->complete)
		take_all(r, s);
	capture_stop(&r->capture);
	while (s->step(s->arg) && !ferror(r->to->out))
		;
	if (r->capture.facts)
		facts_settle(r->capture.facts);
	if (r->argv && r->program.ended)
		tell_left(r);
}

/* Its status; it may run on long after the time of -d, or after our reader has gone. */
static int await_program(struct run *r)
{
	struct pollfd end = { .fd = r->program.pidfd, .events = POLLIN };

	while (!program_is_over(r))
		poll(&end, 1, RUN_TICK_MS);
	return program_wait(&r->program);
}

/* How the kernel side came to miss them is all that is known of them. */
static void tell_missed(const struct run *r)
{
	if (capture_missed_children(&r->capture))
		fprintf(stderr, PROGRAM_NAME ": some processes that the selected ones started were not followed: more than %d were alive at a time, or the kernel skipped a program; select by --cgroup, --unit, -u or --comm\n",
			FAMILY_ROOM);
}

void run_add_unfollowed(const struct run *r, struct unsettled_list *u)
{
	struct user_loss *list;
	size_t nr = capture_unfollowed(&r->capture, &list);

	for (size_t i = 0; i < nr; i++) {
		bool named = list[i].uid != LOSS_OF_REST;

		unsettled_add(u, (struct unsettled){
			.what = UNSETTLED_CHILDREN, .has_uid = named, .uid = named ? list[i].uid : 0,
			.count = list[i].count,
		});
	}
	free(list);
}

int run_end(struct run *r, int status)
{
	int program_status = r->argv ? await_program(r) : 0;

	r->argv = NULL;
	ended_tell(&r->ended, &r->capture, true);
	tell_missed(r);
	return status ? status : program_status;
}

void run_close(struct run *r)
{
	if (r->argv && r->started)
		await_program(r);
	else if (r->argv)
		program_abandon(&r->program);
	ended_free(&r->ended);
	capture_close(&r->capture);
}
