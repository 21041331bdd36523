// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace record: what is told goes to a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "capture/call_hooks.h"
#include "capture/live.h"
#include "capture/session.h"
#include "commands/env.h"
#include "model/io_select.h"
#include "model/ledger_snapshot.h"
#include "recording/writer.h"

#define DEFAULT_FILE	"fixbuf.rec"
#define TICK_MS		200	/* how soon a signal between two looks is noticed */
#define CLOSE_NS	1000000000ULL /* how long rings may take to release what a program left */
#define INTERVAL_NS	1000000000ULL
#define MAX_STACKS	65536	/* kept in mind */
#define ANEW_NS		1000000000ULL /* not oftener after losses */

/* A stack that was written, so that its names need not be looked up again. */
struct written_stack {
	struct stack_key key;
	__u32 id;
	UT_hash_handle hh;
};

struct record {
	struct session session;
	struct tracer tracer;
	struct writer *to;
	struct io_model last;	/* the counters as they were written last */
	__u64 interval_ns, next_ns;
	__u64 anew_ns;		/* when all was looked at */
	bool torn;		/* facts were lost since */
	struct written_stack *stacks;
	__u32 emptied;		/* as of .stacks' keys */
};

/* ---- the tracer's output -------------------------------------------------------------- */

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
	struct stacks *stacks = r->session.stacks;
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

static void write_fact(const struct fact *f, bool fed, bool shown, const struct failure *why,
		       void *arg)
{
	struct record *r = arg;
	union {
		struct fact h;
		char bytes[512];
	} others;

	if (!shown && !tracer_shows(&r->tracer, f->ring) && f->size <= sizeof(others)) {
		memcpy(&others, f, f->size);
		others.h.flags |= FACT_F_OTHERS;
		f = &others.h;
	}
	writer_fact(r->to, f, fed, shown, why, shown && r->session.stacks ? write_stack(r, f) : 0);
}

static void write_lost(const struct lost_events *lost, void *arg)
{
	struct record *r = arg;

	writer_lost(r->to, lost);
	r->torn = true;
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
	if (!r->session.env->snapshot && !tracer_shows(&r->tracer, f->ring))
		copy.h.flags |= FACT_F_OTHERS;
	writer_fact(r->to, &copy.h, true, false, NULL, 0);
}

static void write_ledger(const struct ledger *l, bool after_loss, void *arg)
{
	struct record *r = arg;
	__u64 now = clock_now_ns();

	writer_look(r->to, now, after_loss);
	ledger_facts(l, now, write_older, r);
	r->torn = false;
	r->anew_ns = now;
}

/* ---- while it runs ---------------------------------------------------------------------- */

/* Errors leave what was written as it is: the next reading may work. */
static void write_counters(struct record *r)
{
	struct io_model now = { 0 };

	if (io_stat_read(r->session.io, &now)) {
		io_model_free(&now);
		return;
	}
	io_select(&now, &r->session.env->select);
	writer_io(r->to, &r->last, &now);
	io_model_free(&r->last);
	r->last = now;
	writer_flush(r->to);
}

/* True when more wait. */
static bool read_facts(struct record *r)
{
	__u64 now = clock_now_ns();
	bool more = facts_read(r->session.facts);

	if (!more) {
		tracer_drained(&r->tracer);
		if (r->session.stacks)
			stacks_drained(r->session.stacks);
		/* what was lost is made good by a look at what is there */
		if (r->torn && now - r->anew_ns >= ANEW_NS)
			tracer_look_anew(&r->tracer);
	}
	if (now >= r->next_ns) {
		write_counters(r);
		r->next_ns = now + r->interval_ns;
	}
	return more;
}

static void wait_for_more(struct record *r)
{
	__u64 now = clock_now_ns();
	__u64 ms = now < r->next_ns ? (r->next_ns - now) / 1000000 + 1 : 0;

	session_wait(&r->session, ms < TICK_MS ? ms : TICK_MS);
}

static bool is_full(const struct record *r)
{
	__u64 max = r->session.env->max_bytes;

	return ferror(r->session.env->output.out) || (max && writer_bytes(r->to) >= max);
}

/* The buffers that a program left are released a little after its end. */
static void await_release(struct record *r)
{
	__u64 end = clock_now_ns() + CLOSE_NS;

	r->session.deadline_ns = 0;
	while (tracer_awaits_close(&r->tracer) && clock_now_ns() < end && !is_full(r)) {
		wait_for_more(r);
		read_facts(r);
	}
}

static int run(struct record *r)
{
	struct session *s = &r->session;
	int status = session_begin(s);

	if (status)
		return status;
	writer_flush(r->to);
	if (!s->env->output.quiet && !s->env->program)
		fprintf(stderr, "recording to %s (tier: %s); Ctrl-C ends it\n", s->env->output.path,
			tier_name(attach_tier(s->attach)));
	r->next_ns = clock_now_ns() + r->interval_ns;
	while (!session_over(s) && !is_full(r))
		if (!read_facts(r))
			wait_for_more(r);
	if (s->program.ended)
		await_release(r);
	attach_stop(s->attach);
	io_stat_stop(s->io);
	while (read_facts(r) && !ferror(s->env->output.out))
		;
	facts_settle(s->facts);
	write_counters(r);
	return EXIT_DONE;
}

/* ---- from begin to end -------------------------------------------------------------------- */

/* The command line as it was given. */
static void read_command(char *to, size_t size)
{
	FILE *f = fopen("/proc/self/cmdline", "re");
	size_t n = f ? fread(to, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	to[n] = 0;
	for (size_t i = 0; i + 1 < n; i++)
		if (!to[i])
			to[i] = ' ';
}

static struct origin about_now(const struct record *r)
{
	const struct env *env = r->session.env;
	struct origin a = {
		.start_ns = clock_now_ns(),
		.realtime_ns = clock_realtime_offset_ns(),
		.interval_ns = r->interval_ns,
		.memory_bytes = (__u64)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE),
		.cpus = sysconf(_SC_NPROCESSORS_ONLN),
		.page_bytes = sysconf(_SC_PAGESIZE),
		.tier = attach_tier(r->session.attach),
		.sample = env->sample,
		.stacks = env->stacks,
		.snapshot = env->snapshot,
		.fixed_only = env->io,
		.by_user_data = !strcmp(io_stat_starts_by(r->session.io), "user_data"),
	};
	struct utsname uts;

	uname(&uts);
	snprintf(a.kernel, sizeof(a.kernel), "%s", uts.release);
	snprintf(a.machine, sizeof(a.machine), "%.31s", uts.machine);
	read_command(a.command, sizeof(a.command));
	return a;
}

/* 0, or the exit status after a sentence. */
static int open_file(struct record *r, struct env *env)
{
	const struct origin about = about_now(r);
	bool append = env->append && !access(env->output.path, F_OK);
	FILE *out = fopen(env->output.path, append ? "r+e" : "we");

	if (!out)
		return misuse("cannot write to %s: %s; name a file that can be created with -o",
			      env->output.path, strerror(errno));
	env->output.out = out;
	r->to = writer_create(out, append, &about);
	return r->to ? 0 : misuse("%s: %s", env->output.path, err_text());
}

static void tell_end(const struct record *r, const struct env *env)
{
	char size[FMT_LEN];

	if (env->output.quiet)
		return;
	fprintf(stderr, "%llu events, %s in %s; %llu lost%s%s\n", writer_facts(r->to),
		fmt_bytes(size, writer_bytes(r->to)), env->output.path, writer_lost_facts(r->to),
		writer_lost_facts(r->to) ? ": a larger --ring-buffer makes room" : "",
		env->max_bytes && writer_bytes(r->to) >= env->max_bytes ?
		"; ended at --max-size" : "");
}

static int record(struct record *r, struct env *env)
{
	const struct tracer_output out = { write_fact, write_lost, write_ledger, r };
	struct session *s = &r->session;
	int status = open_file(r, env);

	if (!status && tracer_start(&r->tracer, &env->select, s->walk, s->attach, &out))
		status = cannot("%s", err_text());
	if (status) {
		if (env->program)
			program_abandon(&s->program);
	} else {
		status = run(r);
	}
	if (r->to) {
		writer_end(r->to, clock_now_ns(), s->stacks ? stacks_lost(s->stacks) : 0);
		if (!status)
			tell_end(r, env);
		writer_free(r->to);
	}
	return !status && env->program ? program_wait(&s->program) : status;
}

int cmd_record(struct env *env)
{
	struct record r = { 0 };
	const struct facts_handler handler = { tracer_fact, tracer_lost, &r.tracer };
	int status;

	if (env->io && !env->sample)
		env->sample = 1;
	if (!env->output.path)
		env->output.path = DEFAULT_FILE;
	env->counters = true;
	r.interval_ns = env->interval_ns ? env->interval_ns : INTERVAL_NS;
	status = session_open(&r.session, env, &handler, false);
	if (!status)
		status = record(&r, env);
	tracer_free(&r.tracer);
	io_model_free(&r.last);
	forget_stacks(&r);
	session_close(&r.session);
	return status;
}
