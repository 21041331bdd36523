/* SPDX-License-Identifier: GPL-2.0 */
/* What trace and verify --watch run on: the kernel side attached, and perhaps a program. */
#ifndef FIXBUF_CAPTURE_SESSION_H
#define FIXBUF_CAPTURE_SESSION_H

#include "base/child.h"
#include "capture/fact_reader.h"
#include "capture/io_programs.h"
#include "capture/page_walk.h"
#include "capture/stacks.h"
#include "commands/env.h"

struct attach;

struct session {
	const struct env *env;
	struct fixbuf_bpf *skel;
	struct walk *walk;
	struct page_walk *pages;	/* NULL unless asked for */
	struct facts *facts;
	struct attach *attach;
	struct stacks *stacks;		/* NULL = not wanted */
	const struct io_how *io_how;	/* set before session_open(), NULL = as .env says */
	struct io_stat *io;
	struct program program;
	__u64 deadline_ns;		/* 0 = none */
	int passed_on;			/* signal that the program was sent */
};

/*
 * Facts wait from then on. 0, or the exit status after a sentence on standard
 * error; close it in either case.
 */
int session_open(struct session *s, const struct env *env, const struct facts_handler *handler,
		 bool pages);
void session_close(struct session *s);
/* Starts the program, if any, and the time of -d. 0, or the exit status after a sentence. */
int session_begin(struct session *s);
/* Time is up, the program has ended, the user or the reader has had enough. */
bool session_over(struct session *s);
/* Until there is something to do, or so long. */
void session_wait(struct session *s, unsigned int ms);

#endif
