/* SPDX-License-Identifier: GPL-2.0 */
/* I/O of a load program that fails on purpose, each kind LOAD_FAILS times, and what it says of that. */
#ifndef FIXBUF_LOAD_FAILED_H
#define FIXBUF_LOAD_FAILED_H

#include "uring.h"

#define LOAD_FAILS	3

/* Reports fail.N=.cause, with opcode, error and count; or, of one that did not fail, skipped.CAUSE=. */
void load_failed(const char *cause, int op, int res, unsigned int count);
void load_not_failed(const char *cause, const char *reason);

/* Submits what is queued and waits for .nr completions; the result of the last with that opcode. */
int load_result(struct io_uring *r, unsigned int nr, int op);

/* One request, LOAD_FAILS times; .change sees each before it is submitted. */
void load_fails(const char *cause, int op, int fd, const void *addr, unsigned int len,
		__u64 offset, void (*change)(struct io_uring_sqe *sqe));

#endif
