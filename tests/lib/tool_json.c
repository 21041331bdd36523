// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "tool_json.h"

struct json_object *json_member(struct json_object *o, const char *key)
{
	struct json_object *member = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, key, &member);
	return member;
}

const char *json_text(struct json_object *o, const char *key)
{
	struct json_object *m = json_member(o, key);

	return json_object_is_type(m, json_type_string) ? json_object_get_string(m) : NULL;
}

long long json_number(struct json_object *o, const char *key)
{
	struct json_object *m = json_member(o, key);

	if (json_object_is_type(m, json_type_string))
		return (long long)strtoull(json_object_get_string(m), NULL, 0);
	if (json_object_is_type(m, json_type_int))
		return json_object_get_int64(m);
	if (json_object_is_type(m, json_type_boolean))
		return json_object_get_boolean(m);
	return -1;
}

bool json_is(struct json_object *o, const char *key, const char *text)
{
	const char *got = json_text(o, key);

	return got && !strcmp(got, text);
}

static size_t length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *json_element(struct json_object *list, size_t i)
{
	return i < length(list) ? json_object_array_get_idx(list, i) : NULL;
}

struct json_object *json_with(struct json_object *list, const char *key, const char *text)
{
	for (size_t i = 0; i < length(list); i++)
		if (json_is(json_element(list, i), key, text))
			return json_element(list, i);
	return NULL;
}

long long json_sum(struct json_object *o, const char *list, const char *key)
{
	struct json_object *all = json_member(o, list);
	long long n = 0;

	for (size_t i = 0; i < length(all); i++)
		n += json_number(json_element(all, i), key);
	return n;
}

static bool holds(struct json_object *ring, pid_t pid, int fd)
{
	struct json_object *holders = json_member(ring, "holders");

	for (size_t i = 0; i < length(holders); i++) {
		struct json_object *h = json_object_array_get_idx(holders, i);

		if (json_number(h, "pid") == pid && (fd < 0 || json_number(h, "fd") == fd))
			return true;
	}
	return json_number(ring, "pid") == pid && (fd < 0 || json_number(ring, "fd") == fd);
}

struct json_object *json_ring(struct json_object *list, pid_t pid, int fd)
{
	struct json_object *rings = json_member(list, "rings");

	for (size_t i = 0; i < length(rings); i++)
		if (holds(json_object_array_get_idx(rings, i), pid, fd))
			return json_object_array_get_idx(rings, i);
	return NULL;
}

size_t json_nr_rings(struct json_object *list, pid_t pid)
{
	struct json_object *rings = json_member(list, "rings");
	size_t nr = 0;

	for (size_t i = 0; i < length(rings); i++)
		nr += holds(json_object_array_get_idx(rings, i), pid, -1);
	return nr;
}

size_t json_ring_nr_buffers(struct json_object *ring)
{
	return length(json_member(ring, "buffers"));
}

struct json_object *json_ring_buffer(struct json_object *ring, unsigned int index)
{
	struct json_object *buffers = json_member(ring, "buffers");

	/* a buffer is mostly at the place of its index; empty slots shift it to the front */
	for (size_t i = index < length(buffers) ? index + 1 : length(buffers); i-- > 0;) {
		struct json_object *b = json_object_array_get_idx(buffers, i);

		if (json_number(b, "index") == index)
			return b;
	}
	return NULL;
}

static struct json_object *find(struct json_object *verify, pid_t pid, const char *tag, size_t *nr)
{
	struct json_object *all = json_member(verify, "findings"), *first = NULL;

	for (size_t i = 0; i < length(all); i++) {
		struct json_object *f = json_object_array_get_idx(all, i);

		if ((pid && json_number(f, "pid") != pid) || (tag && !json_is(f, "tag", tag)))
			continue;
		if (!first)
			first = f;
		(*nr)++;
	}
	return first;
}

size_t json_nr_findings(struct json_object *verify, pid_t pid, const char *tag)
{
	size_t nr = 0;

	find(verify, pid, tag, &nr);
	return nr;
}

struct json_object *json_finding(struct json_object *verify, pid_t pid, const char *tag)
{
	size_t nr = 0;

	return find(verify, pid, tag, &nr);
}

void json_lines_parse(struct json_lines *l, const char *text)
{
	size_t room = 0;

	memset(l, 0, sizeof(*l));
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);
		struct json_object *o = line[0] == '{' ? json_tokener_parse(line) : NULL;

		text += len + (text[len] == '\n');
		if (!o) {
			if (!l->bad)
				l->bad = line;
			else
				free(line);
			continue;
		}
		free(line);
		if (l->nr == room) {
			room = room ? 2 * room : 256;
			l->lines = realloc(l->lines, room * sizeof(*l->lines));
			if (!l->lines)
				abort();
		}
		l->lines[l->nr++] = o;
	}
}

struct json_object *json_lines_nth(const struct json_lines *l, const char *event, size_t n)
{
	for (size_t i = 0; i < l->nr; i++)
		if (json_is(l->lines[i], "event", event) && !n--)
			return l->lines[i];
	return NULL;
}

size_t json_lines_nr(const struct json_lines *l, const char *event)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nr; i++)
		n += json_is(l->lines[i], "event", event);
	return n;
}

void json_lines_free(struct json_lines *l)
{
	for (size_t i = 0; i < l->nr; i++)
		json_object_put(l->lines[i]);
	free(l->lines);
	free(l->bad);
}

unsigned int json_nr_lost(const struct json_lines *l, bool *skipped)
{
	unsigned int nr = 0;

	*skipped = false;
	for (size_t i = 0; i < l->nr; i++) {
		if (!json_is(l->lines[i], "event", "lost"))
			continue;
		if (json_number(l->lines[i], "cpu") >= 0)
			nr++;
		else
			*skipped = true;
	}
	return nr;
}
