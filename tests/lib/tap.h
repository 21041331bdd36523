/* SPDX-License-Identifier: GPL-2.0 */
/* Test Anything Protocol: one line an assertion, the plan at the end. */
#ifndef FIXBUF_TAP_H
#define FIXBUF_TAP_H

#include <stdbool.h>

#define EXIT_SKIPPED 77

#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Each returns whether it held, so that evidence can follow with note(). */
bool ok(bool held, const char *what, ...) PRINTF(2, 3);
bool is(long long got, long long want, const char *what, ...) PRINTF(3, 4);
bool is_text(const char *got, const char *want, const char *what, ...) PRINTF(3, 4);
bool has_text(const char *text, const char *part, const char *what, ...) PRINTF(3, 4);

void note(const char *text, ...) PRINTF(1, 2);
/* Counts one assertion as skipped, because of this kernel or machine. */
void skip(const char *what, const char *reason, ...) PRINTF(2, 3);
/* Ends the program: this kernel or machine lacks what all of it tests. */
void skip_all(const char *reason, ...) PRINTF(1, 2) __attribute__((noreturn));
/* Ends the program: the test itself cannot go on, which says nothing of what it tests. */
void bail(const char *reason, ...) PRINTF(1, 2) __attribute__((noreturn));

/* Prints the plan; returns the exit status: 0, 1, or 77 when all was skipped. */
int tap_end(void);

#endif
