/* SPDX-License-Identifier: GPL-2.0 */
/* Short forms for what every JSON view writes. Names must be literals, each once an object. */
#ifndef FIXBUF_BASE_JSON_UTIL_H
#define FIXBUF_BASE_JSON_UTIL_H

#include <json-c/json.h>
#include <linux/types.h>
#include <stdio.h>

void json_int(json_object *o, const char *name, __s64 value);
void json_uint(json_object *o, const char *name, __u64 value);
void json_flag(json_object *o, const char *name, int value);
void json_str(json_object *o, const char *name, const char *value);
void json_null(json_object *o, const char *name);
/* "0x..." */
void json_addr(json_object *o, const char *name, __u64 value);

/* How lines are printed. */
#define JSON_LINE_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Prints on one line and frees. */
void json_line(FILE *out, json_object *o);

#endif
