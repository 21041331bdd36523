// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include "vt.h"

static void clear(struct vt *t, unsigned int row, unsigned int from)
{
	memset(t->cells[row] + from, ' ', t->columns - from);
	t->cells[row][t->columns] = '\0';
}

static void clear_below(struct vt *t)
{
	for (unsigned int i = t->row + 1; i < t->rows; i++)
		clear(t, i, 0);
	if (t->column < t->columns)
		clear(t, t->row, t->column);
}

void vt_size(struct vt *t, unsigned int rows, unsigned int columns)
{
	t->rows = rows;
	t->columns = columns;
	t->row = t->column = 0;
	clear_below(t);
	t->overrun = false;
}

static void obey(struct vt *t)
{
	const char *s = t->sequence;

	if (!strcmp(s, "[H"))
		t->row = t->column = 0;
	else if (!strcmp(s, "[K") && t->column < t->columns)
		clear(t, t->row, t->column);
	else if (!strcmp(s, "[J"))
		clear_below(t);
	else if (!strcmp(s, "[?1049h") || !strcmp(s, "[?1049l"))
		t->aside = s[6] == 'h';
	else if (!strcmp(s, "[?25h") || !strcmp(s, "[?25l"))
		t->hidden = s[4] == 'l';
}

static void line_end(struct vt *t)
{
	if (t->row + 1 < t->rows) {
		t->row++;
		return;
	}
	t->overrun |= t->aside;
	memmove(t->cells[0], t->cells[1], (t->rows - 1) * sizeof(t->cells[0]));
	clear(t, t->row, 0);
}

/* A letter of more than one byte is one '*'. */
static void put(struct vt *t, char c)
{
	if ((c & 0xc0) == 0x80)
		return;
	if (t->column >= t->columns) {
		t->overrun |= t->aside;
		t->column = 0;
		line_end(t);
	}
	t->cells[t->row][t->column++] = c & 0x80 ? '*' : c;
}

void vt_feed(struct vt *t, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];

		if (t->len) {
			/* .len is one more than what is kept: the escape itself is not */
			if (t->len < sizeof(t->sequence))
				t->sequence[t->len++ - 1] = c;
			if (c == '[' || !isalpha((unsigned char)c))
				continue;
			t->sequence[t->len - 1] = '\0';
			t->len = 0;
			obey(t);
		} else if (c == '\033') {
			t->len = 1;
		} else if (c == '\r') {
			t->column = 0;
		} else if (c == '\n') {
			line_end(t);
		} else {
			put(t, c);
		}
	}
}

const char *vt_line(const struct vt *t, const char *text)
{
	for (unsigned int i = 0; i < t->rows; i++)
		if (strstr(t->cells[i], text))
			return t->cells[i];
	return NULL;
}
