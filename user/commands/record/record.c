// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace record: what is told goes to a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "base/fmt.h"
#include "capture/live.h"
#include "commands/option.h"
#include "commands/record/flight.h"
#include "commands/record/part.h"
#include "commands/run.h"
#include "recording/file.h"
#include "recording/writer.h"
#include "views/not_seen.h"

#define ANEW_NS		1000000000ULL /* not oftener after losses */

struct record_options {
	struct output output;
	struct selection select;
	struct capture_how how;
	__u64 duration_ns, interval_ns;
	__u64 max_bytes;	/* 0 = as much as it comes to */
	struct flight_options flight;
	bool io, append, snapshot;
	__u32 sample;
	char **program;
	const char *run_as;
	bool raw_addresses;
};

struct record {
	struct record_options *o;
	struct run run;
	struct live *live;
	struct origin origin;
	struct part part;
	struct flight *flight;	/* NULL: it goes to one file */
	__u64 next_ns;
	__u64 anew_ns;		/* when all was looked at */
	bool torn;		/* facts were lost since */
	__u64 last_ns;		/* of the last fact */
	__u64 end_ns;		/* of what is recorded, 0 = it goes on */
	int broken;		/* an exit status, after a sentence: there is no next segment */
	bool made;		/* its file was not there before */
	__u64 no_room;		/* facts lost that a larger buffer would have held */
};

/* ---- while it runs ---------------------------------------------------------------------- */

static void write_counters(struct record *r)
{
	__u64 failed = part_counters(&r->part);

	if (r->flight)
		flight_failed_io(r->flight, failed, clock_now_ns());
}

static void on_event(const struct event *e, void *arg)
{
	struct record *r = arg;
	struct writer_told told;

	if (r->end_ns)
		return;
	r->part.live = r->live;
	r->part.names.live = r->live;
	if (e->kind == EVENT_LOOK) {
		part_look(&r->part, e);
		r->torn = false;
		r->anew_ns = e->t_ns;
	} else if (e->kind == EVENT_FACT) {
		r->last_ns = e->t_ns;
		part_fact(&r->part, e);
		told = writer_told(r->part.to);
		if (told.wants_counters)
			write_counters(r);
		if (r->flight)
			flight_grows(r->flight, e->t_ns, told.bytes);
	} else if (e->kind == EVENT_LOST) {
		writer_lost(r->part.to, &e->lost);
		r->no_room += e->lost.cpu == SKIPPED_CPU ? 0 : e->lost.count;
		r->torn = true;
	}
	if (r->flight)
		flight_event(r->flight, r->live, e);
}

/* The segment ends, and the next begins with what is there. */
static void go_on(struct record *r, __u64 now, bool more)
{
	__u64 end = more && r->last_ns ? r->last_ns : now;
	struct event e = {
		.kind = EVENT_END, .origin = &r->origin, .ledger = live_ledger(r->live), .t_ns = end,
		.since_ns = end - r->origin.start_ns, .end.clean = true,
	};
	struct origin about = r->origin;
	struct writer_told told;
	FILE *out, *before = r->o->output.out;

	/* of what was torn nothing can be judged */
	if (r->torn)
		live_look_anew(r->live);
	e.ledger = live_ledger(r->live);
	write_counters(r);
	part_end(&r->part, end);
	told = writer_told(r->part.to);
	if (told.error)
		return;
	flight_close_segment(r->flight, &told, end, false);
	out = flight_next(r->flight);
	if (!out) {
		r->broken = misuse("%s", err_text());
		return;
	}
	about.start_ns = end;
	about.realtime_ns = clock_realtime_offset_ns();
	about.goes_on = true;
	part_go_on(&r->part, out, &about);
	/* findings that were not sure are, at an end */
	flight_event(r->flight, r->live, &e);
	e.kind = EVENT_LOOK;
	flight_event(r->flight, r->live, &e);
	r->o->output.out = out;
	fclose(before);
}

static bool is_full(void *arg)
{
	const struct record *r = arg;
	const struct writer_told told = writer_told(r->part.to);

	return told.full || r->broken || (r->flight && told.error);
}

static bool step(void *arg)
{
	struct record *r = arg;
	const struct live_changes changes = { part_limit, part_memory, &r->part };
	__u64 now = clock_now_ns();
	bool more = live_read(r->live);

	if (hung_up) {
		hung_up = 0;
		write_counters(r);
		writer_flush(r->part.to);
	}
	if (r->end_ns)
		return more;
	/* what was lost is made good by a look at what is there */
	if (!more && r->torn && now - r->anew_ns >= ANEW_NS)
		live_look_anew(r->live);
	else if (!more)
		live_read_limits(r->live, false, &changes);
	if (now >= r->next_ns) {
		write_counters(r);
		r->next_ns = now + r->o->interval_ns;
	}
	if (r->flight && !is_full(r) &&
	    flight_is_due(r->flight, now, writer_told(r->part.to).bytes, more))
		go_on(r, now, more);
	return more;
}

static unsigned int pause_ms(void *arg)
{
	const struct record *r = arg;
	unsigned int ms = live_pause_ms(r->live);
	__u64 now = clock_now_ns();
	__u64 due = now < r->next_ns ? (r->next_ns - now) / NS_PER_MS + 1 : 0;

	return due < ms ? due : ms;
}

static bool is_releasing(void *arg)
{
	return live_awaits_close(((struct record *)arg)->live);
}

/* Who reads it later must not take what is told in part for the whole. */
static void complete(void *arg, bool more)
{
	struct record *r = arg;
	const struct live_changes changes = { part_limit, part_memory, &r->part };

	/* what was lost shortly before is made good, too: of what follows no look nothing can be judged */
	if (r->torn && !live_look_anew(r->live))
		more = false;
	r->end_ns = more && r->last_ns ? r->last_ns : clock_now_ns();
	live_read_limits(r->live, true, &changes);
}

static int run(struct record *r)
{
	const struct run_steps steps = {
		.step = step, .pause_ms = pause_ms, .enough = is_full, .releasing = is_releasing,
		.complete = complete, .arg = r,
	};
	int status = run_begin(&r->run);

	if (status)
		return status;
	/* the recording of yesterday goes now, and not for a program that could not be started */
	writer_release(r->part.to);
	if (!r->o->output.quiet && !r->o->program) {
		fprintf(stderr, "recording to %s (tier: %s", r->o->output.path,
			tier_name(r->origin.tier));
		view_not_seen_text(stderr, r->origin.not_seen);
		fputs("); Ctrl-C ends it\n", stderr);
	}
	r->next_ns = clock_now_ns() + r->o->interval_ns;
	run_steps(&r->run, &steps);
	write_counters(r);
	return EXIT_DONE;
}

/* ---- from begin to end -------------------------------------------------------------------- */

/* 0, or the exit status after a sentence. */
static int open_file(struct record *r)
{
	struct record_options *o = r->o;
	FILE *out;

	if (flight_is_asked(&o->flight)) {
		r->flight = flight_new(&o->flight, &o->output, &o->select);
		if (!r->flight)
			return misuse("%s", err_text());
		r->part.goes_on = true;
	}
	r->made = access(o->output.path, F_OK);
	out = r->flight ? flight_next(r->flight) : recording_create(o->output.path);
	if (!out)
		return misuse("%s", err_text());
	o->output.out = out;
	r->part.to = writer_create_held(out, o->append && !r->made, &r->origin);
	if (!r->part.to)
		return misuse("%s: %s", o->output.path, err_text());
	writer_limit(r->part.to, o->max_bytes);
	if (r->flight)
		writer_on_full(r->part.to, flight_make_room, r->flight);
	return 0;
}

static void tell_end(const struct record *r, const struct writer_told *told)
{
	const struct record_options *o = r->o;
	char size[FMT_LEN];
	__u64 bytes;
	size_t given;

	if (o->output.quiet)
		return;
	fprintf(stderr, "%llu events, %s in %s; %llu lost%s", told->facts,
		r->flight ? "the last of them" : fmt_bytes(size, told->bytes), o->output.path, told->lost,
		r->no_room ? ": a larger --ring-buffer makes room" : "");
	if (told->full)
		fprintf(stderr, "; ended at --max-size: %llu waiting event%s left out, later ones not recorded",
			told->beyond, plural(told->beyond));
	given = r->flight ? flight_given(r->flight, &bytes) : 0;
	if (given)
		fprintf(stderr, "; %zu older segment%s of %s went, as the disk was full", given, plural(given),
			fmt_bytes(size, bytes));
	fputc('\n', stderr);
}

static bool is_empty(FILE *file)
{
	struct stat st;

	return !fstat(fileno(file), &st) && !st.st_size;
}

/* What the file, or the folder, is left with when it takes no more. */
static int tell_broken(struct record *r, const struct writer_told *told)
{
	const char *why = strerror(told->error);
	__u64 missing = told->facts - told->safe_facts;
	char without[64] = "";

	if (!r->flight && is_empty(r->o->output.out))
		return misuse("cannot write to %s: %s; nothing was recorded", r->o->output.path, why);
	if (!r->flight)
		return misuse("cannot write to %s: %s; it holds the first %llu of %llu events",
			      r->o->output.path, why, told->safe_facts, told->facts);
	if (missing)
		snprintf(without, sizeof(without), " without its last %llu event%s", missing, plural(missing));
	return misuse("cannot write to %s: %s; recording ended%s; what was saved stays there",
		      r->o->output.path, why, without);
}

/* A file that was not there before goes again when nothing is in it. */
static void leave_file(struct record *r)
{
	if (r->flight)
		flight_end_segment(r->flight);
	else if (r->part.to && r->made && is_empty(r->o->output.out))
		unlink(r->o->output.path);
}

static int write_all(struct record *r)
{
	struct capture *c = &r->run.capture;
	int status;

	r->part.capture = c;
	r->part.everybody = r->o->snapshot;
	r->part.names = (struct names){ .select = &r->o->select, .everybody = r->o->snapshot };
	capture_origin(c, &r->origin);
	r->origin.interval_ns = r->o->interval_ns;
	r->origin.sample = r->o->sample;
	r->origin.snapshot = r->o->snapshot;
	r->origin.raw_addresses = r->o->raw_addresses;
	r->origin.asked = asked_of(&r->o->select);
	status = open_file(r);
	if (!status)
		status = live_start(&r->live, c, &r->o->select, &r->origin, on_event, r) ?
			 run_cannot() : run(r);
	if (r->part.to && !status) {
		__u64 end = r->end_ns ? r->end_ns : clock_now_ns();
		struct writer_told told;

		if (!r->broken)
			part_end(&r->part, end);
		status = r->broken;
		told = writer_told(r->part.to);
		if (!status && told.error)
			status = tell_broken(r, &told);
		if (r->flight && !told.error && !r->broken) {
			flight_close_segment(r->flight, &told, end, true);
			told = flight_told(r->flight);
		}
		if (!status)
			tell_end(r, &told);
		/* it was told, and the file is to stay as it is */
		if (told.error)
			clearerr(r->o->output.out);
	}
	if (status)
		leave_file(r);
	return status ? status : run_end(&r->run, 0);
}

static int record(void *options)
{
	struct record_options *o = options;
	struct record r = {
		.o = o, .run = { .to = &o->output, .argv = o->program, .run_as = o->run_as,
				 .duration_ns = o->duration_ns },
	};
	const struct facts_handler on = live_handler(&r.live);
	const struct io_how io = {
		.latency = true, .by_buffer = true, .by_address = true, .costs = true,
		.rows_since = true,
		.sample = o->io ? (o->sample ? o->sample : 1) : 0,
	};
	const struct capture_wants wants = {
		.how = &o->how, .select = &o->select, .on = &on, .io = &io, .everybody = o->snapshot, .memory = true,
	};
	int status;

	/* they must not end us while we start; SIGUSR1 asks a recording that keeps all of it for nothing */
	signals_catch_hangup();
	signals_catch_user();
	if (!flight_is_asked(&o->flight) && o->flight.before_ns)
		return misuse("--before is about what a flight recorder saves; add --trigger, --keep-time or --keep-size");
	if (o->output.path && !strcmp(o->output.path, "-"))
		return misuse("a recording is no stream; name a file with -o");
	if (!o->output.path)
		o->output.path = flight_is_asked(&o->flight) ? "fixbuf.recs" : "fixbuf.rec";
	selection_go_live(&o->select, o->program);
	o->how.syscalls |= o->select.tree;
	o->sample = io.sample;
	status = run_open(&r.run, &wants);
	if (!status)
		status = write_all(&r);
	live_free(r.live);
	part_free(&r.part);
	flight_free(r.flight);
	run_close(&r.run);
	return status;
}

static parser(parse_trigger)
{
	(void)row;
	return trigger_parse(at, arg);
}

static const char *const words_trigger[] = { "failure", "finding", "signal", "slow 1ms", NULL };

static const struct option_row options[] = {
	ROW_PROGRAM(struct record_options),
	ROWS_SELECTION(struct record_options),
	ROW_NO_FOLLOW(struct record_options, "with "),
	ROW_RUN_AS(struct record_options),
	ROW_DURATION(struct record_options),
	ROW_INTERVAL(struct record_options, "how often the I/O counters are recorded (default 1s)"),
	{ .name = "max-size", .arg = "SIZE", .words = words_size,
	  .help = "end before the file exceeds this size: 100M, 2G", .parse = parse_bytes,
	  .offset = offsetof(struct record_options, max_bytes), .group = GROUP_HOW,
	  .refusal = "'%s' is not a size; give 100M or 2G" },
	{ .name = "keep-time", .arg = "TIME", .words = words_time,
	  .help = "go on for ever, and keep the last so much: 10m",
	  .parse = parse_time, .offset = offsetof(struct record_options, flight.keep_ns),
	  .group = GROUP_HOW, .refusal = "'%s' is not a duration; give 30s or 10m" },
	{ .name = "keep-size", .arg = "SIZE", .words = words_size,
	  .help = "the same by size, of all files together (default 1G)", .parse = parse_bytes,
	  .offset = offsetof(struct record_options, flight.keep_bytes), .group = GROUP_HOW,
	  .refusal = "'%s' is not a size; give 100M or 2G" },
	{ .name = "trigger", .arg = "WHAT", .words = words_trigger,
	  .help = "save what is kept when this happens: failure, finding, 'slow 1ms', or signal (SIGUSR1, which always does); may be repeated",
	  .parse = parse_trigger, .offset = offsetof(struct record_options, flight.triggers),
	  .group = GROUP_HOW, .refusal = "'%s' is no trigger; give failure, finding, signal or 'slow 1ms'" },
	{ .name = "before", .arg = "TIME", .words = words_time,
	  .help = "save so much of what was before it (default: all that is kept)",
	  .parse = parse_time, .offset = offsetof(struct record_options, flight.before_ns),
	  .group = GROUP_HOW, .refusal = "'%s' is not a duration; give 30s or 10m" },
	{ .name = "after", .arg = "TIME", .words = words_time,
	  .help = "and so much after it (default 5s)",
	  .parse = parse_time, .offset = offsetof(struct record_options, flight.after_ns),
	  .group = GROUP_HOW, .refusal = "'%s' is not a duration; give 5s or 1m" },
	{ .name = "snapshot",
	  .help = "show every ring that exists at the begin, also those of processes that are not selected",
	  .parse = parse_flag, .offset = offsetof(struct record_options, snapshot),
	  .group = GROUP_HOW },
	{ .name = "append", .help = "add to the recording that FILE holds", .parse = parse_flag,
	  .offset = offsetof(struct record_options, append), .group = GROUP_HOW },
	ROW_IO(struct record_options, "also record each I/O over a registered buffer, when it ends"),
	ROW_SAMPLE(struct record_options, "with --io: record one I/O in N on each CPU, count all"),
	ROW_TIER(struct record_options),
	ROW_BTF(struct record_options),
	ROW_SYSCALLS(struct record_options),
	ROW_STACKS(struct record_options, "record who called: the kernel's and the program's stack"),
	ROW_RING_BUFFER(struct record_options,
			"buffer for events that wait to be written (default 16384)"),
	ROW_RAW_ADDRESSES(struct record_options,
			  "write kernel addresses as they are (default: what stands for each in this file)"),
	ROW_OUTPUT_AS("the recording (default fixbuf.rec), or the folder of what is kept (default fixbuf.recs)"),
	ROWS_SAID,
	{ 0 }
};

#define KEPT "--append and --max-size are about one file; leave them out with --keep-time, --keep-size and --trigger"

static const struct option_rule rules[] = {
	{ "--", EXCLUDES, "pid", PROGRAM_OR_PIDS },
	{ "no-follow", NEEDS, "pid", NO_FOLLOW_WHAT },
	{ "append", EXCLUDES, "keep-time", KEPT },
	{ "max-size", EXCLUDES, "keep-time", KEPT },
	{ "append", EXCLUDES, "keep-size", KEPT },
	{ "max-size", EXCLUDES, "keep-size", KEPT },
	{ "append", EXCLUDES, "trigger", KEPT },
	{ "max-size", EXCLUDES, "trigger", KEPT },
	{ "run-as", NEEDS, "--", RUN_AS_WHAT },
	{ "after", NEEDS, "trigger", "--after is about what --trigger saves; add it" },
	{ "sample", NEEDS, "io", "--sample is about I/O; add --io" },
	{ 0 }
};

static const struct record_options defaults = {
	.flight.after_ns = 5 * NS_PER_S,
	.how.ring_buffer_kib = 16384,	/* what is recorded shall lose least */
	.interval_ns = NS_PER_S,
};

const struct command record_command = {
	.name = "record",
	.summary = "events to a file, for 'report' here or on another machine",
	.text = "Writes down what trace would show, with explanations, stacks and what was lost, the "
		"rings that exist already, and the counters of all I/O in each interval, until Ctrl-C, "
		"the time of -d, the size of --max-size, or the end of PROGRAM, whose exit status it "
		"returns. SIGHUP writes what waits, and ends nothing.\v"
		"Examples:\n"
		"  fixbuf-trace record -- ./server --fixed     # one program, to fixbuf.rec\n"
		"  fixbuf-trace record --stacks --io -d 1m     # a minute of all, with each I/O and who called\n"
		"  fixbuf-trace record -o a.rec --max-size 1G  # until Ctrl-C, or a GiB\n"
		"  fixbuf-trace record --keep-time 10m --trigger failure # a flight recorder\n",
	.options = options, .rules = rules, .options_size = sizeof(struct record_options),
	.defaults = &defaults, .run = record, .opens_output = true,
};
