// SPDX-License-Identifier: GPL-2.0
#include "base/clock.h"
#include "commands/diff/run_report.h"

/* A percentile is of a bucket, and off by a 32nd: two, by a 16th. What is beyond this is no artefact. */
#define SLOWER	1.25
#define FEW	100
#define MANY	10000	/* so that a hundredth is 100 */

/* By the names of their members; what a group has stands together, what it is a part of first. */
enum { CALLS, FAILED, TIMED, CALL_P50, CALL_P99, NR_CALL };
enum { OPS, OPS_PER_S, BYTES, BYTES_PER_S, ERRORS, IO_P50, IO_P50_LOW, IO_P50_HIGH, IO_P99, NR_IO };
enum { LEFT, LEFT_BYTES, NR_LEFT };

#define NR_CALLS 6

#define OF_CALL(i, call) \
	{ call, "calls", call " calls", UNIT_COUNT, MATTERS_NOT, 0, 0 }, \
	{ call, "failed", call ", failed", UNIT_COUNT, MATTERS_FAILED, i * NR_CALL + CALLS, 0 }, \
	{ call, "timed", NULL, UNIT_COUNT, MATTERS_NOT, 0, 0 }, \
	{ call, "p50_ns", call ", P50", UNIT_TIME, MATTERS_LATENCY, i * NR_CALL + TIMED, FEW }, \
	{ call, "p99_ns", call ", P99", UNIT_TIME, MATTERS_LATENCY, i * NR_CALL + TIMED, MANY }

#define IO(i)	(NR_CALLS * NR_CALL + (i) * NR_IO)
#define OF_IO(i, io) \
	{ io, "ops", io " I/Os", UNIT_COUNT, MATTERS_NOT, 0, 0 }, \
	{ io, "ops_per_s", io " I/Os, per second", UNIT_COUNT, MATTERS_NOT, 0, 0 }, \
	{ io, "bytes", NULL, UNIT_BYTES, MATTERS_NOT, 0, 0 }, \
	{ io, "bytes_per_s", io " I/O, bytes per second", UNIT_BYTES, MATTERS_NOT, 0, 0 }, \
	{ io, "errors", io " I/Os, failed", UNIT_COUNT, MATTERS_FAILED, IO(i) + OPS, 0 }, \
	{ io, "p50_ns", io " I/O, P50", UNIT_TIME, MATTERS_LATENCY, IO(i) + OPS, FEW }, \
	{ io, "p50_low_ns", NULL, UNIT_TIME, MATTERS_NOT, 0, 0 }, \
	{ io, "p50_high_ns", NULL, UNIT_TIME, MATTERS_NOT, 0, 0 }, \
	{ io, "p99_ns", io " I/O, P99", UNIT_TIME, MATTERS_LATENCY, IO(i) + OPS, MANY }

#define BUFFERS	IO(2)

static const struct counter_row rows[] = {
	OF_CALL(0, "register"), OF_CALL(1, "update"), OF_CALL(2, "clone"), OF_CALL(3, "unregister"),
	OF_CALL(4, "ring-create"), OF_CALL(5, "enter"),
	OF_IO(0, "fixed"), OF_IO(1, "plain"),
	[BUFFERS + LEFT] = { "buffers", "left", "buffers left at the end", UNIT_COUNT, MATTERS_NOT, 0, 0 },
	[BUFFERS + LEFT_BYTES] = { "buffers", "left_bytes", "their length", UNIT_BYTES, MATTERS_NOT, 0, 0 },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(NR_ROWS == BUFFERS + NR_LEFT && NR_ROWS <= NR_COUNTERS, "one place for each");

const struct counter_row *counter_row(size_t i)
{
	return i < NR_ROWS ? &rows[i] : NULL;
}

/* Of an object: the counters that are called as in the .nr rows from .first on. */
static void take_counters(struct json_reader *j, size_t first, size_t nr, struct amount *to, struct untrusted *call)
{
	struct untrusted name;

	while (json_next_member(j, &name)) {
		size_t i = 0;

		while (i < nr && !json_name_is(name, rows[first + i].name))
			i++;
		if (i < nr)
			to[i].known = json_read_uint(j, &to[i].value);
		else if (call && json_name_is(name, "call"))
			json_read_text(j, call);
		else
			json_skip(j);
	}
}

static void take_calls(struct run_report *r, struct json_reader *j)
{
	if (!json_enter_list(j))
		return;
	r->there = true;
	while (json_next_item(j)) {
		struct amount of[NR_CALL] = { 0 };
		struct untrusted call = { 0 };

		if (!json_enter_object(j))
			continue;
		take_counters(j, 0, NR_CALL, of, &call);
		for (size_t i = 0; call.bytes && i < NR_CALLS; i++)
			if (json_name_is(call, rows[i * NR_CALL].group))
				memcpy(&r->of[i * NR_CALL], of, sizeof(of));
	}
}

static void take_group(struct run_report *r, struct json_reader *j, size_t first, size_t nr)
{
	if (json_enter_object(j))
		take_counters(j, first, nr, &r->of[first], NULL);
}

bool run_report_take(struct run_report *r, struct json_reader *j, struct untrusted name)
{
	if (json_name_is(name, "duration_ns"))
		json_read_uint(j, &r->duration_ns);
	else if (json_name_is(name, "cut_off"))
		r->cut_off = json_read_true(j);
	else if (json_name_is(name, "calls"))
		take_calls(r, j);
	else if (json_name_is(name, "fixed"))
		take_group(r, j, IO(0), NR_IO);
	else if (json_name_is(name, "plain"))
		take_group(r, j, IO(1), NR_IO);
	else if (json_name_is(name, "buffers"))
		take_group(r, j, BUFFERS, NR_LEFT);
	else
		return false;
	return true;
}

static void per_second(const struct run_report *r, struct amount *to, const struct amount *of)
{
	to->known = of->known && r->duration_ns;
	to->value = to->known ? (__u64)((double)of->value * NS_PER_S / r->duration_ns) : 0;
}

void run_report_end(struct run_report *r)
{
	for (int i = 0; i < 2; i++) {
		per_second(r, &r->of[IO(i) + OPS_PER_S], &r->of[IO(i) + OPS]);
		per_second(r, &r->of[IO(i) + BYTES_PER_S], &r->of[IO(i) + BYTES]);
	}
}

/* ---- comparison --------------------------------------------------------------------------- */

double run_ratio(const struct run_report *a, const struct run_report *b, size_t i)
{
	const struct amount *had = &a->of[i], *has = &b->of[i];

	return had->known && has->known && had->value && has->value ? (double)has->value / had->value : 0;
}

bool run_spread(const struct run_report *a, const struct run_report *b, size_t i, double *low, double *high)
{
	if (i < IO(0) || i >= IO(2) || (i - IO(0)) % NR_IO != IO_P50)
		return false;
	*low = b->of[i + 1].known && a->of[i + 2].value ? (double)b->of[i + 1].value / a->of[i + 2].value : 0;
	*high = b->of[i + 2].known && a->of[i + 1].value ? (double)b->of[i + 2].value / a->of[i + 1].value : 0;
	return *low && *high;
}

static double part(const struct run_report *r, size_t i)
{
	const struct amount *all = &r->of[rows[i].of];

	return r->of[i].known && all->value ? (double)r->of[i].value / all->value : 0;
}

bool run_has_any(const struct run_report *r)
{
	for (size_t i = 0; i < NR_COUNTERS; i++)
		if (r->of[i].known && r->of[i].value)
			return true;
	return false;
}

bool run_fails_more(const struct run_report *a, const struct run_report *b)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].matters == MATTERS_FAILED && part(b, i) > part(a, i))
			return true;
	return false;
}

int run_is_slower(const struct run_report *a, const struct run_report *b)
{
	bool compared = false;

	for (size_t i = 0; i < NR_ROWS; i++) {
		const struct counter_row *row = &rows[i];
		double low, high;

		if (row->matters != MATTERS_LATENCY || !a->of[i].known || !b->of[i].known ||
		    a->of[row->of].value < row->least || b->of[row->of].value < row->least)
			continue;
		if (run_ratio(a, b, i) > SLOWER && !(run_spread(a, b, i, &low, &high) && low <= 1))
			return 1;
		compared = true;
	}
	return compared ? 0 : -1;
}
