// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/signals.h"
#include "capture/balance.h"
#include "commands/verify/watch_look.h"

#define PAUSE	9	/* times the CPU time that the looks before it took */

static __u64 cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void watch_await_forks(struct watch *w, const struct ring *r)
{
	if (r && r->mm && live_shows(w->live, r->id))
		forks_await(w->run.capture.forks, r->mm->id);
}

bool watch_is_looking(const struct watch *w)
{
	return w->looks.nr;
}

static bool keep_ours(const struct finding *f, const void *watch)
{
	return watch_is_ours(watch, f);
}

static void take(struct watch *w, struct look *look, bool all)
{
	findings_keep(&look->findings, keep_ours, w);
	w->looking = true;
	standing_look(w->standing, look->ledger, &look->findings, all);
	w->looking = false;
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

static bool is_time(const struct watch *w, __u64 now_ns)
{
	if (w->looks.nr)
		return now_ns >= w->looked_ns + LOOK_APART_NS;
	if (!live_shows_any(w->live) || now_ns < w->rested_ns)
		return false;
	return now_ns >= w->next_look_ns || forks_seen(w->run.capture.forks) != w->forks;
}

/* The pause that the looks in a row have earned, by the CPU time that they took. */
static void rest(struct watch *w)
{
	w->rested_ns = clock_now_ns() + w->looks_took_ns * PAUSE;
	w->next_look_ns = w->looks_begun_ns + (w->o->interval_ns ? : LOOK_INTERVAL_NS);
}

int watch_look(struct watch *w)
{
	const struct check_options o = { .every_page = w->o->every_page };
	struct progress p = { 0 };
	struct look look;
	__u64 now = clock_now_ns(), begun = cpu_ns();
	int err;

	if (!is_time(w, now))
		return 0;
	if (!w->looks.nr) {
		w->looks_begun_ns = now;
		w->looks_took_ns = 0;
		w->forks = forks_seen(w->run.capture.forks);
	}
	err = looks_next(&w->looks, w->run.capture.walk, w->run.capture.pages, &w->o->select, &o, &p);
	w->looked_ns = clock_now_ns();
	w->looks_took_ns += cpu_ns() - begun;
	if (!err && !looks_done(&w->looks))
		return 0;
	looks_end(&w->looks, &look);
	if (!err && catch_up(w))
		take(w, &look, !look.unsettled.nr);
	look_free(&look);
	rest(w);
	/* a signal ends the watch, not this look alone */
	return interrupted ? 0 : err;
}

static bool is_of_program(const struct watch *w, __u32 pid)
{
	for (const struct ring *r = live_ledger(w->live)->rings; r; r = r->hh.next)
		for (size_t i = 0; live_shows(w->live, r->id) && i < r->nr_holders; i++)
			if (r->holders[i].pid == pid)
				return true;
	return false;
}

int watch_look_last(struct watch *w)
{
	struct progress p = { .on = isatty(STDERR_FILENO) && !w->o->output.quiet };
	const struct check_options o = { .every_page = w->o->every_page };
	const struct capture *c = &w->run.capture;
	struct look look = { 0 };
	int err = 0;

	w->no_cause = CAUSE_END;
	w->nr_causes = 0;
	looks_end(&w->looks, &look);
	look_free(&look);
	/* a second signal ends this, too */
	interrupted = 0;
	if ((live_shows_any(w->live) || (selection_asks(&w->o->select) && !w->totals.calls)) &&
	    !ferror(w->o->output.out)) {
		p.begun_ns = clock_now_ns();
		err = look_closely(c->walk, c->pages, &w->o->select, &o, &look, &p) ||
		      look_at_balance(c->walk, &w->o->select, &look.findings) || interrupted;
		progress_end(&p);
	}
	if (!err)
		ignored_settle(&w->o->ignored, &look.findings, &look.unsettled);
	for (size_t i = 0; !err && i < look.unsettled.nr; i++)
		if (!w->o->program || is_of_program(w, look.unsettled.list[i].pid))
			unsettled_add(&w->unsettled, look.unsettled.list[i]);
	if (!err && look.ledger)
		take(w, &look, false);
	look_free(&look);
	return err;
}
