// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"

#define NUMBER_MAX	20		/* characters of a 64-bit number */
#define FLUSH		(64 << 10)	/* a longer line is printed piece by piece */
#define MAX_DEPTH	64

static void put(struct json *j, const char *s, size_t len)
{
	if (j->room - j->nr < len) {
		j->room = 2 * j->room + len;
		j->buf = must_realloc(j->buf, j->room, 1);
	}
	memcpy(j->buf + j->nr, s, len);
	j->nr += len;
}

static void flush(struct json *j)
{
	fwrite_unlocked(j->buf, 1, j->nr, j->out);
	j->nr = 0;
}

/* .name comes with the comma before it, and is that alone in a list. */
static void begin_value(struct json *j, const char *name, size_t len)
{
	bool first = j->first;

	if (!j->depth || (len == 1) != (j->lists & 1))
		abort();	/* a mistake of ours: a list has no names, an object nothing else */
	if (j->nr >= FLUSH)
		flush(j);
	put(j, name + first, len - first);
	j->first = false;
}

static void enter(struct json *j, bool list)
{
	if (j->depth++ == MAX_DEPTH)
		abort();
	j->lists = j->lists << 1 | list;
	j->first = true;
	put(j, list ? "[" : "{", 1);
}

void json_begin(struct json *j, FILE *out)
{
	j->out = out;
	j->nr = j->depth = 0;
	enter(j, false);
}

void json_put_open(struct json *j, const char *name, size_t len, bool list)
{
	begin_value(j, name, len);
	enter(j, list);
}

void json_close(struct json *j)
{
	if (!j->depth)
		abort();
	put(j, j->lists & 1 ? "]" : "}", 1);
	j->lists >>= 1;
	j->depth--;
	j->first = false;
}

void json_end(struct json *j)
{
	json_close(j);
	if (j->depth)
		abort();
	put(j, "\n", 1);
	flush(j);
}

void json_free(struct json *j)
{
	free(j->buf);
	*j = (struct json){ 0 };
}

void json_put_raw(struct json *j, const char *name, size_t len, const char *s, size_t s_len)
{
	begin_value(j, name, len);
	put(j, s, s_len);
}

void json_put_uint(struct json *j, const char *name, size_t len, __u64 value)
{
	char digits[NUMBER_MAX], *s = digits + sizeof(digits);

	do
		*--s = '0' + value % 10;
	while (value /= 10);
	json_put_raw(j, name, len, s, digits + sizeof(digits) - s);
}

void json_put_int(struct json *j, const char *name, size_t len, __s64 value)
{
	char digits[NUMBER_MAX], *s = digits + sizeof(digits);
	__u64 left = value < 0 ? -(__u64)value : (__u64)value;

	do
		*--s = '0' + left % 10;
	while (left /= 10);
	if (value < 0)
		*--s = '-';
	json_put_raw(j, name, len, s, digits + sizeof(digits) - s);
}

void json_put_addr(struct json *j, const char *name, size_t len, __u64 value)
{
	char digits[NUMBER_MAX], *s = digits + sizeof(digits);

	*--s = '"';
	do
		*--s = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	*--s = 'x';
	*--s = '0';
	*--s = '"';
	json_put_raw(j, name, len, s, digits + sizeof(digits) - s);
}

void json_put_double(struct json *j, const char *name, size_t len, double value, int digits)
{
	char text[400];		/* the largest has 309 digits before its point */
	int n;

	if (!isfinite(value)) {
		json_put_raw(j, name, len, JSON_LIT("null"));
		return;
	}
	n = digits < 0 ? snprintf(text, sizeof(text), "%.17g", value) :
	    snprintf(text, sizeof(text), "%.*f", digits, value);
	json_put_raw(j, name, len, text, n);
	if (digits < 0 && !strpbrk(text, ".e"))
		put(j, JSON_LIT(".0"));
}

static size_t plain_length(const struct json *j, const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\' &&
	       (s[n] != '<' || !j->in_html))
		n++;
	return n;
}

/* .c < 0: of the byte at .s no character can be made. */
static void put_character(struct json *j, const char *s, size_t len, __s32 c)
{
	static const char names[] = "\"\"\\\\\bb\nn\rr\tt\ff";
	char escaped[16];

	if (c < 0) {
		put(j, JSON_LIT("\xef\xbf\xbd"));
		return;
	}
	if (c >= 0x7f && is_visible(c)) {
		put(j, s, len);
		return;
	}
	for (const char *n = names; *n; n += 2) {
		if (*n == c) {
			put(j, (char[]){ '\\', n[1] }, 2);
			return;
		}
	}
	if (c > 0xffff)
		snprintf(escaped, sizeof(escaped), "\\u%04x\\u%04x", 0xd7c0 + (c >> 10),
			 0xdc00 | (c & 0x3ff));
	else
		snprintf(escaped, sizeof(escaped), "\\u%04x", c);
	put(j, escaped, strlen(escaped));
}

void json_put_text(struct json *j, const char *name, size_t len, struct untrusted value)
{
	const char *s = value.bytes, *end = s + value.len;

	if (!s) {
		json_put_raw(j, name, len, JSON_LIT("null"));
		return;
	}
	json_put_raw(j, name, len, JSON_LIT("\""));
	for (;;) {
		size_t n = plain_length(j, s, end - s);
		__s32 c;

		put(j, s, n);
		s += n;
		if (s == end)
			break;
		n = utf8_next(s, end - s, &c);
		put_character(j, s, n, c);
		s += n;
	}
	put(j, "\"", 1);
}

void json_members_of(struct json *j, const char *line, size_t len)
{
	/* "{...}\n" */
	if (len <= 3)
		return;
	begin_value(j, ",\"", 2);
	put(j, line + 2, len - 4);
}
