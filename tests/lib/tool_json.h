/* SPDX-License-Identifier: GPL-2.0 */
/* Look-ups in what list, verify and trace print as JSON. */
#ifndef FIXBUF_TOOL_JSON_H
#define FIXBUF_TOOL_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The member as a number, also when it is a string "0x..."; -1 when it is missing or null. */
long long json_number(struct json_object *o, const char *key);
const char *json_text(struct json_object *o, const char *key);
bool json_is(struct json_object *o, const char *key, const char *text);
struct json_object *json_member(struct json_object *o, const char *key);

/* Of the member that is a list: its element (NULL beyond the end), and that with this text. */
struct json_object *json_element(struct json_object *list, size_t i);
struct json_object *json_with(struct json_object *list, const char *key, const char *text);
/* The sum of a number over all elements of the member that is a list; 0 without. */
long long json_sum(struct json_object *o, const char *list, const char *key);

/* The ring that this process holds at this descriptor (-1: any), NULL when it is not listed. */
struct json_object *json_ring(struct json_object *list, pid_t pid, int fd);
/* How many rings this process holds. */
size_t json_nr_rings(struct json_object *list, pid_t pid);
struct json_object *json_ring_buffer(struct json_object *ring, unsigned int index);
size_t json_ring_nr_buffers(struct json_object *ring);

/* Findings about a process (0 = any) with a tag (NULL = any): how many, and the first. */
size_t json_nr_findings(struct json_object *verify, pid_t pid, const char *tag);
struct json_object *json_finding(struct json_object *verify, pid_t pid, const char *tag);

/* Parses a text of JSON lines; false and the bad line when one does not parse. */
struct json_lines {
	struct json_object **lines;
	size_t nr;
	char *bad;
};
void json_lines_parse(struct json_lines *l, const char *text);
/* How many are of that event, and the .nth of them; NULL when there are not so many. */
size_t json_lines_nr(const struct json_lines *l, const char *event);
struct json_object *json_lines_nth(const struct json_lines *l, const char *event, size_t n);
void json_lines_free(struct json_lines *l);

/*
 * Of what trace told as lines: lines of lost events, of any process. Runs that a preemptible kernel
 * skipped, as another task on the CPU was in our program, are .skipped: what it tells is not all then.
 */
unsigned int json_nr_lost(const struct json_lines *l, bool *skipped);

#endif
