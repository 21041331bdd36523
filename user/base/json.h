/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON, written as it is told: one object a line, always valid, always UTF-8. Numbers of 64 bits
 * are numbers, addresses "0x..." strings, and what is not known is null. Nothing is allocated but
 * a buffer that is used again.
 *
 * Names are literals. A member with a name goes into an object, an item without one into a list;
 * a mistake there ends the program.
 */
#ifndef FIXBUF_BASE_JSON_H
#define FIXBUF_BASE_JSON_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/untrusted.h"

struct json {
	FILE *out;
	char *buf;		/* owned */
	size_t nr, room;
	__u64 lists;		/* a bit for each open scope, the innermost lowest: it is a list */
	unsigned int depth;
	bool first;		/* of its scope, or after a key: no comma goes before it */
	bool item;		/* what comes next has no name */
	bool in_html;		/* '<' becomes \u003c: no text may end the <script> around */
};

/* Opens the object of a line. What .j held is forgotten, its buffer is kept. */
void json_begin(struct json *j, FILE *out);
/* Closes it, and prints it with a line end. */
void json_end(struct json *j);
void json_free(struct json *j);

#define json_open(j, name)		json_put_open(j, JSON_NAME(name), false)
#define json_open_list(j, name)		json_put_open(j, JSON_NAME(name), true)
/* The innermost scope. */
void json_close(struct json *j);

#define json_int(j, name, value)	json_put_int(j, JSON_NAME(name), value)
#define json_uint(j, name, value)	json_put_uint(j, JSON_NAME(name), value)
/* Seventeen digits, with a point; null when it is no number. */
#define json_double(j, name, value)	json_put_double(j, JSON_NAME(name), value, -1)
/* So many digits after the point. */
#define json_fixed(j, name, value, digits) json_put_double(j, JSON_NAME(name), value, digits)
#define json_flag(j, name, value)	((value) ? json_put_raw(j, JSON_NAME(name), JSON_LIT("true")) : \
					 json_put_raw(j, JSON_NAME(name), JSON_LIT("false")))
#define json_null(j, name)		json_put_raw(j, JSON_NAME(name), JSON_LIT("null"))
/* Our own words; NULL is null. */
#define json_str(j, name, value)	json_put_text(j, JSON_NAME(name), untrusted(value))
#define json_text(j, name, value)	json_put_text(j, JSON_NAME(name), value)
#define json_comm(j, name, value)	json_put_text(j, JSON_NAME(name), comm_name(value))
#define json_addr(j, name, value)	json_put_addr(j, JSON_NAME(name), value)
/* null unless it is known */
#define json_known(j, name, known, value) \
	((known) ? json_uint(j, name, value) : json_null(j, name))
#define json_known_int(j, name, known, value) \
	((known) ? json_int(j, name, value) : json_null(j, name))

#define json_item_open(j)		json_put_open(j, JSON_ITEM, false)
#define json_item_list(j)		json_put_open(j, JSON_ITEM, true)
#define json_item_int(j, value)		json_put_int(j, JSON_ITEM, value)
#define json_item_uint(j, value)	json_put_uint(j, JSON_ITEM, value)
#define json_item_str(j, value)		json_put_text(j, JSON_ITEM, untrusted(value))

/* A name of our own that is no literal: an item follows, as its value. */
void json_key(struct json *j, const char *name);

#define JSON_LIT(s)	(s), sizeof(s) - 1
#define JSON_NAME(name)	JSON_LIT(",\"" name "\":")
#define JSON_ITEM	JSON_LIT(",")
void json_put_open(struct json *j, const char *name, size_t len, bool list);
void json_put_int(struct json *j, const char *name, size_t len, __s64 value);
void json_put_uint(struct json *j, const char *name, size_t len, __u64 value);
void json_put_double(struct json *j, const char *name, size_t len, double value, int digits);
void json_put_raw(struct json *j, const char *name, size_t len, const char *s, size_t s_len);
void json_put_text(struct json *j, const char *name, size_t len, struct untrusted value);
void json_put_addr(struct json *j, const char *name, size_t len, __u64 value);

#endif
