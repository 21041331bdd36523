/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a command runs: what it has of the kernel, the program after --, signals,
 * the time of -d, and the release of what the program left. All commands that
 * look into the kernel share it.
 */
#ifndef FIXBUF_COMMANDS_RUN_H
#define FIXBUF_COMMANDS_RUN_H

#include "base/child.h"
#include "base/output.h"
#include "capture/capture.h"
#include "checks/verdict.h"
#include "commands/ended.h"

struct run {
	/* Set by the command. */
	const struct output *to;
	char **argv;		/* of PROGRAM, NULL = none */
	const char *run_as;	/* whom it runs as, NULL = as we */
	__u64 duration_ns;	/* 0 = until interrupted, or PROGRAM's end */
	bool keys;		/* a key on standard input ends a wait */
	/* Of the runner. */
	struct selection *select;	/* not owned */
	struct capture capture;
	struct program program;
	bool started;		/* the program was */
	struct ended ended;
	bool reader_gone;	/* nobody reads what we print */
	__u64 deadline_ns;	/* 0 = none */
	int passed_on;		/* signal that the program was sent */
	unsigned int left;	/* processes of the program that ran on when it had ended, with which we end */
};

/* What a command does while it runs; each gets .arg. */
struct run_steps {
	/* Takes what waits; true when more does already. */
	bool (*step)(void *arg);
	/* Milliseconds after which to call step() again though nothing came; NULL = RUN_TICK_MS. */
	unsigned int (*pause_ms)(void *arg);
	/* The command has had enough by itself; NULL = never. */
	bool (*enough)(void *arg);
	/* Rings that the program left are still being released; NULL = not waited for. */
	bool (*releasing)(void *arg);
	/*
	 * Programs are detached next, one after the other: what comes from now on is told in part.
	 * What was told so far was taken, unless there is .more, which comes too fast for that;
	 * losses were settled. NULL = that is no matter.
	 */
	void (*complete)(void *arg, bool more);
	void *arg;
};

#define RUN_LAST_READ_NS NS_PER_S /* events that waited at the end are read for so long */
#define RUN_TICK_MS	200	/* how soon a signal between two steps is noticed */

/*
 * Checks the selected pids, takes the process for a thread, and finds the cgroup; once: what is found
 * may end. 0, or the exit status after a sentence on standard error.
 */
int run_find(struct selection *s);
/*
 * Finds what is selected, if that was not done (.wants->verbosity is that of .to), forks the program
 * (it waits), opens the capture. .wants->select is in the command's own options.
 * 0, or the exit status after a sentence on standard error; close it in either case.
 */
int run_open(struct run *r, const struct capture_wants *wants);
/*
 * After a step that failed with a sentence: tells it, and returns the exit status; when a signal
 * ended it, that of the signal.
 */
int run_cannot(void);
/* Starts the program, if any, and the time of -d. 0, or the exit status after a sentence. */
int run_begin(struct run *r);
/* Steps until the time of -d, the program's end or a signal, and goes on seeing. */
void run_until(struct run *r, const struct run_steps *s);
/*
 * Steps until the end: of time, of the program and its rings, by a signal, or
 * because the reader or the command has had enough. Then the capture is stopped,
 * what waits is taken, and losses that no fact has shown are settled.
 */
void run_steps(struct run *r, const struct run_steps *s);
/* Whose processes were not followed that selected ones started: a row each. */
void run_add_unfollowed(const struct run *r, struct unsettled_list *u);
/* Waits for the program; its status, or .status unless that is 0 or there is none. */
int run_end(struct run *r, int status);
void run_close(struct run *r);

#endif
