// SPDX-License-Identifier: GPL-2.0
/*
 * Independent of the kernel: trace shows the events that were asked for, all of them and no other,
 * and so does report --trace; the totals count all.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char folder[] = "/tmp/fixbuf-trace_filter-XXXXXX";
static char lines_file[64], recording[64];
static unsigned int nr_failures;

static void count_failures(const char *text)
{
	for (nr_failures = 0; (text = strstr(text, "fail.")); nr_failures++)
		text = strstr(text, ".errno=") ?: text + strlen(text);
}

static void live(struct json_lines *l, const char *a, const char *b, const char *c)
{
	struct tool_run t;
	char *text;

	tool(&t, "trace", "--json", "-o", lines_file, a, b, c, "--", load_path("lifecycle"),
	     "--no-wait", NULL);
	is(t.status, 0, "trace %s ends well", a);
	text = file_text(lines_file);
	json_lines_parse(l, text);
	free(text);
	count_failures(t.out);
	tool_free(&t);
}

static void recorded(struct json_lines *l, const char *a, const char *b, const char *c)
{
	struct tool_run t;

	tool(&t, "report", "--trace", "--json", recording, a, b, c, NULL);
	is(t.status, 0, "report --trace %s ends well", a);
	json_lines_parse(l, t.out);
	tool_free(&t);
}

/* How many lines are of one of these events; *others gets the rest. */
static size_t nr_of(const struct json_lines *l, const char *const *events, size_t *others)
{
	size_t n = 0;

	*others = 0;
	for (size_t i = 0; i < l->nr; i++) {
		bool found = false;

		for (size_t k = 0; events[k]; k++)
			found |= json_is(l->lines[i], "event", events[k]);
		n += found;
		*others += !found;
	}
	return n;
}

static void with(void (*watch)(struct json_lines *l, const char *a, const char *b, const char *c),
		 const char *how)
{
	static const char *const calls[] = {
		"ring-create", "register", "unregister", "update", "clone", NULL
	}, *const pins[] = { "pin", "unpin", NULL };
	struct json_lines all, some;
	size_t n, others, want;

	watch(&all, "-q", "-q", "-q");
	want = nr_of(&all, calls, &others);
	ok(want > 0 && others > 0, "%s: %zu of %zu lines are calls", how, want, all.nr);
	watch(&some, "--calls", "-q", "-q");
	n = nr_of(&some, calls, &others);
	is(n, want, "%s: --calls shows each call", how);
	is(others, 0, "%s: and nothing else", how);
	json_lines_free(&some);
	want = nr_of(&all, pins, &others);
	watch(&some, "--events", "unpin,pin", "-q");
	n = nr_of(&some, pins, &others);
	is(n, want, "%s: --events shows those", how);
	is(others, 0, "%s: and nothing else", how);
	json_lines_free(&some);
	watch(&some, "--failed", "-q", "-q");
	is(some.nr, nr_failures, "%s: --failed shows what failed, once each", how);
	for (n = 0; n < some.nr && json_text(some.lines[n], "explain"); n++)
		;
	is(n, nr_failures, "%s: each with its cause", how);
	json_lines_free(&some);
	watch(&some, "--failed", "--events", "pin");
	is(some.nr, 0, "%s: both have to let a line through", how);
	json_lines_free(&some);
	watch(&some, "--slow", "1h", "-q");
	is(some.nr, 0, "%s: nothing took an hour", how);
	json_lines_free(&some);
	watch(&some, "--slow", "1ns", "--calls");
	n = nr_of(&some, calls + 1, &others);
	want = nr_of(&all, calls + 1, &others);
	is(n, want, "%s: each call took a nanosecond", how);
	json_lines_free(&some);
	json_lines_free(&all);
}

#define MIN_BYTES	600	/* some I/O of io_mix is smaller, some not */

static bool is_reading(struct json_object *line)
{
	return json_is(line, "opcode", "READ_FIXED");
}

static bool is_of_ring(struct json_object *line)
{
	return json_number(line, "fd") == 3;
}

static bool is_large(struct json_object *line)
{
	if (json_number(line, "len_bytes") < 0 && json_is(line, "event", "io-done"))
		return json_number(line, "result") >= MIN_BYTES;
	return json_number(line, "len_bytes") >= MIN_BYTES || json_number(line, "pages") > 0;
}

static bool is_large_reading(struct json_object *line)
{
	return is_reading(line) && is_large(line);
}

/* Of a recording: the lines are those of all that should be, in their order. */
static void compare(const struct json_lines *all, bool (*should)(struct json_object *line),
		    const char *a, const char *b, const char *c, const char *d)
{
	struct json_lines some;
	struct tool_run t;
	size_t n = 0, same = 0, shown = 0;

	tool(&t, "report", "--trace", "--json", recording, a, b, c ?: "-q", d ?: "-q", NULL);
	is(t.status, 0, "%s %s ends well", a, b);
	json_lines_parse(&some, t.out);
	for (size_t i = 0; i < all->nr; i++) {
		if (!json_text(all->lines[i], "comm") || !should(all->lines[i]))
			continue;
		if (n < some.nr)
			same += json_number(all->lines[i], "t_ns") == json_number(some.lines[n], "t_ns") &&
				json_is(all->lines[i], "event", json_text(some.lines[n], "event"));
		n++;
	}
	ok(n > 0 && n < all->nr, "%s %s: %zu of %zu lines", a, b, n, all->nr);
	is(same, n, "%s %s shows those, in their order", a, b);
	for (size_t i = 0; i < some.nr; i++)
		shown += !!json_text(some.lines[i], "comm");
	is(shown, n, "%s %s shows no other", a, b);
	json_lines_free(&some);
	tool_free(&t);
}

static const char *chosen_ring;

static bool is_of_chosen_ring(struct json_object *line)
{
	return json_is(line, "ring", chosen_ring);
}

/* Of a program with several rings: the one that is named by its address, in either case of its digits. */
static void by_address(void)
{
	struct json_lines all, none;
	struct tool_run t;
	char upper[32] = "";
	size_t n;

	tool(&t, "report", "--trace", "--json", recording, NULL);
	json_lines_parse(&all, t.out);
	tool_free(&t);
	chosen_ring = json_text(json_lines_nth(&all, "ring-create", 1), "ring");
	if (!ok(chosen_ring, "there is a second ring"))
		return;
	compare(&all, is_of_chosen_ring, "--ring", chosen_ring, NULL, NULL);
	for (n = 0; chosen_ring[n] && n + 1 < sizeof(upper); n++)
		upper[n] = n < 2 ? chosen_ring[n] : toupper(chosen_ring[n]);
	compare(&all, is_of_chosen_ring, "--ring", upper, NULL, NULL);
	json_lines_free(&all);
	live(&none, "--ring", "0x1000", "-q");
	is(none.nr, 0, "trace shows nothing of a ring that is not there");
	json_lines_free(&none);
}

static size_t nr_ended(const struct json_lines *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nr; i++)
		n += json_is(l->lines[i], "event", "io-done");
	return n;
}

/* "Only the READ_FIXED of more than 600 bytes, on that ring." */
static void by_ring_and_io(void)
{
	struct json_lines all, live;
	struct tool_run t;
	size_t n = 0;
	char *text;

	tool(&t, "record", "-q", "--io", "-o", recording, "--", load_path("io_mix"), NULL);
	is(t.status, 0, "record --io ends well");
	tool_free(&t);
	tool(&t, "report", "--trace", "--json", recording, NULL);
	json_lines_parse(&all, t.out);
	tool_free(&t);
	compare(&all, is_of_ring, "--fd", "3", NULL, NULL);
	compare(&all, is_reading, "--op", "read_fixed", NULL, NULL);
	compare(&all, is_large, "--min-size", "600", NULL, NULL);
	compare(&all, is_large_reading, "--op", "READ_FIXED", "--min-size", "600");
	json_lines_free(&all);

	tool(&t, "trace", "--json", "-o", lines_file, "--io", "--op", "WRITE_FIXED,SEND_ZC", "--fd", "3",
	     "--", load_path("io_mix"), NULL);
	is(t.status, 0, "trace --io --op WRITE_FIXED,SEND_ZC --fd 3 ends well");
	tool_free(&t);
	text = file_text(lines_file);
	json_lines_parse(&live, text);
	free(text);
	for (size_t i = 0; i < live.nr; i++)
		n += json_is(live.lines[i], "opcode", "WRITE_FIXED") || json_is(live.lines[i], "opcode", "SEND_ZC");
	/* the totals are of all I/O */
	is(live.nr ? json_number(live.lines[live.nr - 1], "shown") : -1, (long long)nr_ended(&live),
	   "which say how many I/Os had a line");
	ok(n > 500 && n + 1 == live.nr, "trace shows those alone, and the totals: %zu of %zu lines", n, live.nr);
	json_lines_free(&live);
	tool(&t, "trace", "--op", "WRITE_FIXED", NULL);
	is(t.status, 2, "--op without --io is refused");
	has_text(t.err, "--op is about I/O; add --io", "and it is said why");
	tool_free(&t);
	tool(&t, "trace", "--io", "--op", "WRITE_FIXES", NULL);
	is(t.status, 2, "an opcode that there is not is refused");
	has_text(t.err, "such as READ_FIXED,SEND_ZC", "with an example");
	tool_free(&t);
	tool(&t, "trace", "--io", "--op", "READ", NULL);
	is(t.status, 2, "and one that no line can be of");
	has_text(t.err, "over registered buffers, which alone have lines", "which is said");
	tool_free(&t);
}

/* Options that exclude each other would wait for what cannot come. */
static void nothing_to_show(void)
{
	static const char *const wrong[][4] = {
		{ "--calls", "--op", "SEND_ZC", "--op shows I/O alone" },
		{ "--calls", "--min-size", "64K", "--min-size shows what has a size" },
		{ "--events=buffer,drop", "--failed", "-q", "--failed shows calls" },
		{ "--events=charge", "--slow", "1ms", "--slow shows calls, pins and I/O" },
	};
	struct tool_run t;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		tool(&t, "trace", "--io", wrong[i][0], wrong[i][1], wrong[i][2], "-d", "1ms", NULL);
		is(t.status, 2, "%s %s is refused", wrong[i][0], wrong[i][1]);
		has_text(t.err, wrong[i][3], "and it is said why");
		tool_free(&t);
		tool(&t, "report", "--trace", wrong[i][0], wrong[i][1], wrong[i][2], recording, NULL);
		is(t.status, 2, "of a recording, too");
		tool_free(&t);
	}
}

int main(void)
{
	struct tool_run t;
	char totals[64];

	if (!mkdtemp(folder))
		bail("no folder");
	snprintf(lines_file, sizeof(lines_file), "%s/lines", folder);
	snprintf(recording, sizeof(recording), "%s/rec", folder);
	with(live, "trace");
	tool(&t, "record", "-q", "-o", recording, "--", load_path("lifecycle"), "--no-wait", NULL);
	is(t.status, 0, "record ends well");
	tool_free(&t);
	with(recorded, "report");
	by_address();
	by_ring_and_io();
	nothing_to_show();
	tool(&t, "trace", "--failed", "-o", lines_file, "--", load_path("lifecycle"), "--no-wait", NULL);
	snprintf(totals, sizeof(totals), ", %u failed; ", nr_failures);
	ok(strstr(t.err, totals) && !strstr(t.err, "; 0 rings created"), "the totals count all: %s", t.err);
	tool_free(&t);
	unlink(lines_file);
	unlink(recording);
	rmdir(folder);
	return tap_end();
}
