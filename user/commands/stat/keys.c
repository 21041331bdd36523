// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/terminal.h"
#include "commands/stat/keys.h"

/* All bytes of the last letter. */
static void rub_out(char *text, size_t len)
{
	while (len && (text[--len] & 0xc0) == 0x80)
		;
	text[len] = 0;
}

static void type(struct stat_screen *s, int key)
{
	size_t len = strlen(s->only);

	if (key == KEY_ENTER || key == KEY_ESCAPE)
		s->typing = false;
	if (key == KEY_ESCAPE)
		*s->only = 0;
	else if (key == KEY_RUBOUT)
		rub_out(s->only, len);
	else if (key >= ' ' && key < KEY_UP && key != KEY_RUBOUT && len + 1 < sizeof(s->only))
		memcpy(s->only + len, (char[2]){ key }, 2);
	s->first = 0;
}

static size_t *first_of(struct stat_screen *s)
{
	return s->notes ? &s->first_note : &s->first;
}

/* Which row or line is the first; one behind the last is taken back when it is shown. */
static void scroll(struct stat_screen *s, long rows)
{
	size_t *first = first_of(s);

	*first = rows < 0 && *first < (size_t)-rows ? 0 : *first + rows;
}

bool stat_press(struct stat_screen *s, int key)
{
	if (s->typing) {
		type(s, key);
		return true;
	}
	switch (key) {
	case 'q':
		return false;
	case '?':
		s->help = !s->help;
		break;
	case 's':
		s->order = (s->order + 1) % IO_NR_ORDERS;
		break;
	case 'S':
		s->order = (s->order + IO_NR_ORDERS - 1) % IO_NR_ORDERS;
		break;
	case '/':
		s->typing = true;
		s->help = false;
		s->notes = false;
		*s->only = 0;
		break;
	case KEY_ESCAPE:
		s->help = false;
		s->notes = false;
		*s->only = 0;
		break;
	case KEY_UP:
	case 'k':
		scroll(s, -1);
		break;
	case KEY_DOWN:
	case 'j':
		scroll(s, 1);
		break;
	case KEY_PAGE_UP:
		scroll(s, -(long)s->page);
		break;
	case KEY_PAGE_DOWN:
		scroll(s, s->page);
		break;
	case KEY_HOME:
	case 'g':
		*first_of(s) = 0;
		break;
	case 'n':
		s->notes = !s->notes;
		s->help = false;
		break;
	}
	return true;
}
