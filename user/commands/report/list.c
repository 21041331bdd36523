// SPDX-License-Identifier: GPL-2.0
/* report --list: the rings and their buffers at a moment. */
#include <ctype.h>
#include <stdlib.h>
#include <time.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "commands/report/report.h"
#include "model/totals.h"
#include "views/asked.h"
#include "views/rings.h"

#define NS	1000000000LL
#define DAY_NS	(86400 * NS)

/* "14:03", "14:03:22", "14:03:22.5": nanoseconds of the day, -1 when it is none. .unit: the minute or second that it is in. */
static __s64 time_of_day(const char *s, __s64 *unit)
{
	unsigned int hours, minutes;
	double seconds = 0;
	int used = 0;

	if (sscanf(s, "%2u:%2u%n", &hours, &minutes, &used) != 2 || hours > 23 || minutes > 59)
		return -1;
	s += used;
	*unit = *s == ':' ? NS : 60 * NS;
	if (*s == ':') {
		char *end;

		if (!isdigit((unsigned char)s[1]))
			return -1;
		seconds = strtod(s + 1, &end);
		s = end;
	}
	if (*s || !(seconds >= 0 && seconds < 60))
		return -1;
	return (hours * 60 + minutes) * 60 * NS + (__s64)(seconds * NS);
}

static __s64 begin_of_day(const struct report *r)
{
	time_t s = r->replay.begin_ns / NS;
	struct tm tm = { 0 };

	localtime_r(&s, &tm);
	return ((tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec) * NS + r->replay.begin_ns % NS;
}

/* From the begin to that time of its day, negative before; the minute or second that it is in is the begin. */
static __s64 since_begin(const struct report *r, __s64 of_day, __s64 unit)
{
	const __s64 begin = begin_of_day(r);

	return of_day < begin && of_day / unit == begin / unit ? 0 : of_day - begin;
}

static int refuse_before(const struct report *r)
{
	time_t s = r->replay.begin_ns / NS;
	char when[32];
	struct tm tm;

	strftime(when, sizeof(when), "%T", localtime_r(&s, &tm));
	return misuse("--at %s is before the start (%s.%03lld); give a later time", r->o->at, when,
		      r->replay.begin_ns % NS / 1000000);
}

static void print(const struct report *r, const struct ledger *l)
{
	const struct report_options *o = r->o;
	struct json j = { 0 };

	if (o->output.json) {
		json_begin(&j, o->output.out);
		view_rings_json(&j, &o->output, &o->select, l, r->origin->tier, false);
		view_asked_json(&j, &r->origin->asked);
		json_uint(&j, "lost", l->lost);
		json_end(&j);
		json_free(&j);
		return;
	}
	view_rings_text(&o->output, &o->select, l, NULL);
	if (!ledger_totals(l, &o->select).rings && !o->at && !o->output.quiet)
		fprintf(o->output.out, "no ring%s was open at the end; --at TIME shows an earlier moment\n",
			selection_asks(&o->select) ? " of the selection" : "");
	if (l->lost && !o->output.quiet)
		fprintf(o->output.out, "%llu events were lost before this moment: what they changed is missing\n",
			l->lost);
}

static int between_parts(__s64 from_ns, __s64 to_ns)
{
	char from[FMT_LEN], to[FMT_LEN];

	return misuse("what was there at that moment was not recorded: it lies between parts, %s to %s after the start",
		      fmt_ns(from, from_ns), fmt_ns(to, to_ns));
}

/* What a look found was there when it began; before the first nothing is known. */
static bool is_later(const struct event *e, __s64 at, bool looked)
{
	return looked && e->since_ns > at && !(e->kind == EVENT_FACT && e->fact->flags & FACT_F_SNAPSHOT);
}

int report_list(struct report *r)
{
	__s64 at = -1, of_day = -1, unit = 0, last = 0;
	bool before = false, looked = false;
	struct event t;
	__u64 ns;
	int n;

	if (r->o->at && !parse_duration(r->o->at, &ns))
		at = ns;
	else if (r->o->at && (of_day = time_of_day(r->o->at, &unit)) < 0)
		return misuse("'%s' is not a moment; give a time since the start, as 2.5s, or a time of day, as 14:03:22",
			      r->o->at);
	while ((n = report_next(r, &t)) > 0) {
		if (of_day >= 0 && r->replay.parts) {
			at = since_begin(r, of_day, unit);
			of_day = -1;
			before = at < 0;
			at += before ? DAY_NS : 0;
		}
		/* the counters are read last after the end, and the list shows none of them */
		if (t.kind == EVENT_IO)
			continue;
		/* what a cut-off file says of its end is the last that was told */
		if (r->o->at && at >= 0 && is_later(&t, at, looked)) {
			if (t.kind == EVENT_LOOK && t.origin->unrecorded_ns)
				return between_parts(last, t.since_ns);
			break;
		}
		looked |= t.kind == EVENT_LOOK;
		last = t.since_ns > last ? t.since_ns : last;
	}
	if (n < 0)
		return EXIT_USAGE;
	/* else it is one of the next day, which the recording came to */
	if (!n && before && last < DAY_NS - begin_of_day(r))
		return refuse_before(r);
	if (!n && r->o->at && !r->o->output.quiet) {
		char buf[FMT_LEN];

		fprintf(stderr, PROGRAM_NAME ": the recording ends after %s: this is its end\n",
			fmt_ns(buf, last));
	}
	r->o->output.boot_id = r->origin->boot_id[0] ? r->origin->boot_id : NULL;
	print(r, r->replay.ledger);
	return EXIT_DONE;
}
