/* SPDX-License-Identifier: GPL-2.0 */
/* The program after --: started when we are ready, watched until it ends. */
#ifndef FIXBUF_BASE_CHILD_H
#define FIXBUF_BASE_CHILD_H

#include <sys/types.h>

struct program {
	pid_t pid;
	int go;			/* write end: releases it */
	int failed;		/* read end: errno of an exec that failed */
	int pidfd;		/* readable once it has ended, -1 = none */
	int status;		/* as wait() said */
	int ended;
	const char *run_as;	/* not owned, NULL = as we */
};

/*
 * Forks; the child waits. .run_as: the name or number of a user, NULL = it runs as we do.
 * -errno with a sentence.
 */
int program_prepare(struct program *p, char **argv, const char *run_as);
/* Lets it run. 0, or the exit status after a sentence on standard error: 127 not found, 126 otherwise. */
int program_start(struct program *p, char **argv);
/* Whether it has ended. */
int program_ended(struct program *p);
/* Passes a signal on, unless the terminal has sent it to both of us. */
void program_signal(struct program *p, int sig);
/*
 * Processes that it started, or they did, and that still run after its end; not those that end within a
 * moment. 0 where /proc does not show us.
 */
unsigned int program_left(void);
/* Waits for its end; its status, 128 + signal when one killed it. */
int program_wait(struct program *p);
/* Gives up one that was not started. */
void program_abandon(struct program *p);

/* Reaps a child that was told to end otherwise than by a signal; gives up after that time. */
void child_reap(pid_t pid, int ms);

#endif
