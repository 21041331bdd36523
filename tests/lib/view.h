/* SPDX-License-Identifier: GPL-2.0 */
/* Runs fixbuf-trace on a pseudo-terminal: what is seen there, and keys. */
#ifndef FIXBUF_TESTS_LIB_VIEW_H
#define FIXBUF_TESTS_LIB_VIEW_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>
#include "vt.h"

#define VIEW_WAIT_S	100
#define VIEW_PICTURE	"\033[H\033[K"	/* begins each */

struct view {
	pid_t pid;
	int master, slave;	/* the tool's terminal: input, and output unless .out is another */
	int out, out_slave;
	struct termios before;
	char text[1 << 20];	/* what the tool wrote to its terminal */
	size_t len;
	struct vt vt;		/* what is seen there */
};

/* A zero means the default. */
struct view_how {
	unsigned int rows, columns;	/* 50 and 200 */
	const char *term;		/* TERM: xterm, whatever that of the tests is */
	bool apart;			/* its output is another terminal than its input */
};

/* Starts the tool with these arguments (up to NULL). */
void view_start(struct view *v, const struct view_how *how, ...) __attribute__((sentinel));
void view_set_size(int master, unsigned int rows, unsigned int columns);
bool view_is_as_before(const struct view *v);
/* Takes what the tool wrote, waiting up to .ms for the first byte; false when there was none. */
bool view_take(struct view *v, int ms);
/* Reads on until this text stands behind .from: its place, or NULL after the time. */
const char *view_shows(struct view *v, size_t from, const char *text);
/* Reads on until a line of the screen has this text: that line, or NULL after the time. */
const char *view_line_with(struct view *v, const char *text);
/* Waits for the tool's end: its exit status, 128 + signal, -1 when it had to be killed. */
int view_end(struct view *v);
void view_close(struct view *v);
void view_press(struct view *v, const char *key);
/* Keys of more than one character, too. */
void view_type(struct view *v, const char *keys);

#endif
