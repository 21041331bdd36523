// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/terminal.h"
#include "base/untrusted.h"
#include "base/wrap.h"

#define LEAST	40	/* columns: in fewer a text has a word per line */
#define MOST	100	/* in more its lines are hard to follow */

static FILE *screen;
static unsigned int screen_columns;

int wrap_width(FILE *out, int width)
{
	unsigned int columns = out == screen ? screen_columns : terminal_columns(out);

	return !columns ? width : columns < LEAST ? LEAST : columns > MOST ? MOST : (int)columns;
}

void wrap_for_screen(FILE *out, unsigned int columns)
{
	screen = out;
	screen_columns = columns;
}

void wrap(FILE *out, const char *text, int column, int indent, int width)
{
	int blank = 0;

	width = wrap_width(out, width);
	while (*text) {
		size_t len = strcspn(text, " ");
		int word = text_columns((struct untrusted){ text, len });

		if (column > indent && column + blank + word > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
			blank = 0;
		}
		fprintf(out, "%*s%.*s", blank, "", (int)len, text);
		column += blank + word;
		text += len;
		blank = 0;
		while (*text == ' ') {
			text++;
			blank = 1;
		}
	}
	fputc('\n', out);
}

void wrap_line(FILE *out, int indent, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		exit(cannot("out of memory"));
	va_end(ap);
	if (wrap_width(out, 0))
		wrap(out, text, indent, indent, 0);
	else
		fprintf(out, "%s\n", text);
	free(text);
}
