// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/untrusted.h"

struct range {
	__s32 first, last;
};

/* Whether one of the ranges, which go up, holds it. */
static bool in_ranges(__s32 c, const struct range *r, size_t nr)
{
	for (size_t i = 0; i < nr && r[i].first <= c; i++)
		if (c <= r[i].last)
			return true;
	return false;
}

#define IN(c, ranges)	in_ranges(c, ranges, sizeof(ranges) / sizeof((ranges)[0]))

struct untrusted untrusted_copy(struct untrusted u)
{
	char *bytes;

	if (!u.bytes)
		return u;
	bytes = must_alloc(u.len + 1, 1);
	memcpy(bytes, u.bytes, u.len);
	u.bytes = bytes;
	return u;
}

size_t utf8_next(const char *text, size_t len, __s32 *c)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 :
		   s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
	__s32 value = n == 1 ? s[0] : s[0] & (0x7f >> n);

	*c = -1;
	if (!n || n > len)
		return 1;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (s[i] & 0x3f);
	}
	/* overlong forms, surrogates, and what is above the last character */
	if ((n == 3 && value < 0x800) || (value >= 0xd800 && value < 0xe000) ||
	    (n == 4 && (value < 0x10000 || value > 0x10ffff)))
		return 1;
	*c = value;
	return n;
}

bool is_visible(__s32 c)
{
	static const struct range hidden[] = {
		{ 0, 0x1f }, { 0x7f, 0x9f },
		{ 0xad, 0xad },		/* soft hyphen */
		{ 0x61c, 0x61c },	/* Arabic letter mark */
		{ 0x180e, 0x180e },
		{ 0x200b, 0x200f },	/* no width; direction */
		{ 0x2028, 0x202e },	/* line and paragraph ends; direction */
		{ 0x2060, 0x206f },	/* no width; direction */
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe0fff },	/* tags, variants */
	};

	if (c < 0x7f)
		return c >= ' ';
	return (c & 0xfffe) != 0xfffe && !IN(c, hidden);
}

/* As terminals do it, near enough for names: scripts whose marks stand on another letter differ. */
static size_t columns(__s32 c)
{
	static const struct range marks[] = {
		{ 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x610, 0x61a },
		{ 0x64b, 0x65f }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff },
		{ 0x302a, 0x302d }, { 0x3099, 0x309a }, { 0xfe20, 0xfe2f },
	};
	static const struct range wide[] = {
		{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf },
		{ 0x4e00, 0x9fff }, { 0xa000, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff },
		{ 0x20000, 0x3fffd },
	};

	if (c < 0x300)
		return 1;
	return IN(c, marks) ? 0 : IN(c, wide) ? 2 : 1;
}

/* How much of it, from .from on, is printable ASCII, as nearly every name is. */
static size_t plain_length(struct untrusted u, size_t from)
{
	size_t n = 0;

	while (from + n < u.len && u.bytes[from + n] >= ' ' && u.bytes[from + n] < 0x7f)
		n++;
	return n;
}

size_t text_columns(struct untrusted u)
{
	size_t i = plain_length(u, 0), nr = i;

	while (i < u.len) {
		__s32 c;

		i += utf8_next(u.bytes + i, u.len - i, &c);
		nr += columns(c);
	}
	return nr;
}

size_t text_fitting(struct untrusted u, size_t room)
{
	size_t i = 0, nr = 0;

	while (i < u.len) {
		__s32 c;
		size_t n = utf8_next(u.bytes + i, u.len - i, &c);

		nr += columns(c);
		if (nr > room)
			break;
		i += n;
	}
	return i;
}

void put_padded(FILE *out, const char *text, size_t columns)
{
	size_t took = text_columns(untrusted(text));

	fputs(text, out);
	for (; took < columns; took++)
		putc_unlocked(' ', out);
}

#define LONGEST 12	/* "\U000e0001" and a 0 */

/* One character, tamed, as a string; *c is its number. Returns how many bytes it stands for. */
static size_t tame_one(char text[LONGEST], const char *s, size_t len, __s32 *c)
{
	static const char names[] = "\nn\rr\tt";
	size_t n = utf8_next(s, len, c);

	if (*c < 0) {
		snprintf(text, LONGEST, "\\x%02x", (unsigned char)*s);
	} else if (is_visible(*c)) {
		memcpy(text, s, n);
		text[n] = 0;
	} else {
		for (const char *name = names; *name; name += 2)
			if (*name == *c) {
				snprintf(text, LONGEST, "\\%c", name[1]);
				return n;
			}
		snprintf(text, LONGEST, *c < 0x80 ? "\\x%02x" : *c < 0x10000 ? "\\u%04x" : "\\U%08x",
			 *c);
	}
	return n;
}

const char *tame(char *buf, size_t size, struct untrusted u)
{
	size_t i = plain_length(u, 0), nr = i;

	if (nr && nr < size)
		memcpy(buf, u.bytes, nr);
	else
		i = nr = 0;
	while (i < u.len) {
		char text[LONGEST];
		size_t more;
		__s32 c;

		i += tame_one(text, u.bytes + i, u.len - i, &c);
		more = strlen(text);
		if (nr + more >= size)
			break;
		memcpy(buf + nr, text, more);
		nr += more;
	}
	buf[nr] = 0;
	return buf;
}

size_t put_tamed(FILE *out, struct untrusted u)
{
	size_t nr = 0;

	for (size_t i = 0; i < u.len; ) {
		char text[LONGEST];
		__s32 c;

		i += tame_one(text, u.bytes + i, u.len - i, &c);
		fputs(text, out);
		nr += c >= 0 && is_visible(c) ? columns(c) : strlen(text);
	}
	return nr;
}

void put_label(FILE *out, struct untrusted u)
{
	for (size_t i = 0; i < u.len; ) {
		char text[LONGEST];
		__s32 c;

		i += tame_one(text, u.bytes + i, u.len - i, &c);
		if (c == '\n')
			fputs("\\n", out);
		/* twice escaped, so that a backslash of the name is told from one of ours */
		else if (c == '\\')
			fputs("\\\\\\\\", out);
		else if (c == '"')
			fputs("\\\"", out);
		else if (c >= 0 && is_visible(c))
			fputs(text, out);
		else
			fprintf(out, "\\%s", text);
	}
}

void put_folded(FILE *out, struct untrusted u)
{
	if (!u.len)
		fputc('_', out);
	for (size_t i = 0; i < u.len; ) {
		char text[LONGEST];
		__s32 c;

		i += tame_one(text, u.bytes + i, u.len - i, &c);
		fputs(c == ';' || c == ' ' ? "_" : text, out);
	}
}

/* Of spreadsheets; those of East Asia take the wide forms, too. */
static bool begins_formula(__s32 c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == 0xff1d || c == 0xff0b || c == 0xff0d ||
	       c == 0xff20;
}

/* Which separator a reader takes is its user's choice, and some leave blanks out. */
static bool may_end_cell(__s32 c)
{
	return c >= 0 && c < 0x80 && strchr(" ,;|\"'", c);
}

void put_csv(FILE *out, struct untrusted u)
{
	bool first = true;

	fputc('"', out);
	for (size_t i = 0; i < u.len; ) {
		char text[LONGEST];
		__s32 c;

		i += tame_one(text, u.bytes + i, u.len - i, &c);
		if (first && begins_formula(c))
			fprintf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
		else
			fputs(c == '"' ? "\"\"" : text, out);
		first = may_end_cell(c);
	}
	fputc('"', out);
}
