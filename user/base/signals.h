/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_BASE_SIGNALS_H
#define FIXBUF_BASE_SIGNALS_H

#include <linux/types.h>
#include <signal.h>

/* The SIGINT or SIGTERM that came, 0 = none: end cleanly, with the totals. */
extern volatile sig_atomic_t interrupted;
/* Another came before that was set to 0, and not with it. */
extern volatile sig_atomic_t interrupted_again;

/* A SIGHUP came: write what waits. Whoever acts on it sets it to 0. */
extern volatile sig_atomic_t hung_up;

/* SIGHUP is noted from then on, unless it is ignored, and ends nothing. */
void signals_catch_hangup(void);

/* A SIGUSR1 came, after signals_catch_user(). Whoever acts on it sets it to 0. */
extern volatile sig_atomic_t asked;
void signals_catch_user(void);

/* A write beyond ulimit -f fails from then on, and ends nobody without a word. */
void signals_begin(void);

/*
 * Standard output, standard error and .fd wait for a reader that takes nothing, but only for seconds after
 * a signal, or after the time of signals_end_after(), when one that is slow gets all of it.
 */
void signals_output(int fd);
void signals_end_after(__u64 ns);

/* A reader that goes away shows as EPIPE from then on, not as a signal. */
void signals_catch(void);
/* SIGINT and SIGTERM end the program at once again: nothing is undone, no totals are told. */
void signals_leave(void);

#endif
