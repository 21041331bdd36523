/* SPDX-License-Identifier: GPL-2.0 */
/* The tests' side of a load program: started, asked what it did, ended. */
#ifndef FIXBUF_LOAD_H
#define FIXBUF_LOAD_H

#include <stdbool.h>
#include <sys/types.h>
#include "tap.h"

struct load {
	pid_t pid;
	int to, from;
	char *text;	/* what it printed up to READY */
	char *skip;	/* why it cannot run here, NULL when it can */
};

/* Where the programs are: FIXBUF_BUILD, or two folders above this one. */
const char *build_dir(void);
/* The path of a load program; good until the next call. */
const char *load_path(const char *name);

/* Starts tests/load/NAME ARGS and waits until it is READY; false when it skips (see .skip). */
bool load_start(struct load *l, const char *name, ...) __attribute__((sentinel));
/* One that was started with --late breaks what it has to, and is READY again. */
void load_break(struct load *l);
/* Lets it go on and waits: its exit status, 128 + signal, or -1 when it had to be killed. */
int load_end(struct load *l);

/* The value of name=value, by a formatted name; NULL when it said no such thing. */
const char *load_text(const struct load *l, const char *name, ...) PRINTF(2, 3);
/* The same as a number, decimal or 0x; ends the test when it is missing. */
unsigned long long load_number(const struct load *l, const char *name, ...) PRINTF(2, 3);

/* The same look-ups in any text of name=value lines. */
const char *value_text(const char *text, const char *name);
unsigned long long value_number(const char *text, const char *name);

#endif
