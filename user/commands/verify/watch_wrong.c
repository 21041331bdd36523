// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel side gives its room back at each look. What was told would be new with the next requests of
 * its slot: so their sums are kept here, as long as the ring is.
 */
#include "base/array.h"
#include "capture/io_stale.h"
#include "checks/places.h"
#include "commands/verify/watch_wrong.h"

#define WRONG_KEPT	4096	/* others are told by look, each with the requests of its own */

static void take_holder(const struct watch *w, struct finding *of)
{
	finding_take_holder(of, ledger_ring(live_ledger(w->live), of->ring));
}

static void count(struct watch *w, const struct io_stale_key *at, const struct io_wrong *wrong)
{
	if (at->outlived) {
		w->totals.lost_to_stale.reads += wrong->requests;
		w->totals.lost_to_stale.read_bytes += wrong->bytes;
	} else {
		w->totals.wrong.requests += wrong->requests;
		w->totals.wrong.bytes += wrong->bytes;
	}
}

static void check(const struct wrong_slot *s, struct findings *out)
{
	if (s->at.outlived)
		check_outlived(&s->of, &s->what, out);
	else
		check_wrong(&s->of, &s->what, out);
}

static struct wrong_slot *find(const struct watch *w, const struct wrong_slot *like)
{
	for (size_t i = 0; i < w->nr_wrong; i++) {
		struct wrong_slot *s = &w->wrong[i];

		if (s->at.ring == like->at.ring && s->at.index == like->at.index &&
		    s->at.outlived == like->at.outlived && s->of.pid == like->of.pid)
			return s;
	}
	return NULL;
}

static void keep(struct watch *w, struct wrong_slot *fresh, struct findings *out)
{
	struct wrong_slot *s = find(w, fresh);

	if (s) {
		s->what.requests += fresh->what.requests;
		s->what.bytes += fresh->what.bytes;
		return;
	}
	take_holder(w, &fresh->of);
	if (w->nr_wrong == WRONG_KEPT) {
		check(fresh, out);
		return;
	}
	array_grow(w->wrong, w->nr_wrong);
	w->wrong[w->nr_wrong++] = *fresh;
}

void watch_wrong_take(struct watch *w, struct findings *out)
{
	struct wrong_slot s = { 0 };

	while (io_wrong_take(w->run.capture.skel, &s.at, &s.what)) {
		count(w, &s.at, &s.what);
		s.of = (struct finding){ .ring = s.at.ring, .index = s.at.index, .pid = s.what.pid, .fd = -1 };
		keep(w, &s, out);
	}
	for (size_t i = 0; i < w->nr_wrong; i++)
		check(&w->wrong[i], out);
}

void watch_wrong_tidy(struct watch *w)
{
	for (size_t i = w->nr_wrong; i--;)
		if (!ledger_ring(live_ledger(w->live), w->wrong[i].at.ring))
			w->wrong[i] = w->wrong[--w->nr_wrong];
}
