// SPDX-License-Identifier: GPL-2.0
/* report --verify: what was wrong with charges, limits and releases. */
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/fmt.h"
#include "base/json.h"
#include "checks/over_time.h"
#include "checks/places.h"
#include "checks/verdict.h"
#include "commands/report/report.h"
#include "views/findings.h"
#include "views/verdict.h"

/* What a recording does not hold, or not at its tier: nothing is said of it. */
static const char *const not_checked[] = { "pages", "charges of shared pages", "leaks" };

static size_t nr_not_checked(const struct report *r)
{
	return r->origin->tier > TIER_TRACEPOINTS ? 2 : 3;
}

static void print_not_checked(const struct report *r)
{
	fputs("not checked: pages, and charges of pages that buffers share (by verify)", r->o->output.out);
	if (nr_not_checked(r) == 3)
		fputs(",\nand leaks (tier functions, kprobes or patched)", r->o->output.out);
	fputc('\n', r->o->output.out);
}

static void print_text(const struct report *r, const struct findings *f, size_t ignored,
		       const struct unsettled_list *u, __u64 events)
{
	const struct report_options *o = r->o;
	char since[FMT_LEN];

	for (size_t i = 0; i < f->nr; i++) {
		const struct finding *one = &f->list[i];

		view_finding_text(o->output.out, one, output_is_coloured(&o->output));
		fprintf(o->output.out, "        first seen %s after the start\n",
			fmt_ns(since, one->since_ns > 0 ? one->since_ns : 0));
	}
	view_unsettled_text(o->output.out, u, output_is_coloured(&o->output));
	if (o->output.quiet)
		return;
	fprintf(o->output.out, "%s%llu events, what was there before included, checked for sums of charges, limits and %s: ",
		f->nr || u->nr ? "\n" : "", events, r->origin->tier > TIER_TRACEPOINTS ? "leaks" : "releases");
	if (f->nr) {
		const struct finding_counts c = findings_count(f);

		view_finding_counts(o->output.out, &c);
		fputc('\n', o->output.out);
	} else {
		fputs(u->nr ? "unsettled, see above\n" : ignored ? "nothing else was found\n" :
		      "nothing found\n", o->output.out);
	}
	print_not_checked(r);
	view_findings_ignored(o->output.out, ignored);
	if (r->replay.lost)
		fprintf(o->output.out, "%llu events were lost: nothing is checked between a loss and the next look at all rings\n",
			r->replay.lost);
}

static void print_json(const struct report *r, const struct findings *f, size_t ignored,
		       enum verdict v, const struct unsettled_list *u, __u64 events)
{
	struct json j = { 0 };

	json_begin(&j, r->o->output.out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", r->o->output.kernel);
	json_str(&j, "tier", tier_name(r->origin->tier));
	json_uint(&j, "events", events);
	view_verdict_json(&j, v, u);
	json_open_list(&j, "not_checked");
	for (size_t i = 0; i < nr_not_checked(r); i++)
		json_item_str(&j, not_checked[i]);
	json_close(&j);
	view_findings_json(&j, f, true);
	json_uint(&j, "ignored", ignored);
	json_uint(&j, "lost", r->replay.lost);
	json_end(&j);
	json_free(&j);
}

/* Which of those that were asked for have an event in the recording. */
struct matched {
	const struct selection *select;
	__u64 nr;		/* events of the selection */
	bool *parts;		/* owned: whether one is of that part of it */
};

static void note_whose(struct matched *t, const struct fact *f)
{
	if (!selection_has_event(t->select, f))
		return;
	t->nr++;
	for (size_t i = 0; i < selection_nr_parts(t->select); i++) {
		const struct selection part = selection_part(t->select, i);

		t->parts[i] |= selection_has_event(&part, f);
	}
}

static bool has_matched(size_t part, const void *arg)
{
	const struct matched *t = arg;

	return t->parts[part];
}

/* Of all parts. */
struct losers {
	struct user_loss *list;	/* owned */
	size_t nr;
};

static void keep_losers(struct losers *l, const struct event_end *end)
{
	for (size_t i = 0; i < end->nr_losers; i++) {
		array_grow(l->list, l->nr);
		l->list[l->nr++] = end->losers[i];
	}
}

static void add_skipped(struct unsettled_list *u, const struct selection *select, const struct ring *r)
{
	struct unsettled row = { .has_uid = true, .recorded = true };

	if (!r || !(r->skipped || r->unread) || !selection_has_ring(select, r))
		return;
	row.what = r->skipped ? UNSETTLED_SLOTS : UNSETTLED_RINGS;
	row.uid = ring_uid(r);
	row.pid = ring_pid(r);
	row.ns_pid = ring_ns_pid(r);
	row.count = r->skipped ? : 1;
	unsettled_add(u, row);
}

/* Tables that a walk of record left out, or could not read. */
struct skipped {
	struct unsettled_list gone;	/* of rings that ended, and of runs before */
	struct unsettled_list left;	/* of those that were there at the last end of a part */
};

static void move_left(struct skipped *s)
{
	for (size_t i = 0; i < s->left.nr; i++)
		unsettled_add(&s->gone, s->left.list[i]);
	unsettled_free(&s->left);
}

static void note_skipped(struct skipped *s, const struct selection *select, const struct event *e)
{
	if (e->kind == EVENT_FACT && e->fact->kind == FACT_RING_GONE)
		add_skipped(&s->gone, select, ledger_ring(e->ledger, e->fact->ring));
	if (event_begins_part(e) && !e->origin->goes_on)
		move_left(s);
	if (e->kind != EVENT_END)
		return;
	/* a run that goes on found those of the part before again */
	unsettled_free(&s->left);
	for (const struct ring *r = e->ledger->rings; r; r = r->hh.next)
		add_skipped(&s->left, select, r);
}

int report_verify(struct report *r)
{
	struct over_time *f = over_time_new(&r->o->select);
	struct matched matched = {
		.select = &r->o->select,
		.parts = must_alloc(selection_nr_parts(&r->o->select), sizeof(*matched.parts)),
	};
	struct skipped skipped = { 0 };
	struct losers losers = { 0 };
	int status = EXIT_USAGE, n;
	struct event t;

	while ((n = report_next(r, &t)) > 0) {
		over_time_event(f, &t);
		note_skipped(&skipped, &r->o->select, &t);
		if (t.kind == EVENT_FACT)
			note_whose(&matched, t.fact);
		if (t.kind == EVENT_END)
			keep_losers(&losers, &t.end);
	}
	move_left(&skipped);
	if (!n) {
		__u64 events = matched.nr;
		struct unsettled_list *u = &skipped.gone;
		size_t ignored = over_time_ignore(f, &r->o->ignored);
		enum verdict v;

		unsettled_losses(u, r->replay.lost, r->replay.skipped, losers.list, losers.nr,
				 &r->o->select);
		unsettled_selection(u, UNSETTLED_UNRECORDED, &r->o->select, has_matched, &matched);
		if (r->replay.cut_at)
			unsettled_add(u, (struct unsettled){ .what = UNSETTLED_CUT, .count = 1 });
		if (r->replay.left_out)
			unsettled_add(u, (struct unsettled){
				.what = UNSETTLED_FULL, .count = r->replay.left_out,
			});
		if (r->replay.resumed)
			unsettled_add(u, (struct unsettled){
				.what = UNSETTLED_PAUSES, .count = r->replay.resumed,
			});
		if (!events && !u->nr)
			unsettled_add(u, (struct unsettled){ .what = UNSETTLED_UNRECORDED, .count = 1 });
		v = verdict_of(findings_worst(over_time_findings(f)), r->o->fail_on, u);
		if (r->o->output.json)
			print_json(r, over_time_findings(f), ignored, v, u, events);
		else
			print_text(r, over_time_findings(f), ignored, u, events);
		status = verdict_status(v, r->o->allow_unsettled, EXIT_DONE);
	}
	unsettled_free(&skipped.gone);
	free(losers.list);
	free(matched.parts);
	over_time_free(f);
	return status;
}
