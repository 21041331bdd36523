/* SPDX-License-Identifier: GPL-2.0 */
/* A terminal that shows one picture after another and hands over single keys. */
#ifndef FIXBUF_BASE_TERMINAL_H
#define FIXBUF_BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Whether both .out and standard input are terminals; keys come unechoed from then on. */
bool screen_open(FILE *out);
/* Begins a new picture. */
void screen_clear(FILE *out);
/* The key that was pressed, 0 = none. */
int screen_key(void);
void screen_close(void);

#endif
