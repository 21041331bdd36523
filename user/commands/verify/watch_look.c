// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/signals.h"
#include "commands/ours.h"
#include "commands/verify/watch_io.h"
#include "commands/verify/watch_look.h"
#include "commands/verify/watch_meanwhile.h"
#include "commands/verify/watch_owed.h"

#define LAST_LOOK_NS	(30 * NS_PER_S)	/* after the time of -d */
#define PAUSE	9	/* times the CPU time that the looks before it took */

__u64 watch_interval_ns(const struct watch *w)
{
	return w->o->interval_ns ? : LOOK_INTERVAL_NS;
}

bool watch_look_was_late(const struct watch *w, __u64 since_ns, __u64 end_ns)
{
	__u64 due_ns = w->look_due_ns > since_ns ? w->look_due_ns : since_ns;

	/* one that itself takes long is not late; others want a processor, too */
	return end_ns > due_ns + watch_interval_ns(w) + 2 * w->looks_took_ns;
}

static __u64 cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void watch_await_mms(struct watch *w, const struct ring *r)
{
	if (!r || !live_shows(w->live, r->id))
		return;
	if (r->mm)
		forks_await(w->run.capture.forks, r->mm->id);
	/* whose buffers may be on a ring that it inherited */
	for (size_t i = 0; i < r->nr_holders; i++)
		forks_await(w->run.capture.forks, r->holders[i].mm);
}

static void on_unmap(const struct unmap_call *c, void *arg)
{
	struct watch *w = arg;
	struct stacks *s = w->run.capture.stacks;

	if (!unmapping_concerns(live_ledger(w->live), c))
		return;
	w->unmapped = true;
	unmappings_add(&w->unmappings, c, s ? stack_copy(stacks_of(s, &c->call.h)) : NULL);
}

void watch_read_unmaps(struct watch *w)
{
	struct unmaps *u = w->run.capture.unmaps;

	unmaps_read(u, on_unmap, w);
	w->unmapped |= unmaps_lost(u) != w->unmaps_lost;
	w->unmaps_lost = unmaps_lost(u);
}

bool watch_is_looking(const struct watch *w)
{
	return w->looks.nr || w->readings.nr;
}

static bool keep_ours(const struct finding *f, const void *watch)
{
	const struct watch *w = watch;

	return finding_is_ours(w->live, &w->o->select, f);
}

/* What is found by looking is of the selection, but for what descends from our program. */
static void keep_program(struct watch *w, struct findings *fs)
{
	if (w->o->select.tree)
		findings_keep(fs, keep_ours, w);
}

/* .io: what counts show, which are of the selection. */
static void take(struct watch *w, struct look *look, struct findings *io, bool all)
{
	keep_program(w, &look->findings);
	findings_append(&look->findings, io);
	w->looking = true;
	standing_look(w->standing, look->ledger, &look->findings, all);
	w->looking = false;
}

static int take_balance(struct watch *w)
{
	struct findings found = { 0 };
	int err = readings_tell(&w->readings, w->run.capture.walk, &w->o->select, &found, &w->unsettled);

	if (err)
		return err;
	keep_program(w, &found);
	w->looking = true;
	standing_balance(w->standing, w->readings.last, &found);
	w->looking = false;
	findings_free(&found);
	return 0;
}

/*
 * A look is ahead of events that still wait to be read: those come first, since they have a cause
 * for what it found. False: a call is told in part, or some were lost.
 */
static bool catch_up(struct watch *w)
{
	while (facts_read(w->run.capture.facts))
		;
	watch_settle(w);
	if (w->torn || w->batch.open)
		return false;
	if (w->dirty)
		watch_check(w);
	return !w->torn;
}

static bool is_time_to_look(const struct watch *w, __u64 now_ns)
{
	if (w->looks.nr)
		return now_ns >= w->looked_ns + LOOK_APART_NS;
	if (!(live_shows_any(w->live) || selection_asks(&w->o->select)) || now_ns < w->rested_ns)
		return false;
	return now_ns >= w->next_look_ns || w->unmapped ||
	       forks_seen(w->run.capture.forks) != w->forks;
}

static bool is_time_for_accounts(const struct watch *w, __u64 now_ns)
{
	if (w->readings.nr)
		return now_ns >= w->readings.taken_ns + readings_apart_ns(&w->readings);
	return now_ns >= w->rested_ns && now_ns >= w->next_balance_ns;
}

/* The pause that the looks in a row have earned, by the CPU time that they took. */
static void rest(struct watch *w, __u64 took_ns)
{
	w->rested_ns = clock_now_ns() + took_ns * PAUSE;
}

/* An account may have more than a ring that is shown, or one that nothing shows, puts there. */
static int read_accounts(struct watch *w, __u64 now_ns, __u64 begun_ns)
{
	int err;

	if (!w->readings.nr) {
		w->next_balance_ns = now_ns + BALANCE_NS;
		w->readings_took_ns = 0;
	}
	err = readings_next(&w->readings, w->run.capture.walk, &w->o->select);
	w->readings_took_ns += cpu_ns() - begun_ns;
	if (!err && !readings_done(&w->readings))
		return 0;
	if (!err && catch_up(w))
		err = take_balance(w);
	readings_end(&w->readings);
	rest(w, w->readings_took_ns);
	return err;
}

static int look(struct watch *w, __u64 begun_ns)
{
	const struct check_options o = watch_checks(w);
	struct progress p = { 0 };
	struct look look;
	int err;

	if (!w->looks.nr) {
		watch_meanwhile_note(w);
		/* after that: what was in place now was so when it was noted */
		w->looks_begun_ns = clock_now_ns();
		w->looks_took_ns = 0;
		w->forks = forks_seen(w->run.capture.forks);
		w->unmapped = false;
	}
	err = looks_next(&w->looks, w->run.capture.walk, w->run.capture.pages, &w->o->select, &o, &p);
	w->looked_ns = clock_now_ns();
	w->looks_took_ns += cpu_ns() - begun_ns;
	if (!err && !looks_done(&w->looks))
		return 0;
	looks_end(&w->looks, &look);
	w->totals.looks += !err;
	if (!err) {
		watch_note_rings(w, look.ledger);
		watch_looked_at(w, look.ledger);
		w->compared_ns = w->looks_begun_ns;
	}
	if (!err && catch_up(w)) {
		struct findings io = { 0 };

		watch_io_look(w, &look, !look.unsettled.nr, &io);
		take(w, &look, &io, !look.unsettled.nr);
		w->noted_for_none = false;
	}
	if (!err && w->run.capture.io)
		io_stat_tidy(w->run.capture.io, look.ledger);
	look_free(&look);
	rest(w, w->looks_took_ns);
	w->looks_took_ns = 0;
	w->next_look_ns = w->looks_begun_ns + watch_interval_ns(w);
	w->look_due_ns = w->next_look_ns > w->rested_ns ? w->next_look_ns : w->rested_ns;
	return err;
}

int watch_look(struct watch *w)
{
	bool over;
	int err = 0;

	watch_io_tell(w);
	walk_until(w->run.capture.walk, w->run.deadline_ns);
	if (is_time_to_look(w, clock_now_ns()))
		err = look(w, cpu_ns());
	if (!err && is_time_for_accounts(w, clock_now_ns()))
		err = read_accounts(w, clock_now_ns(), cpu_ns());
	over = walk_is_over(w->run.capture.walk);
	walk_until(w->run.capture.walk, 0);
	/* a signal, or the time of -d, ends the watch, not this look alone */
	return interrupted || over ? 0 : err;
}

static bool is_of_program(const struct watch *w, __u32 pid)
{
	for (const struct ring *r = live_ledger(w->live)->rings; r; r = r->hh.next)
		for (size_t i = 0; live_shows(w->live, r->id) && i < r->nr_holders; i++)
			if (r->holders[i].pid == pid)
				return true;
	return false;
}

static bool is_ours(const struct watch *w, const struct unsettled *u)
{
	return u->what != UNSETTLED_SELECTION && (!w->o->program || is_of_program(w, u->pid));
}

int watch_look_last(struct watch *w)
{
	struct progress p = { .on = isatty(STDERR_FILENO) && !w->o->output.quiet };
	const struct check_options o = watch_checks(w);
	const struct capture *c = &w->run.capture;
	struct look look = { 0 };
	int err = 0;

	w->no_cause = CAUSE_END;
	causes_clear(&w->causes);
	looks_end(&w->looks, &look);
	look_free(&look);
	readings_end(&w->readings);
	/* a second signal ends this, too */
	if (!interrupted_again)
		interrupted = 0;
	if ((live_shows_any(w->live) || selection_asks(&w->o->select)) &&
	    !ferror(w->o->output.out)) {
		p.begun_ns = clock_now_ns();
		walk_until(c->walk, w->run.deadline_ns ? p.begun_ns + LAST_LOOK_NS : 0);
		err = look_closely(c->walk, c->pages, &w->o->select, &o, &look, &p) ||
		      look_at_balance(c->walk, &w->o->select, &look.findings,
				      &look.unsettled) || interrupted;
		progress_end(&p);
	}
	w->totals.looks += !err && look.ledger;
	if (err && !interrupted && walk_is_over(c->walk)) {
		unsettled_add(&w->unsettled, (struct unsettled){ .what = UNSETTLED_TIME, .count = 1 });
		look_free(&look);
		return 0;
	}
	w->looked_ns = clock_now_ns();
	if (!err)
		ignored_settle(&w->o->ignored, &look.findings, w->o->fail_on,
			       &look.unsettled);
	for (size_t i = 0; !err && i < look.unsettled.nr; i++)
		if (is_ours(w, &look.unsettled.list[i]) &&
		    !(look.unsettled.list[i].what == UNSETTLED_MAPPINGS &&
		      unsettled_has(&w->unsettled, look.unsettled.list[i])))
			unsettled_add(&w->unsettled, look.unsettled.list[i]);
	if (!err && look.ledger) {
		watch_note_rings(w, look.ledger);
		if (!w->o->program)
			watch_owe_selection(w);
		take(w, &look, &(struct findings){ 0 }, false);
	}
	look_free(&look);
	watch_io_last(w);
	return err;
}
