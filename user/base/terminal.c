// SPDX-License-Identifier: GPL-2.0
#include <termios.h>
#include <unistd.h>
#include "base/terminal.h"

static struct termios before;
static bool opened;

bool screen_open(FILE *out)
{
	struct termios t;

	if (!isatty(fileno(out)) || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before))
		return false;
	t = before;
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	opened = !tcsetattr(STDIN_FILENO, TCSANOW, &t);
	return opened;
}

void screen_clear(FILE *out)
{
	fputs("\033[H\033[2J\033[3J", out);
}

int screen_key(void)
{
	unsigned char c;

	return opened && read(STDIN_FILENO, &c, 1) == 1 ? c : 0;
}

void screen_close(void)
{
	if (opened)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	opened = false;
}
