// SPDX-License-Identifier: GPL-2.0
/*
 * verify --watch --io tells requests over the same memory that are under way together, exactly, and none
 * where they are in an order, write no memory, or are over other bytes or other memory.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "io_watch.h"
#include "load.h"
#include "witness.h"

static bool is_one_of(const char *mode, const char *a, const char *b, const char *c)
{
	return !strcmp(mode, a) || !strcmp(mode, b) || !strcmp(mode, c);
}

static void check_told(const struct io_watch *w, const char *mode, bool certain, bool possible)
{
	struct json_object *overlap = json_member(w->summary, "overlap");
	double rounds = value_number(w->a.out, "rounds");

	is(json_number(overlap, "certain"), certain ? rounds : 0, "%s: certain", mode);
	is(json_number(overlap, "possible"), possible ? rounds : 0, "%s: possible", mode);
	is(json_number(overlap, "uncompared"), 0, "%s: all were compared", mode);
	/* a child of each round's own */
	is(w->nr, !strcmp(mode, "child") ? rounds : certain + possible, "%s: each told once", mode);
	if (!w->last || certain == possible)
		return;
	is_text(json_text(w->last, "severity"), certain ? "error" : "info", "%s: as what", mode);
	is(json_number(w->last, "index"), is_one_of(mode, "slots", "remapped", "remapped"), "%s: of which slot", mode);
	if (strcmp(mode, "child"))
		is(json_number(w->last, "pid"), value_number(w->a.out, "pid"), "%s: of whom", mode);
}

static void check(const char *mode, bool certain, bool possible)
{
	struct json_object *overlap;
	struct io_watch w;

	io_watch(&w, tool_tier(), "overlap", mode, "overlap");
	overlap = json_member(w.summary, "overlap");
	/* without the request at its end: what waits for a file may have been run at once */
	if (!strcmp(mode, "together") && value_number(w.a.out, "to_5_17")) {
		certain = false;
		possible = true;
	}
	/* our series keeps pages of a buffer otherwise: whether two slots have the same ones is not seen */
	if (tool_tier() && !strcmp(tool_tier(), "patched") && is_one_of(mode, "slots", "rings", "remapped") &&
	    json_number(overlap, "possible") > 0) {
		certain = false;
		possible = true;
	}
	if (json_object_get_boolean(json_member(overlap, "ends_missed"))) {
		is(json_number(overlap, "certain"), 0, "%s: nothing is certain where ends were missed", mode);
		if (witness_kernel(7, 0))
			skip(mode, "the kernel left out some of our programs");
		else
			ok(false, "%s: ends were missed on a kernel that leaves no program out", mode);
	} else {
		check_told(&w, mode, certain, possible);
	}
	io_watch_free(&w);
}

/* Looks come between the requests and after them: that does not make several findings of one, nor one of the first of them. */
static void check_looks(void)
{
	struct io_watch w;

	io_watch_every(&w, "100ms", tool_tier(), "overlap", "slowly", "overlap");
	if (json_object_get_boolean(json_member(json_member(w.summary, "overlap"), "ends_missed"))) {
		skip("slowly", "the kernel left out some of our programs");
	} else {
		check_told(&w, "slowly", true, false);
		/* each rests by what it took: there may be few on a busy machine */
		note("slowly: %g looks", (double)json_number(w.summary, "looks"));
		is(json_number(w.summary, "errors"), 1, "slowly: counted once");
		is(w.requests, value_number(w.a.out, "rounds"), "slowly: in the end all are told");
	}
	io_watch_free(&w);
}

/* The memory of a zero-copy send is in use until its notification. */
static void check_sent(const char *mode, bool certain)
{
	struct io_watch w;

	io_watch(&w, tool_tier(), "overlap_sent", mode, "overlap");
	if (w.a.status == 77 || !value_number(w.a.out, "rounds"))
		skip(mode, "this kernel has no SEND_ZC");
	else if (json_object_get_boolean(json_member(json_member(w.summary, "overlap"), "ends_missed")))
		skip(mode, "the kernel left out some of our programs");
	else
		check_told(&w, mode, certain, false);
	io_watch_free(&w);
}

/* Of what waits in vain, or was refused, nothing is under way. */
static void check_never(const char *mode, bool possible)
{
	struct io_watch w;

	io_watch(&w, tool_tier(), "overlap_never", mode, "overlap");
	if (value_number(w.a.out, "to_5_17"))
		skip(mode, "a completion names no request on this kernel");
	else if (json_object_get_boolean(json_member(json_member(w.summary, "overlap"), "ends_missed")))
		skip(mode, "the kernel left out some of our programs");
	else
		check_told(&w, mode, false, possible);
	io_watch_free(&w);
}

/* Completions that overflow, and may have been of anything, make nothing of another user's uncertain. */
static void check_beside_overflow(const char *whose, bool certain)
{
	struct json_object *overlap;
	struct load flood, other;
	struct io_watch w;

	if (!load_start(&flood, "overflow", whose, "--late", NULL)) {
		skip("beside overflow", "%s", flood.skip);
		return;
	}
	if (!load_start(&other, "overlap", "parked", "--late", NULL))
		bail("%s", other.skip);
	io_watch_both(&w, "beside overflow", &flood, &other);
	overlap = json_member(w.summary, "overlap");
	if (witness_kernel(7, 0) && json_object_get_boolean(json_member(overlap, "ends_missed"))) {
		skip("beside overflow", "the kernel left out some of our programs");
	} else {
		/* not every kernel up to 6.12 tells these tags as overflowed; they end no request there either */
		certain |= !witness_kernel(6, 13) && !json_object_get_boolean(json_member(overlap, "ends_missed"));
		is(json_object_get_boolean(json_member(overlap, "ends_missed")), !certain,
		   "beside overflow of %s: whether ends were missed", whose);
		is(json_number(overlap, certain ? "certain" : "possible"), load_number(&other, "rounds"),
		   "beside overflow of %s: each is %s", whose, certain ? "certain" : "possible");
	}
	load_end(&flood);
	load_end(&other);
	io_watch_free(&w);
}

int main(void)
{
	check_beside_overflow("plain", true);
	check_beside_overflow("root", false);
	check_sent("late", true);
	check_sent("notified", false);
	check("parked", true, false);
	check_looks();
	check("together", true, false);
	check("slots", true, false);
	check("rings", true, false);
	check("plain", false, true);
	check("waiting", false, true);
	check("both", true, true);
	check("outlived", true, false);
	check("followed", false, true);
	check("child", true, false);
	check("halves", false, false);
	check("mirror", false, false);
	check("linked", false, false);
	check("drained", false, false);
	check("reused", false, false);
	check("remapped", false, false);
	check("writing", false, false);
	check_never("closed", false);
	check_never("ended", false);
	check_never("draining", false);
	check_never("refused", false);
	check_never("heads", true);
	return tap_end();
}
