/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The load programs' side: each says what it did as name=value lines, then
 * READY, and stays until a line or the end of its standard input, so that a
 * steady state can be looked at. With --no-wait it goes on at once.
 */
#ifndef FIXBUF_LOAD_REPORT_H
#define FIXBUF_LOAD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "tap.h"
#include "uring.h"

/* Takes --no-wait out of argv. */
void report_init(int *argc, char **argv);
/* name=value; the format is of the whole line. */
void report(const char *line, ...) PRINTF(1, 2);
/* Ring .name: its descriptor and slots. */
void report_ring(const char *name, int fd, unsigned int slots);
/* Slot .index of ring .name: bytes, 4 KiB pages touched, pages charged, tables that hold it. */
void report_slot(const char *name, unsigned int index, const struct iovec *iov,
		 unsigned int charged, unsigned int refs);
/* What verify must find, one line a finding; none of these: nothing. */
void report_expect(const char *tag, unsigned long long pages);

/*
 * This process becomes a user that nobody else is, bound by this
 * RLIMIT_MEMLOCK, and says uid=; needs root.
 */
void become_plain(size_t memlock_bytes);

void report_ready(void);
/* This kernel or machine cannot do it: says why and ends with 77. */
void report_skip(const char *reason, ...) PRINTF(1, 2) __attribute__((noreturn));
/* A step that has to work: returns ret, or ends the program in words. */
int must(int ret, const char *what);

#endif
