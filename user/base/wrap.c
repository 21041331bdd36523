// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/wrap.h"

void wrap(FILE *out, const char *text, int column, int indent, int width)
{
	int blank = 0;

	while (*text) {
		int word = strcspn(text, " ");

		if (column > indent && column + blank + word > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
			blank = 0;
		}
		fprintf(out, "%*s%.*s", blank, "", word, text);
		column += blank + word;
		text += word;
		blank = 0;
		while (*text == ' ') {
			text++;
			blank = 1;
		}
	}
	fputc('\n', out);
}
