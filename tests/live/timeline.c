// SPDX-License-Identifier: GPL-2.0
/*
 * report --perfetto, decoded by protobuf's own protoc: every event is on a
 * described track, slices nest, counters, flows and failures are those that
 * report --trace tells of the same file.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define MAX_FLOWS	64

struct event {
	unsigned long long t, track;
	char type[24], name[64];
	long long value;
	unsigned long long flows[MAX_FLOWS];
	size_t nr_flows, nr_ends;	/* the ends are the last of them */
	size_t order;
};

struct track {
	unsigned long long uuid, parent;
	char name[64];
	bool counter, slot, thread;
	int depth, most;	/* open slices */
};

static struct event *events;
static struct track *tracks;
static size_t nr_events, nr_tracks;

static struct track *track_of(unsigned long long uuid)
{
	for (size_t i = 0; i < nr_tracks; i++)
		if (tracks[i].uuid == uuid)
			return &tracks[i];
	return NULL;
}

static void text_value(char *to, size_t room, const char *value)
{
	snprintf(to, room, "%.*s", (int)strcspn(value + 1, "\""), value + 1);
}

/* Reads one packet of protoc's text form, from behind its first line to its closing brace. */
static void parse_packet(char **at)
{
	struct event e = { .order = nr_events };
	struct track t = { 0 };
	char block[4][32] = { "" };
	int depth = 0;

	for (char *line; (line = strsep(at, "\n"));) {
		char *key = line + strspn(line, " "), *value = strchr(key, ' ');

		if (*key == '}') {
			if (!depth--)
				break;
			continue;
		}
		if (!value)
			continue;
		*value++ = 0;
		if (*value == '{') {
			if (++depth < 4)
				snprintf(block[depth], sizeof(block[0]), "%s", key);
			t.counter |= !strcmp(key, "counter");
			t.thread |= !strcmp(key, "thread");
			continue;
		}
		if (depth == 0 && !strcmp(key, "timestamp:"))
			e.t = strtoull(value, NULL, 10);
		if (depth == 1 && !strcmp(block[1], "track_event")) {
			if (!strcmp(key, "type:"))
				snprintf(e.type, sizeof(e.type), "%s", value);
			else if (!strcmp(key, "track_uuid:"))
				e.track = strtoull(value, NULL, 10);
			else if (!strcmp(key, "name:"))
				text_value(e.name, sizeof(e.name), value);
			else if (!strcmp(key, "counter_value:"))
				e.value = strtoll(value, NULL, 10);
			else if (strstr(key, "flow_ids:") && e.nr_flows < MAX_FLOWS) {
				e.flows[e.nr_flows++] = strtoull(value, NULL, 10);
				e.nr_ends += !strncmp(key, "terminating", 11);
			}
		} else if (depth == 1 && !strcmp(block[1], "track_descriptor")) {
			if (!strcmp(key, "uuid:"))
				t.uuid = strtoull(value, NULL, 10);
			else if (!strcmp(key, "parent_uuid:"))
				t.parent = strtoull(value, NULL, 10);
			else if (!strcmp(key, "name:"))
				text_value(t.name, sizeof(t.name), value);
		}
	}
	if (e.type[0]) {
		events = realloc(events, (nr_events + 1) * sizeof(*events));
		events[nr_events++] = e;
	} else if (t.uuid) {
		t.slot = !strncmp(t.name, "slot ", 5);
		t.thread |= strstr(t.name, ", thread ") != NULL;
		tracks = realloc(tracks, (nr_tracks + 1) * sizeof(*tracks));
		tracks[nr_tracks++] = t;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static bool decode(const char *path)
{
	char command[256], *text, *at;

	snprintf(command, sizeof(command), "protoc --decode=perfetto.Trace --proto_path=user/share "
		 "perfetto.proto < %s > %s.txt", path, path);
	if (!ok(!system(command), "protoc reads it"))
		return false;
	snprintf(command, sizeof(command), "%s.txt", path);
	text = at = file_text(command);
	unlink(command);
	for (char *line; (line = strsep(&at, "\n"));)
		if (!strcmp(line, "packet {"))
			parse_packet(&at);
	free(text);
	qsort(events, nr_events, sizeof(*events), by_time);
	return true;
}

static bool is_type(const struct event *e, const char *type)
{
	return !strcmp(e->type, type);
}

/* ---- what it must hold ------------------------------------------------------------ */

static void check_tracks(void)
{
	size_t strangers = 0, orphans = 0, twice = 0, unfit = 0;

	for (size_t i = 0; i < nr_tracks; i++) {
		orphans += tracks[i].parent && !track_of(tracks[i].parent);
		twice += track_of(tracks[i].uuid) != &tracks[i];
	}
	for (size_t i = 0; i < nr_events; i++) {
		const struct track *t = track_of(events[i].track);

		strangers += !t;
		unfit += t && t->counter != is_type(&events[i], "TYPE_COUNTER");
	}
	ok(nr_tracks > 5, "there are tracks");
	is(orphans, 0, "every parent of a track is described");
	is(twice, 0, "no track is described twice");
	is(strangers, 0, "every event is on a described track");
	is(unfit, 0, "counters hold values, other tracks events");
}

static void check_nesting(void)
{
	size_t below = 0, deep = 0;

	for (size_t i = 0; i < nr_events; i++) {
		struct track *t = track_of(events[i].track);

		if (!t)
			continue;
		if (is_type(&events[i], "TYPE_SLICE_BEGIN"))
			t->depth++;
		if (is_type(&events[i], "TYPE_SLICE_END"))
			t->depth--;
		if (t->depth > t->most)
			t->most = t->depth;
		below += t->depth < 0;
		deep += t->depth > 1;
	}
	is(below, 0, "no slice ends that has not begun");
	is(deep, 0, "a slot holds one buffer at a time, a thread makes one call");
}

/* .nr: as many runs of demo are in it. */
static void check_flows(size_t nr)
{
	size_t lost = 0, headless = 0, ended = 0, through_io = 0;

	for (size_t i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];
		const struct track *t = track_of(e->track);

		if (t && t->slot && is_type(e, "TYPE_SLICE_BEGIN"))
			headless += e->nr_flows != 1;
		if (t && t->slot && strstr(e->name, "_FIXED"))
			through_io += e->nr_flows == 1;
		for (size_t k = e->nr_flows - e->nr_ends; k < e->nr_flows; k++) {
			bool found = false;

			for (size_t b = 0; b < i && !found; b++)
				for (size_t f = 0; f < events[b].nr_flows; f++) {
					const struct track *from = track_of(events[b].track);

					found |= events[b].flows[f] == e->flows[k] && from &&
						 from->thread;
				}
			lost += !found;
			ended++;
		}
	}
	is(headless, 0, "every life of a buffer is part of one flow");
	is(lost, 0, "every flow that ends began at a call");
	ok(ended > 0, "flows end where buffers are dropped");
	is(through_io, nr * 24, "and pass through the 24 I/Os over registered buffers");
}

/* From each call that failed a flow leads to an instant that tells the cause, where that is. */
static void check_causes(size_t nr)
{
	size_t failed = 0, led = 0, at_limit = 0;

	for (size_t i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];
		const struct track *t = track_of(e->track);
		bool found = false;

		failed += t && t->thread && is_type(e, "TYPE_INSTANT");
		if (!t || strncmp(e->name, "why ", 4))
			continue;
		for (size_t k = 0; k < nr_events && e->nr_ends == 1; k++) {
			const struct track *from = track_of(events[k].track);

			if (!from || !from->thread || !is_type(&events[k], "TYPE_SLICE_BEGIN"))
				continue;
			for (size_t f = 0; f < events[k].nr_flows; f++)
				found |= events[k].flows[f] == e->flows[e->nr_flows - 1] && events[k].t <= e->t;
		}
		led += found;
		at_limit += found && !strncmp(t->name, "uid ", 4);
	}
	ok(failed > 0, "calls failed");
	is(led, failed, "each leads to its cause");
	is(at_limit, nr, "those that exceed the limit to the account of their user");
}

static void check_against_trace(const struct json_lines *trace)
{
	size_t lives = 0, drops = 0, failed = 0, begun = 0, ended = 0, named = 0;
	long long user_pages = -1, counted = -1;
	unsigned long long charged_at = 0;

	for (size_t i = 0; i < trace->nr; i++) {
		struct json_object *o = trace->lines[i];
		const char *fact = json_text(o, "event");

		if (!fact)
			continue;
		lives += !strcmp(fact, "buffer") && !json_object_get_boolean(json_member(o, "empty"));
		drops += !strcmp(fact, "drop");
		failed += json_member(o, "errno") != NULL;
		if (json_member(o, "charged_uid") && json_member(o, "user_after_pages")) {
			user_pages = json_number(o, "user_after_pages");
			charged_at = json_number(o, "t_ns");
		}
	}
	for (size_t i = 0; i < nr_events; i++) {
		const struct event *e = &events[i];
		const struct track *t = track_of(e->track);

		if (!t)
			continue;
		begun += t->slot && is_type(e, "TYPE_SLICE_BEGIN");
		ended += t->slot && is_type(e, "TYPE_SLICE_END");
		named += t->thread && is_type(e, "TYPE_INSTANT");
		if (e->t <= charged_at && !strcmp(t->name, "charged") &&
		    !strncmp(track_of(t->parent)->name, "uid ", 4))
			counted = e->value;
	}
	ok(lives > 0, "the trace tells of buffers");
	is(begun, lives, "as many lives begin as it tells of buffers");
	is(ended, drops, "as many end as it tells of drops");
	is(named, failed, "failures are instants, one each");
	ok(charged_at, "a call is charged to a user");
	is(counted, user_pages * 4096, "the counter is at the user's level after the last such call");
}

/* Two machines: each has its track, on which all of it is, and nothing of one is taken for the other's. */
static void check_machines(const char *rec, const char *out)
{
	char other[64];
	size_t machines = 0, named = 0, strays = 0;
	unsigned long long last = 0, begin = 0;
	struct tool_run a;

	snprintf(other, sizeof(other), "%s.other", rec);
	if (!record_elsewhere("0-machine", "--io", other, "demo"))
		return;
	tool(&a, "report", "--perfetto", out, rec, other, NULL);
	is(a.status, 0, "a timeline of both");
	tool_free(&a);
	unlink(other);
	nr_events = nr_tracks = 0;
	if (!decode(out))
		return;
	for (size_t i = 0; i < nr_tracks; i++) {
		const struct track *t = &tracks[i];

		for (; t && t->parent; t = track_of(t->parent))
			;
		machines += !tracks[i].parent;
		named += !tracks[i].parent && !strcmp(tracks[i].name, "0-machine");
		strays += !t;
	}
	is(machines, 2, "two tracks are on top");
	is(named, 1, "one has the other machine's name");
	is(strays, 0, "all others are below one of them");
	for (size_t i = 0; i < nr_events; i++) {
		last = events[i].t > last ? events[i].t : last;
		begin = !begin || events[i].t < begin ? events[i].t : begin;
	}
	is(last / 1000000000 - begin / 1000000000 < 600 && begin / 1000000000 > 1500000000, true,
	   "times are those of the day, for both");
	check_tracks();
	check_nesting();
	check_flows(2);
	check_causes(2);
}

int main(void)
{
	char rec[] = "/tmp/fixbuf-timeline-XXXXXX", out[64];
	struct json_lines trace;
	struct tool_run a;
	int fd = mkstemp(rec);

	if (system("command -v protoc > /dev/null"))
		skip_all("there is no protoc (protobuf-compiler) to decode it with");
	if (fd < 0)
		bail("no temporary file");
	close(fd);
	snprintf(out, sizeof(out), "%s.pftrace", rec);
	tool(&a, "record", "-q", "-o", rec, "--io", "--", load_path("demo"), "--no-wait", NULL);
	is(a.status, 0, "record ends as its program");
	tool_free(&a);
	tool(&a, "report", "--perfetto", out, rec, NULL);
	is(a.status, 0, "report --perfetto");
	tool_free(&a);
	tool(&a, "report", "--trace", "--json", rec, NULL);
	json_lines_parse(&trace, a.out);
	ok(!trace.bad, "report --trace is JSON");
	if (decode(out)) {
		check_tracks();
		check_nesting();
		check_flows(1);
		check_causes(1);
		check_against_trace(&trace);
		check_machines(rec, out);
	}
	json_lines_free(&trace);
	tool_free(&a);
	unlink(rec);
	unlink(out);
	return tap_end();
}
