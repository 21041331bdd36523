// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/untrusted.h"
#include "base/wrap.h"

void wrap(FILE *out, const char *text, int column, int indent, int width)
{
	int blank = 0;

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
