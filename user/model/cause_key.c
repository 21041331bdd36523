// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include "base/hash.h"
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

/* Behind what is quoted; an apostrophe inside a word quotes nothing. */
static const char *skip_quoted(const char *s, const char *begin)
{
	const char *end;

	if (*s != '\'' || (s > begin && isalnum((unsigned char)s[-1])))
		return s;
	end = strchr(s + 1, '\'');
	return end ? end + 1 : s + strlen(s);
}

/* Behind what is in parentheses, with the blank before them. */
static const char *skip_remark(const char *s)
{
	int depth = 0;

	if (*s != '(' && (*s != ' ' || s[1] != '('))
		return s;
	for (s += *s == ' '; *s; s++) {
		depth += *s == '(';
		depth -= *s == ')';
		if (!depth)
			return s + 1;
	}
	return s;
}

size_t cause_text(char *out, size_t room, const char *explain)
{
	const char *s = explain;
	size_t n = 0;

	while (*s && n + 1 < room) {
		const char *quoted = skip_quoted(s, explain), *behind = skip_remark(quoted);

		if (behind > s) {
			/* a place for it is left */
			for (const char *name = quoted > s ? "'...'" : ""; *name && n + 1 < room; name++)
				out[n++] = *name;
			s = behind;
		} else if (isdigit((unsigned char)*s)) {
			out[n++] = 'N';
			s = skip_number(s);
		} else {
			out[n++] = *s++;
		}
	}
	out[n] = 0;
	return n;
}

__u64 cause_key(const char *explain)
{
	char text[EXPLAIN_MOST];

	return hash_bytes(text, cause_text(text, sizeof(text), explain));
}
