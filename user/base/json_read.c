// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include "base/json_read.h"

#define MAX_DEPTH	64
#define NUMBER_MAX	400	/* characters: more than any double that is printed has */

static bool fail(struct json_reader *r)
{
	if (!r->bad)
		r->bad = r->at;
	r->at = r->end;
	return false;
}

/* The next character that is no blank, 0 at the end. */
static char peek(struct json_reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
	return r->at < r->end ? *r->at : 0;
}

static bool take(struct json_reader *r, char c)
{
	if (peek(r) != c || r->at == r->end)
		return false;
	r->at++;
	return true;
}

void json_read_begin(struct json_reader *r, char *text, size_t len)
{
	*r = (struct json_reader){ .begin = text, .at = text, .end = text + len };
}

bool json_read_end(struct json_reader *r)
{
	peek(r);
	return !r->bad && (r->at == r->end || fail(r));
}

static bool enter(struct json_reader *r, char c)
{
	if (peek(r) != c) {
		json_skip(r);
		return false;
	}
	if (r->depth++ == MAX_DEPTH)
		return fail(r);
	r->at++;
	r->first = true;
	return true;
}

bool json_enter_object(struct json_reader *r)
{
	return enter(r, '{');
}

bool json_enter_list(struct json_reader *r)
{
	return enter(r, '[');
}

/* True when a value comes. */
static bool next(struct json_reader *r, char close)
{
	bool first = r->first;

	r->first = false;
	if (r->bad)
		return false;
	if (take(r, close)) {
		r->depth--;
		return false;
	}
	return first || take(r, ',') || fail(r);
}

bool json_next_item(struct json_reader *r)
{
	return next(r, ']');
}

/* ---- strings --------------------------------------------------------------------------- */

static int hex_digits(const char *s, const char *end)
{
	int value = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return -1;
		value = value << 4 | (isdigit((unsigned char)s[i]) ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
	}
	return value;
}

static char *put_utf8(char *to, unsigned int c)
{
	if (c < 0x80) {
		*to++ = c;
		return to;
	}
	if (c < 0x800) {
		*to++ = 0xc0 | c >> 6;
	} else {
		if (c < 0x10000) {
			*to++ = 0xe0 | c >> 12;
		} else {
			*to++ = 0xf0 | c >> 18;
			*to++ = 0x80 | (c >> 12 & 63);
		}
		*to++ = 0x80 | (c >> 6 & 63);
	}
	*to++ = 0x80 | (c & 63);
	return to;
}

/* What follows "\u", two of them for what is beyond 16 bits; takes more room than it becomes. */
static char *unescape_number(struct json_reader *r, char *to)
{
	int c = hex_digits(r->at, r->end), low;

	if (c < 0) {
		fail(r);
		return to;
	}
	r->at += 4;
	if (c >= 0xd800 && c < 0xe000) {
		low = r->end - r->at > 1 && r->at[0] == '\\' && r->at[1] == 'u' ?
		      hex_digits(r->at + 2, r->end) : -1;
		if (c >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
			fail(r);
			return to;
		}
		r->at += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	return put_utf8(to, c);
}

static char *unescape(struct json_reader *r, char *to)
{
	static const char names[] = "\"\"\\\\//b\bn\nr\rt\tf\f";
	char c = r->at < r->end ? *r->at : 0;

	for (const char *n = names; c && *n; n += 2)
		if (*n == c) {
			r->at++;
			*to++ = n[1];
			return to;
		}
	if (c != 'u') {
		fail(r);
		return to;
	}
	r->at++;
	return unescape_number(r, to);
}

static bool read_string(struct json_reader *r, struct untrusted *s)
{
	char *to;

	if (!take(r, '"'))
		return fail(r);
	s->bytes = to = r->at;
	while (r->at < r->end && *r->at != '"') {
		if ((unsigned char)*r->at < ' ')
			return fail(r);
		if (*r->at != '\\') {
			*to++ = *r->at++;
			continue;
		}
		r->at++;
		to = unescape(r, to);
	}
	s->len = to - s->bytes;
	return take(r, '"') || fail(r);
}

bool json_next_member(struct json_reader *r, struct untrusted *name)
{
	return next(r, '}') && read_string(r, name) && (take(r, ':') || fail(r));
}

bool json_read_text(struct json_reader *r, struct untrusted *value)
{
	if (peek(r) == '"')
		return read_string(r, value);
	json_skip(r);
	return false;
}

/* ---- numbers and words ------------------------------------------------------------------ */

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* Takes a number, by the rules of JSON; its text with a 0. */
static bool read_number(struct json_reader *r, char text[NUMBER_MAX])
{
	size_t len = 0, n;
	char *s = text;

	peek(r);
	while (r->at + len < r->end && len < NUMBER_MAX - 1 && strchr("+-.0123456789eE", r->at[len]) && r->at[len])
		len++;
	memcpy(text, r->at, len);
	text[len] = 0;
	s += *s == '-';
	n = digits(s);
	if (!n || (*s == '0' && n > 1))
		return fail(r);
	s += n;
	if (*s == '.') {
		n = digits(++s);
		if (!n)
			return fail(r);
		s += n;
	}
	if (*s == 'e' || *s == 'E') {
		s += s[1] == '+' || s[1] == '-' ? 2 : 1;
		n = digits(s);
		if (!n)
			return fail(r);
		s += n;
	}
	if (*s)
		return fail(r);
	r->at += len;
	return true;
}

static bool is_number(struct json_reader *r)
{
	char c = peek(r);

	return c == '-' || (c >= '0' && c <= '9');
}

/* What comes is taken; whether that was a number with none of these characters. */
static bool read_plain(struct json_reader *r, char text[NUMBER_MAX], const char *none)
{
	if (is_number(r))
		return read_number(r, text) && !strpbrk(text, none);
	json_skip(r);
	return false;
}

bool json_read_uint(struct json_reader *r, __u64 *value)
{
	char text[NUMBER_MAX];
	__u64 v;

	if (!read_plain(r, text, "-.eE"))
		return false;
	errno = 0;
	v = strtoull(text, NULL, 10);
	if (errno)
		return false;
	*value = v;
	return true;
}

bool json_read_int(struct json_reader *r, __s64 *value)
{
	char text[NUMBER_MAX];
	__s64 v;

	if (!read_plain(r, text, ".eE"))
		return false;
	errno = 0;
	v = strtoll(text, NULL, 10);
	if (errno)
		return false;
	*value = v;
	return true;
}

static void take_word(struct json_reader *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len))
		fail(r);
	else
		r->at += len;
}

bool json_read_true(struct json_reader *r)
{
	bool is = peek(r) == 't';

	json_skip(r);
	return is && !r->bad;
}

void json_skip(struct json_reader *r)
{
	char text[NUMBER_MAX];
	struct untrusted s;

	if (r->bad)
		return;
	switch (peek(r)) {
	case '{':
		for (json_enter_object(r); json_next_member(r, &s);)
			json_skip(r);
		break;
	case '[':
		for (json_enter_list(r); json_next_item(r);)
			json_skip(r);
		break;
	case '"':
		read_string(r, &s);
		break;
	case 'n':
		take_word(r, "null");
		break;
	case 't':
		take_word(r, "true");
		break;
	case 'f':
		take_word(r, "false");
		break;
	default:
		read_number(r, text);
	}
}
