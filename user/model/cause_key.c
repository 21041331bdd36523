// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include "model/cause_key.h"

#define EXPLAIN_MOST 1024 /* more than a sentence has */

/* Behind a number with its unit: "0x7f00", "4096", "7.9 MiB". */
static const char *skip_number(const char *s)
{
	static const char *const units[] = { " bytes", " KiB", " MiB", " GiB", " TiB" };

	while (isalnum((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1])))
		s++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strncmp(s, units[i], strlen(units[i])))
			return s + strlen(units[i]);
	return s;
}

size_t cause_text(char *out, size_t room, const char *explain)
{
	size_t n = 0;
	int depth = 0;
	bool quoted = false, number;

	for (const char *s = explain; *s && n + 1 < room;) {
		number = isdigit((unsigned char)*s);
		/* an apostrophe inside a word quotes nothing */
		if (*s == '\'')
			quoted = !quoted && (s == explain || !isalnum((unsigned char)s[-1]));
		depth += *s == '(';
		depth -= *s == ')' && depth;
		if (!quoted && !depth)
			out[n++] = number ? 'N' : *s;
		s = number ? skip_number(s) : s + 1;
	}
	out[n] = 0;
	return n;
}

__u64 cause_key(const char *explain)
{
	__u64 hash = 0xcbf29ce484222325;	/* FNV-1a */
	char text[EXPLAIN_MOST];
	size_t n = cause_text(text, sizeof(text), explain);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
	return hash;
}
