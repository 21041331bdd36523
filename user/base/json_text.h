/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One JSON object, written as it is told instead of built first: for lines that come by the
 * million. The same bytes as json_line() prints of the same members.
 */
#ifndef FIXBUF_BASE_JSON_TEXT_H
#define FIXBUF_BASE_JSON_TEXT_H

#include <json-c/json.h>
#include <linux/types.h>
#include <stdio.h>

struct json_text {
	char *buf;
	size_t nr, room;
};

/* Forgets what was there, keeps its memory. */
void text_begin(struct json_text *t);
/* Prints it on one line. */
void text_line(struct json_text *t, FILE *out);
void text_free(struct json_text *t);

/* Names must be literals. */
#define text_int(t, name, value)	text_put_int(t, TEXT_NAME(name), value)
#define text_uint(t, name, value)	text_put_uint(t, TEXT_NAME(name), value)
#define text_flag(t, name, value)	((value) ? text_put_raw(t, TEXT_NAME(name), TEXT_LIT("true")) : \
					 text_put_raw(t, TEXT_NAME(name), TEXT_LIT("false")))
#define text_null(t, name)		text_put_raw(t, TEXT_NAME(name), TEXT_LIT("null"))
#define text_str(t, name, value)	text_put_str(t, TEXT_NAME(name), value)
/* "0x..." */
#define text_addr(t, name, value)	text_put_addr(t, TEXT_NAME(name), value)
/* null unless it is known */
#define text_known(t, name, known, value) \
	((known) ? text_uint(t, name, value) : text_null(t, name))
/* The members of .o, which it frees: what is rare may be built. */
void text_members(struct json_text *t, json_object *o);

#define TEXT_LIT(s)	(s), sizeof(s) - 1
#define TEXT_NAME(name)	TEXT_LIT(",\"" name "\":")
void text_put_int(struct json_text *t, const char *name, size_t len, __s64 value);
void text_put_uint(struct json_text *t, const char *name, size_t len, __u64 value);
void text_put_raw(struct json_text *t, const char *name, size_t len, const char *s, size_t s_len);
void text_put_str(struct json_text *t, const char *name, size_t len, const char *value);
void text_put_addr(struct json_text *t, const char *name, size_t len, __u64 value);

#endif
