/* SPDX-License-Identifier: GPL-2.0 */
/* A terminal that shows one picture after another and hands over single keys. */
#ifndef FIXBUF_BASE_TERMINAL_H
#define FIXBUF_BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

enum screen_key {
	KEY_NONE,
	KEY_ENTER = '\n', KEY_ESCAPE = '\033', KEY_RUBOUT = '\177',
	KEY_UP = 256, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_OTHER,
};

/* Columns of the terminal that .out is, 0 = it is none. */
unsigned int terminal_columns(FILE *out);
/* Whether it takes no escape sequences. */
bool terminal_is_dumb(void);

/*
 * Whether both .out and standard input are terminals, which take escape sequences; what was on it is
 * kept aside, and keys come unechoed, until screen_close().
 */
bool screen_open(FILE *out);
/* Lines and columns of a picture. */
void screen_size(unsigned int *rows, unsigned int *columns);
/* The next picture, cut to that size. */
void screen_show(const char *text);
/* Whether it has another size, or was another's for a while: to be shown again. Stops us when the user asks for it. */
bool screen_changed(void);
/* The key that was pressed, a character or a screen_key. */
int screen_key(void);
void screen_close(void);

#endif
