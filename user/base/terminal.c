// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "base/terminal.h"
#include "base/untrusted.h"

#define ENTER	"\033[?1049h\033[?25l"	/* the other screen, no cursor */
#define LEAVE	"\033[?25h\033[?1049l"
#define COLUMNS	80	/* where it does not say how many it has */

static struct termios before;
static FILE *shown;	/* NULL = not opened */
static volatile sig_atomic_t changed, to_stop;

static void on_change(int sig)
{
	(void)sig;
	changed = 1;
}

static void on_stop(int sig)
{
	(void)sig;
	to_stop = 1;
}

static void catch(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(sig, &sa, NULL);
}

static bool enter(FILE *out)
{
	struct termios t = before;

	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &t))
		return false;
	fputs(ENTER, out);
	return true;
}

static void leave(void)
{
	fputs(LEAVE, shown);
	fflush(shown);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

unsigned int terminal_columns(FILE *out)
{
	struct winsize size = { 0 };

	if (ioctl(fileno(out), TIOCGWINSZ, &size))
		return 0;
	return size.ws_col ? size.ws_col : COLUMNS;
}

bool terminal_is_dumb(void)
{
	const char *term = getenv("TERM");

	return term && !strcmp(term, "dumb");
}

bool screen_open(FILE *out)
{
	if (terminal_is_dumb() || !isatty(fileno(out)) || !isatty(STDIN_FILENO) ||
	    tcgetattr(STDIN_FILENO, &before) || !enter(out))
		return false;
	shown = out;
	catch(SIGWINCH, on_change);
	catch(SIGTSTP, on_stop);
	return true;
}

void screen_size(unsigned int *rows, unsigned int *columns)
{
	struct winsize size = { 0 };

	ioctl(fileno(shown), TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : COLUMNS;
}

void screen_show(const char *text)
{
	unsigned int rows, columns, i;

	screen_size(&rows, &columns);
	fputs("\033[H", shown);
	for (i = 0; i < rows && *text; i++) {
		size_t len = strcspn(text, "\n");

		/* cleared first: after a line as wide as the screen that would take its last letter */
		fprintf(shown, "%s\033[K", i ? "\n" : "");
		fwrite(text, 1, text_fitting((struct untrusted){ text, len }, columns), shown);
		text += len + (text[len] == '\n');
	}
	if (i < rows)
		fprintf(shown, "%s\033[J", i ? "\n" : "");
	fflush(shown);
}

bool screen_changed(void)
{
	bool was = changed || to_stop;

	changed = 0;
	if (to_stop) {
		to_stop = 0;
		leave();
		/* not SIGSTOP: where no shell could continue us the kernel does not stop us either */
		signal(SIGTSTP, SIG_DFL);
		raise(SIGTSTP);
		catch(SIGTSTP, on_stop);
		enter(shown);
	}
	return was;
}

/* Of a key that sends more than one character, the last ones. */
static int escaped(void)
{
	static const struct {
		const char *sent;
		int key;
	} keys[] = {
		{ "[A", KEY_UP }, { "[B", KEY_DOWN }, { "[5~", KEY_PAGE_UP }, { "[6~", KEY_PAGE_DOWN },
		{ "[H", KEY_HOME }, { "[1~", KEY_HOME },
		{ "OA", KEY_UP }, { "OB", KEY_DOWN }, { "OH", KEY_HOME },
	};
	char sent[8] = "";
	size_t len = 0;

	while (len < sizeof(sent) - 1 && read(STDIN_FILENO, sent + len, 1) == 1) {
		/* the first is [ or O; a letter or ~ ends it */
		if (len++ && sent[len - 1] >= '@')
			break;
	}
	if (!len)
		return KEY_ESCAPE;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i].sent, sent))
			return keys[i].key;
	return KEY_OTHER;
}

int screen_key(void)
{
	unsigned char c;

	if (!shown || read(STDIN_FILENO, &c, 1) != 1)
		return KEY_NONE;
	return c == KEY_ESCAPE ? escaped() : c == '\b' ? KEY_RUBOUT : c ? c : KEY_OTHER;
}

void screen_close(void)
{
	if (shown)
		leave();
	shown = NULL;
}
