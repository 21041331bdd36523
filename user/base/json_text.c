// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json_text.h"
#include "base/json_util.h"

#define NUMBER_MAX 20	/* characters of a 64-bit number */

/* Room for so many more; where they go. */
static char *room(struct json_text *t, size_t more)
{
	if (t->room - t->nr < more) {
		t->room = 2 * t->room + more;
		t->buf = must_realloc(t->buf, t->room, 1);
	}
	return t->buf + t->nr;
}

static void put(struct json_text *t, const char *s, size_t len)
{
	memcpy(room(t, len), s, len);
	t->nr += len;
}

void text_begin(struct json_text *t)
{
	t->nr = 0;
}

void text_line(struct json_text *t, FILE *out)
{
	put(t, TEXT_LIT("}\n"));
	/* the first member came with a comma, too */
	t->buf[0] = '{';
	fwrite_unlocked(t->buf, 1, t->nr, out);
}

void text_free(struct json_text *t)
{
	free(t->buf);
	*t = (struct json_text){ 0 };
}

void text_put_raw(struct json_text *t, const char *name, size_t len, const char *s, size_t s_len)
{
	put(t, name, len);
	put(t, s, s_len);
}

void text_put_uint(struct json_text *t, const char *name, size_t len, __u64 value)
{
	char digits[NUMBER_MAX], *s = digits + sizeof(digits);

	do
		*--s = '0' + value % 10;
	while (value /= 10);
	text_put_raw(t, name, len, s, digits + sizeof(digits) - s);
}

void text_put_int(struct json_text *t, const char *name, size_t len, __s64 value)
{
	if (value >= 0) {
		text_put_uint(t, name, len, value);
		return;
	}
	put(t, name, len);
	text_put_uint(t, TEXT_LIT("-"), -(__u64)value);
}

void text_put_addr(struct json_text *t, const char *name, size_t len, __u64 value)
{
	char digits[NUMBER_MAX], *s = digits + sizeof(digits);

	*--s = '"';
	do
		*--s = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	*--s = 'x';
	*--s = '0';
	*--s = '"';
	text_put_raw(t, name, len, s, digits + sizeof(digits) - s);
}

/* What json-c leaves as it is: a byte above 0x7f, too. */
static size_t plain_length(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= ' ' && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void put_escaped(struct json_text *t, unsigned char c)
{
	static const char names[] = "\"\"\\\\\bb\nn\rr\tt\ff";
	char escaped[8];

	for (const char *n = names; *n; n += 2) {
		if ((unsigned char)*n == c) {
			put(t, (char[]){ '\\', n[1] }, 2);
			return;
		}
	}
	snprintf(escaped, sizeof(escaped), "\\u%04x", c);
	put(t, escaped, 6);
}

void text_put_str(struct json_text *t, const char *name, size_t len, const char *value)
{
	text_put_raw(t, name, len, TEXT_LIT("\""));
	for (;;) {
		size_t n = plain_length(value);

		put(t, value, n);
		value += n;
		if (!*value)
			break;
		put_escaped(t, *value++);
	}
	put(t, TEXT_LIT("\""));
}

void text_members(struct json_text *t, json_object *o)
{
	size_t len;
	const char *s = json_object_to_json_string_length(o, JSON_LINE_FLAGS, &len);

	if (len > 2)
		text_put_raw(t, TEXT_LIT(","), s + 1, len - 2);
	json_object_put(o);
}
