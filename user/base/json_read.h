/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON, read as it is asked for: no tree is built, so that a hostile document takes no more memory than
 * its text. A document that breaks the rules of JSON ends every loop, and .bad says where.
 *
 *	while (json_next_member(&r, &name))
 *		if (json_name_is(name, "pid"))
 *			json_read_uint(&r, &pid);
 *		else
 *			json_skip(&r);
 */
#ifndef FIXBUF_BASE_JSON_READ_H
#define FIXBUF_BASE_JSON_READ_H

#include <linux/types.h>
#include <stdbool.h>
#include <string.h>
#include "base/untrusted.h"

struct json_reader {
	char *begin, *at, *end;	/* the text; strings are decoded in place */
	const char *bad;	/* where it is no JSON, NULL = so far it is */
	unsigned int depth;
	bool first;		/* nothing of this scope was read yet */
};

void json_read_begin(struct json_reader *r, char *text, size_t len);
/* Whether the document ends here, and nothing follows. */
bool json_read_end(struct json_reader *r);

/* Goes into the object or list that comes; false, and it is skipped, where something else does. */
bool json_enter_object(struct json_reader *r);
bool json_enter_list(struct json_reader *r);
/* Goes on to the next value of the innermost scope; false at its end, which it leaves. */
bool json_next_member(struct json_reader *r, struct untrusted *name);
bool json_next_item(struct json_reader *r);

/* The value that comes; false, and it is skipped, where it is of another type or does not fit. */
bool json_read_uint(struct json_reader *r, __u64 *value);
bool json_read_int(struct json_reader *r, __s64 *value);
bool json_read_text(struct json_reader *r, struct untrusted *value);
/* Whether the value that comes is true. */
bool json_read_true(struct json_reader *r);
void json_skip(struct json_reader *r);

static inline bool json_name_is(struct untrusted name, const char *s)
{
	return name.len == strlen(s) && !memcmp(name.bytes, s, name.len);
}

#endif
