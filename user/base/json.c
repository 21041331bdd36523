// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"

#define NUMBER_MAX	24		/* characters of a 64-bit number, and quotes around it */
#define FLUSH		(64 << 10)	/* a longer line is printed piece by piece */
#define MAX_DEPTH	64

static void flush(struct json *j)
{
	fwrite_unlocked(j->buf, 1, j->nr, j->out);
	j->nr = 0;
}

static void make_room(struct json *j, size_t more)
{
	if (j->nr >= FLUSH)
		flush(j);
	if (j->room - j->nr >= more)
		return;
	j->room = 2 * j->room + more;
	j->buf = must_realloc(j->buf, j->room, 1);
}

static inline void put(struct json *j, const char *s, size_t len)
{
	if (j->room - j->nr < len)
		make_room(j, len);
	memcpy(j->buf + j->nr, s, len);
	j->nr += len;
}

/*
 * .name comes with the comma before it, and is that alone in a list. Leaves room for .more, which
 * begins where this returns. Lines come by the million: each member takes this path once.
 */
static inline char *begin_value(struct json *j, const char *name, size_t len, size_t more)
{
	bool first = j->first;
	char *to;

	if ((len == 1) != j->item)
		abort();	/* a mistake of ours: a list has no names, an object nothing else */
	if (j->room - j->nr < len + more)
		make_room(j, len + more);
	to = j->buf + j->nr;
	memcpy(to, name + first, len - first);
	j->nr += len - first;
	j->first = false;
	j->item = j->lists & 1;
	return to + len - first;
}

static void enter(struct json *j, bool list)
{
	if (j->depth++ == MAX_DEPTH)
		abort();
	j->lists = j->lists << 1 | list;
	j->first = true;
	j->item = list;
	put(j, list ? "[" : "{", 1);
}

void json_begin(struct json *j, FILE *out)
{
	j->out = out;
	j->nr = j->depth = j->lists = 0;
	enter(j, false);
}

void json_put_open(struct json *j, const char *name, size_t len, bool list)
{
	begin_value(j, name, len, 0);
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
	j->item = j->lists & 1;
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
	memcpy(begin_value(j, name, len, s_len), s, s_len);
	j->nr += s_len;
}

/* The digits of .value, which end before .end; returns where they begin. */
static inline char *digits_of(char *end, __u64 value)
{
	do
		*--end = '0' + value % 10;
	while (value /= 10);
	return end;
}

void json_put_uint(struct json *j, const char *name, size_t len, __u64 value)
{
	char digits[NUMBER_MAX], *end = digits + sizeof(digits), *s = digits_of(end, value);

	json_put_raw(j, name, len, s, end - s);
}

void json_put_int(struct json *j, const char *name, size_t len, __s64 value)
{
	char digits[NUMBER_MAX], *end = digits + sizeof(digits);
	char *s = digits_of(end, value < 0 ? -(__u64)value : (__u64)value);

	if (value < 0)
		*--s = '-';
	json_put_raw(j, name, len, s, end - s);
}

void json_put_addr(struct json *j, const char *name, size_t len, __u64 value)
{
	char digits[NUMBER_MAX], *end = digits + sizeof(digits), *s = end;

	*--s = '"';
	do
		*--s = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	*--s = 'x';
	*--s = '0';
	*--s = '"';
	json_put_raw(j, name, len, s, end - s);
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
	const char *s = value.bytes, *end;

	if (!s) {
		json_put_raw(j, name, len, JSON_LIT("null"));
		return;
	}
	end = s + value.len;
	*begin_value(j, name, len, value.len + 2) = '"';
	j->nr++;
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

void json_key(struct json *j, const char *name)
{
	json_put_raw(j, JSON_LIT(",\""), name, strlen(name));
	put(j, JSON_LIT("\":"));
	j->first = j->item = true;
}
