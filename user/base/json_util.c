// SPDX-License-Identifier: GPL-2.0
#include "base/fmt.h"
#include "base/json_util.h"

/* Names are literals and never given twice: no copy, no look-up. */
static void add(json_object *o, const char *name, json_object *value)
{
	json_object_object_add_ex(o, name, value,
				  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

void json_int(json_object *o, const char *name, __s64 value)
{
	add(o, name, json_object_new_int64(value));
}

void json_uint(json_object *o, const char *name, __u64 value)
{
	add(o, name, json_object_new_uint64(value));
}

void json_flag(json_object *o, const char *name, int value)
{
	add(o, name, json_object_new_boolean(value));
}

void json_str(json_object *o, const char *name, const char *value)
{
	add(o, name, json_object_new_string(value));
}

void json_null(json_object *o, const char *name)
{
	add(o, name, NULL);
}

void json_addr(json_object *o, const char *name, __u64 value)
{
	char buf[FMT_LEN];

	json_str(o, name, fmt_addr(buf, value));
}

void json_line(FILE *out, json_object *o)
{
	fputs(json_object_to_json_string_ext(o, JSON_LINE_FLAGS), out);
	fputc('\n', out);
	json_object_put(o);
}
