/* SPDX-License-Identifier: GPL-2.0 */
/* Failures that the kernel injects, counted: a test can demand that there were some. */
#ifndef FIXBUF_INJECT_H
#define FIXBUF_INJECT_H

#include <stdbool.h>

/*
 * Lets percent of all calls of name ("failslab", "fail_page_alloc") fail in the tasks that
 * asked for it, whatever their size and flags. False where the kernel cannot.
 */
bool inject_some(const char *name, unsigned int percent);
/* How many have failed since; -1 when that is not known. */
long inject_count(const char *name);
/* This task, and those that it makes from now on, ask for it. */
bool inject_here(void);

/* For inject_nth(): a descriptor, good for the calling task alone; -1 where the kernel cannot. */
int inject_nth_open(void);
/* The n-th allocation or copy from here on fails, of this task alone. */
bool inject_nth(int fd, unsigned int n);
/* Whether it has failed; from here on none does. */
bool inject_nth_end(int fd);

#endif
