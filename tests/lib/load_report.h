/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The load programs' side: each says what it did as name=value lines, then
 * READY, and stays until a line or the end of its standard input, so that a
 * steady state can be looked at. With --no-wait it goes on at once. With --late
 * it is READY before it does anything wrong, too, and does that after a line. With --stay it stays
 * for so many seconds, whatever its standard input does.
 */
#ifndef FIXBUF_LOAD_REPORT_H
#define FIXBUF_LOAD_REPORT_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "tap.h"
#include "uring.h"

/* Call first: takes --no-wait, --late and --stay out of argv. */
void report_init(int *argc, char **argv);
/* Prints one line name=value; the format is that of the whole line. */
void report(const char *line, ...) PRINTF(1, 2);
/* Reports the descriptor and the number of slots of ring .name. */
void report_ring(const char *name, int fd, unsigned int slots);
/* Reports a slot of ring .name: bytes, 4 KiB pages, pages charged, and tables that hold it. */
void report_slot(const char *name, unsigned int index, const struct iovec *iov,
		 unsigned int charged, unsigned int refs);
/* Reports one finding that verify must make; a load that reports none is healthy. */
void report_expect(const char *tag, unsigned long long pages);

/* The id of a user that no other process is. */
uid_t plain_uid(void);
/* Makes this process that user, with this RLIMIT_MEMLOCK, and reports uid=. Needs root. */
void become_plain(size_t memlock_bytes);

void report_ready(void);
/* All is well up to here; what follows breaks it. */
void report_before_fault(void);
/* Ends the program with 77 and this reason: the kernel or machine lacks what the load needs. */
void report_skip(const char *reason, ...) PRINTF(1, 2) __attribute__((noreturn));
/* Returns ret; ends the program with 1 and a sentence when it is negative (-errno). */
int must(int ret, const char *what);

/* That, and what is said and advised of it. */
void expect(const char *tag, unsigned int pages, const char *says, const char *advises);

struct load_mode {
	const char *name;
	void (*run)(void);
};

/* Runs the mode that the first argument names, and is ready. The status of the program. */
int load_modes(int argc, char **argv, const struct load_mode *modes, size_t nr);

#endif
