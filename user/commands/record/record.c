// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace record: what is told goes to a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "base/fmt.h"
#include "capture/live.h"
#include "commands/option.h"
#include "commands/record/rings.h"
#include "commands/run.h"
#include "model/ledger_snapshot.h"
#include "recording/file.h"
#include "recording/writer.h"
#include "views/not_seen.h"

#define MAX_STACKS	65536	/* kept in mind */
#define ANEW_NS		1000000000ULL /* not oftener after losses */

/* A stack that was written, so that its names need not be looked up again. */
struct written_stack {
	struct stack_key key;
	__u32 id;
	UT_hash_handle hh;
};

struct record_options {
	struct output output;
	struct selection select;
	struct capture_how how;
	__u64 duration_ns, interval_ns;
	__u64 max_bytes;	/* 0 = as much as it comes to */
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
	struct writer *to;
	struct io_model last;	/* the counters as they were written last */
	__u64 next_ns;
	__u64 anew_ns;		/* when all was looked at */
	bool torn;		/* facts were lost since */
	__u64 last_ns;		/* of the last fact */
	__u64 end_ns;		/* of what is recorded, 0 = it goes on */
	__u64 no_room;		/* facts lost that a larger buffer would have held */
	struct written_ring *rings;
	struct written_stack *stacks;
	__u32 emptied;		/* as of .stacks' keys */
};

/* ---- events ----------------------------------------------------------------------------- */

static void forget_stacks(struct record *r)
{
	struct written_stack *w, *next;

	HASH_ITER(hh, r->stacks, w, next) {
		HASH_DEL(r->stacks, w);
		free(w);
	}
}

/* The number of the fact's stack in the file. */
static __u32 write_stack(struct record *r, const struct fact *f)
{
	struct stacks *stacks = r->run.capture.stacks;
	struct written_stack *w;
	struct stack_key key;

	if (!stacks_key(stacks, f, &key))
		return writer_stack(r->to, stacks_of(stacks, f));
	if (key.emptied != r->emptied || HASH_COUNT(r->stacks) >= MAX_STACKS)
		forget_stacks(r);
	r->emptied = key.emptied;
	HASH_FIND(hh, r->stacks, &key, sizeof(key), w);
	if (!w) {
		w = must_alloc(1, sizeof(*w));
		w->key = key;
		w->id = writer_stack(r->to, stacks_of(stacks, f));
		HASH_ADD(hh, r->stacks, key, sizeof(w->key), w);
	}
	return w->id;
}

/*
 * What others do is of use only to rings that the file knows, as an address may become another's.
 * That others made a ring is kept until something that is shown happens to it, or it is gone.
 */
static bool is_of_use(struct record *r, const struct event *e)
{
	const struct fact *f = e->fact;
	struct written_ring *w = written_find(r->rings, f->ring);

	if (e->shown || !f->ring || (w && w->written))
		return true;
	if (f->kind == FACT_RING_CREATE && f->size <= sizeof(w->create)) {
		w = written_get(&r->rings, f->ring);
		memcpy(&w->create, f, f->size);
		w->create.h.flags |= FACT_F_OTHERS;
	} else if (f->kind == FACT_RING_GONE) {
		written_forget(&r->rings, f->ring);
	}
	return false;
}

static void note_ring(struct record *r, const struct fact *f)
{
	struct written_ring *w;

	if (f->kind == FACT_RING_GONE || !f->ring) {
		written_forget(&r->rings, f->ring);
		return;
	}
	w = written_get(&r->rings, f->ring);
	if (!w->written && w->create.h.kind && f->kind != FACT_RING_CREATE)
		writer_fact(r->to, &w->create.h, true, false, NULL, 0);
	w->written = true;
}

static void write_fact(struct record *r, const struct event *e)
{
	const struct fact *f = e->fact;
	union {
		struct fact h;
		char bytes[512];
	} others;

	if (!is_of_use(r, e))
		return;
	note_ring(r, f);
	if (!e->shown && !live_shows(r->live, f->ring) && f->size <= sizeof(others)) {
		memcpy(&others, f, f->size);
		others.h.flags |= FACT_F_OTHERS;
		f = &others.h;
	}
	writer_fact(r->to, f, e->fed, e->shown, e->why,
		    e->shown && r->run.capture.stacks ? write_stack(r, f) : 0);
}

static void write_older(const struct fact *f, void *arg)
{
	struct record *r = arg;
	union {
		struct fact_ring ring;
		struct fact_holder holder;
		struct fact_buffer buffer;
		struct fact h;
	} copy;

	memcpy(&copy, f, f->size);
	if (!r->o->snapshot && !live_shows(r->live, f->ring))
		copy.h.flags |= FACT_F_OTHERS;
	note_ring(r, f);
	writer_fact(r->to, &copy.h, true, false, NULL, 0);
}

/* Of rings that the file knows. */
static void write_limit(const struct fact *f, void *arg)
{
	const struct written_ring *w = written_find(((struct record *)arg)->rings, f->ring);

	if (w && w->written)
		write_older(f, arg);
}

static void write_ledger(struct record *r, const struct event *e)
{
	writer_look(r->to, e->t_ns, e->after_loss);
	written_forget_all(&r->rings);
	ledger_facts(e->ledger, e->t_ns, write_older, r);
	r->torn = false;
	r->anew_ns = e->t_ns;
}

/* ---- while it runs ---------------------------------------------------------------------- */

/* Errors leave what was written as it is: the next reading may work. */
static void write_counters(struct record *r)
{
	struct io_model now = { 0 }, since = { 0 };

	if (!io_stat_read(r->run.capture.io, &now, &since)) {
		/* the file holds what was added by row, and all else as it stands */
		io_model_drop_rows(&now);
		now.rows = since.rows;
		now.nr_rows = since.nr_rows;
		now.room = since.room;
		io_model_forget_index(&since);
		memset(&since, 0, sizeof(since));
		writer_io(r->to, &r->last, &now);
		io_model_drop_rows(&now);
		io_model_free(&r->last);
		r->last = now;
		memset(&now, 0, sizeof(now));
		writer_flush(r->to);
	}
	io_model_free(&now);
	io_model_free(&since);
	io_stat_tidy(r->run.capture.io, live_ledger(r->live));
}

static void on_event(const struct event *e, void *arg)
{
	struct record *r = arg;

	if (r->end_ns)
		return;
	if (e->kind == EVENT_LOOK) {
		write_ledger(r, e);
	} else if (e->kind == EVENT_FACT) {
		r->last_ns = e->t_ns;
		write_fact(r, e);
		if (writer_told(r->to).wants_counters)
			write_counters(r);
	} else if (e->kind == EVENT_LOST) {
		writer_lost(r->to, &e->lost);
		r->no_room += e->lost.cpu == SKIPPED_CPU ? 0 : e->lost.count;
		r->torn = true;
	}
}

static bool step(void *arg)
{
	struct record *r = arg;
	__u64 now = clock_now_ns();
	bool more = live_read(r->live);

	if (hung_up) {
		hung_up = 0;
		write_counters(r);
	}
	if (r->end_ns)
		return more;
	/* what was lost is made good by a look at what is there */
	if (!more && r->torn && now - r->anew_ns >= ANEW_NS)
		live_look_anew(r->live);
	else if (!more)
		live_read_limits(r->live, false, write_limit, r);
	if (now >= r->next_ns) {
		write_counters(r);
		r->next_ns = now + r->o->interval_ns;
	}
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

static bool is_full(void *arg)
{
	return writer_told(((struct record *)arg)->to).full;
}

static bool is_releasing(void *arg)
{
	return live_awaits_close(((struct record *)arg)->live);
}

/* Who reads it later must not take what is told in part for the whole. */
static void complete(void *arg, bool more)
{
	struct record *r = arg;

	/* what was lost shortly before is made good, too: of what follows no look nothing can be judged */
	if (r->torn && !live_look_anew(r->live))
		more = false;
	r->end_ns = more && r->last_ns ? r->last_ns : clock_now_ns();
	live_read_limits(r->live, true, write_limit, r);
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
	writer_flush(r->to);
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
	bool append = o->append && !access(o->output.path, F_OK);
	FILE *out = recording_create(o->output.path, append);

	if (!out)
		return misuse("%s", err_text());
	o->output.out = out;
	r->to = writer_create(out, append, &r->origin);
	if (!r->to)
		return misuse("%s: %s", o->output.path, err_text());
	writer_limit(r->to, o->max_bytes);
	return 0;
}

static void tell_end(const struct record *r, const struct writer_told *told)
{
	const struct record_options *o = r->o;
	char size[FMT_LEN];

	if (o->output.quiet)
		return;
	fprintf(stderr, "%llu events, %s in %s; %llu lost%s", told->facts,
		fmt_bytes(size, told->bytes), o->output.path, told->lost,
		r->no_room ? ": a larger --ring-buffer makes room" : "");
	if (told->full)
		fprintf(stderr, "; ended at --max-size, %llu later events left out", told->beyond);
	fputc('\n', stderr);
}

static int write_all(struct record *r)
{
	struct capture *c = &r->run.capture;
	int status;

	capture_origin(c, &r->origin);
	r->origin.interval_ns = r->o->interval_ns;
	r->origin.sample = r->o->sample;
	r->origin.snapshot = r->o->snapshot;
	r->origin.raw_addresses = r->o->raw_addresses;
	r->origin.fixed_only = r->o->io;
	status = open_file(r);
	signals_catch_hangup();
	if (!status)
		status = live_start(&r->live, c, &r->o->select, &r->origin, on_event, r) ?
			 run_cannot() : run(r);
	if (r->to) {
		struct writer_told told;

		if (c->facts) {
			size_t nr;
			const struct user_loss *losers = facts_losses(c->facts, &nr);

			writer_losers(r->to, losers, nr);
		}
		writer_end(r->to, r->end_ns ? r->end_ns : clock_now_ns(), c->stacks ? stacks_lost(c->stacks) : 0);
		told = writer_told(r->to);
		if (!status && told.error)
			status = cannot("cannot write to %s: %s; it holds the first %llu of %llu events",
					r->o->output.path, strerror(told.error),
					told.safe_facts, told.facts);
		else if (!status)
			tell_end(r, &told);
		writer_free(r->to);
		/* it was told, and the file is to stay as it is */
		if (told.error)
			clearerr(r->o->output.out);
	}
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
		.latency = true, .by_buffer = true, .by_address = !o->io, .costs = true,
		.rows_since = true,
		.sample = o->io ? (o->sample ? o->sample : 1) : 0,
	};
	const struct capture_wants wants = {
		.how = &o->how, .select = &o->select, .on = &on, .io = &io, .everybody = o->snapshot,
	};
	int status;

	o->select.tree = o->program;
	o->how.syscalls |= o->select.tree;
	o->sample = io.sample;
	status = run_open(&r.run, &wants);
	if (!status)
		status = write_all(&r);
	live_free(r.live);
	io_model_free(&r.last);
	forget_stacks(&r);
	written_forget_all(&r.rings);
	run_close(&r.run);
	return status;
}

static const struct option_row options[] = {
	ROW_PROGRAM(struct record_options),
	ROWS_SELECTION(struct record_options),
	ROW_RUN_AS(struct record_options),
	ROW_DURATION(struct record_options),
	ROW_INTERVAL(struct record_options, "how often the I/O counters are recorded (default 1s)"),
	{ .name = "max-size", .arg = "SIZE", .words = words_size,
	  .help = "end before the file exceeds this size: 100M, 2G", .parse = parse_bytes,
	  .offset = offsetof(struct record_options, max_bytes), .group = GROUP_HOW,
	  .refusal = "'%s' is not a size; give 100M or 2G" },
	{ .name = "snapshot",
	  .help = "begin with every existing ring, also those of processes that are not selected",
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
	ROW_OUTPUT_AS("the recording (default fixbuf.rec)"),
	ROWS_SAID,
	{ 0 }
};

static const struct option_rule rules[] = {
	{ "--", EXCLUDES, "pid", PROGRAM_OR_PIDS },
	{ "run-as", NEEDS, "--", RUN_AS_WHAT },
	{ "sample", NEEDS, "io", "--sample is about I/O; add --io" },
	{ 0 }
};

static const struct record_options defaults = {
	.output.path = "fixbuf.rec",
	.how.ring_buffer_kib = 16384,	/* what is recorded shall lose least */
	.interval_ns = NS_PER_S,
};

const struct command record_command = {
	.name = "record",
	.summary = "events to a file, for 'report' here or on another machine",
	.text = "Writes down what trace would show, with explanations, stacks and what was lost, the "
		"rings that exist already, and the counters of all I/O in each interval, until Ctrl-C, "
		"the time of -d, the size of --max-size, or the end of PROGRAM, whose exit status it "
		"returns.\v"
		"Examples:\n"
		"  fixbuf-trace record -- ./server --fixed     # one program, to fixbuf.rec\n"
		"  fixbuf-trace record --stacks --io -d 1m     # a minute of all, with each I/O and who called\n"
		"  fixbuf-trace record -o a.rec --max-size 1G  # until Ctrl-C, or a GiB\n",
	.options = options, .rules = rules, .options_size = sizeof(struct record_options),
	.defaults = &defaults, .run = record, .opens_output = true,
};
