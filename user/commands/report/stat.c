// SPDX-License-Identifier: GPL-2.0
/* report --stat: the counters as they were read last. */
#include <stdlib.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/terminal.h"
#include "checks/io_hazards.h"
#include "commands/report/report.h"
#include "model/io_select.h"
#include "model/ledger_snapshot.h"
#include "views/stat.h"

#define MAX_RINGS 16384

struct stat {
	struct report *r;
	unsigned int parts;	/* so far */
	struct io_model all;
	struct ledger *rings;	/* as they were when they were closed, or are */
	__u64 after_end_ns;	/* .all was read */
};

static void keep(const struct fact *f, void *arg)
{
	ledger_feed(arg, f);
}

/* One that has its address now has nothing of it. */
static void forget(struct stat *s, const struct ring *r)
{
	const struct fact gone = {
		.kind = FACT_RING_GONE, .size = sizeof(gone), .flags = FACT_F_SNAPSHOT, .ring = r->id,
	};

	ledger_feed(s->rings, &gone);
}

/* Whether there are counters that may be of this ring, and not of one before it at its address. */
static bool is_counted(const struct stat *s, const struct ring *r)
{
	for (size_t i = 0; i < s->all.nr_rows; i++)
		if (s->all.rows[i].c.ring == r->id && ledger_ring_born(s->r->replay.ledger, r->id, s->all.rows[i].c.born_ns))
			return true;
	return false;
}

struct present {
	const struct stat *s;
	__u64 *left_out;	/* sorted */
	size_t nr;
};

static int by_number(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static void keep_present(const struct fact *f, void *arg)
{
	const struct present *p = arg;

	if (!p->nr || !bsearch(&f->ring, p->left_out, p->nr, sizeof(*p->left_out), by_number))
		ledger_feed(p->s->rings, f);
}

/* What is there now: but at the address of one that was closed only what has counters itself. */
static void keep_rings(struct stat *s)
{
	const struct ledger *now = s->r->replay.ledger;
	struct present p = { s, must_alloc(HASH_COUNT(now->rings) + 1, sizeof(*p.left_out)), 0 };

	for (const struct ring *r = now->rings; r; r = r->hh.next) {
		if (ledger_ring(s->rings, r->id) && !is_counted(s, r))
			p.left_out[p.nr++] = r->id;
		else
			forget(s, r);
	}
	qsort(p.left_out, p.nr, sizeof(*p.left_out), by_number);
	ledger_facts(now, 0, keep_present, &p);
	for (const struct ring *r = now->rings; r; r = r->hh.next)
		if (!p.nr || !bsearch(&r->id, p.left_out, p.nr, sizeof(*p.left_out), by_number))
			ledger_ring(s->rings, r->id)->made_ns = r->made_ns;
	free(p.left_out);
}

/* A ring that ends takes its descriptor and buffers along: it is kept as it is. */
static void note_close(struct stat *s, const struct event *t)
{
	const struct ring *r = t->shown && t->fact->kind == FACT_RING_CLOSE ?
			       ledger_ring(s->r->replay.ledger, t->fact->ring) : NULL;

	if (!r || HASH_COUNT(s->rings->rings) >= MAX_RINGS)
		return;
	forget(s, r);
	ledger_ring_facts(s->r->replay.ledger, r, t->t_ns, keep, s->rings);
	ledger_ring(s->rings, r->id)->made_ns = r->made_ns;
}

static void show(struct stat *s, const struct event_end *end)
{
	const struct report_options *o = s->r->o;
	struct advices advices = { 0 };
	struct io_failures failures = { 0 };
	struct findings findings = { 0 };
	struct view_stat v = {
		.to = &o->output, .by_opcode = o->by_opcode, .by_buffer = o->by_buffer,
		.hist = o->hist, .m = &s->all, .l = s->rings, .header = true,
		.columns = terminal_columns(o->output.out),
		.starts_by = s->r->origin->by_user_data ? "user_data" : "request",
		.after_end_ns = s->after_end_ns,
		.time_ns = s->all.t_ns + s->r->origin->start_ns + s->r->origin->realtime_ns,
		.failures = &failures, .findings = &findings,
		.losers = end->io_losers, .nr_losers = end->nr_io_losers,
	};

	io_failures_add(&failures, &s->all, s->r->origin->start_ns);
	io_failures_sort(&failures);

	/* which of them were over registered buffers is not recorded: any may have been */
	s->all.muted_fixed = s->all.loss.skipped;
	keep_rings(s);
	check_io_hazards(&s->all, s->rings, &findings);
	findings_sort(&findings);
	if (o->advise) {
		/* which requests were under way is not recorded, only how many */
		s->all.sees_under_way = !s->all.in_flight;
		advise(&s->all, s->rings, &advices);
		v.advices = &advices;
	}
	if (o->output.json) {
		struct json j = { 0 };

		json_begin(&j, o->output.out);
		view_stat_json(&j, &v);
		json_flag(&j, "total", 1);
		json_flag(&j, "fixed_only", s->r->origin->fixed_only);
		json_end(&j);
		json_free(&j);
	} else {
		view_stat_text(&v);
		if (s->r->origin->fixed_only && !o->output.quiet)
			fprintf(o->output.out, "only I/O over registered buffers was counted, because --io was given to record\n");
	}
	advices_free(&advices);
	io_failures_free(&failures);
	findings_free(&findings);
}

/* Of a part by itself, where there are several: times count from its start. */
static void print_part(struct stat *s)
{
	const struct origin *of = s->r->origin;
	const struct report_options *o = s->r->o;
	char when[FMT_LEN], took[FMT_LEN];

	if (s->parts++ == 0 && !recording_is_of_many(s->r->replay.r))
		return;
	if (o->output.json || o->output.quiet)
		return;
	fprintf(o->output.out, "%spart %u, from %s for %s:\n", s->parts > 1 ? "\n" : "", s->parts,
		fmt_date(when, of->start_ns + of->realtime_ns), fmt_ns(took, s->all.t_ns));
}

int report_stat(struct report *r)
{
	struct stat s = { .r = r };
	struct event t;
	int n;

	s.rings = ledger_new();
	while ((n = report_next(r, &t)) > 0) {
		if (t.kind == EVENT_FACT)
			note_close(&s, &t);
		if (t.kind != EVENT_END)
			continue;
		io_model_copy(t.io, &s.all);
		s.after_end_ns = t.end.clean && s.all.t_ns > t.t_ns ? s.all.t_ns - t.t_ns : 0;
		s.all.t_ns -= r->origin->start_ns;
		io_select(&s.all, &r->o->select);
		print_part(&s);
		show(&s, &t.end);
		io_model_free(&s.all);
		ledger_free(s.rings);
		s.rings = ledger_new();
	}
	ledger_free(s.rings);
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
