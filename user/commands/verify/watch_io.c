// SPDX-License-Identifier: GPL-2.0
/*
 * A look names the slots whose buffers have stale pages, and the kernel side counts what goes over
 * those from then on, until a call changes the ring's table. So a slot counts only if no call has
 * come since the look began: the last call is asked for after the counting was switched on. A user has a
 * quarter of the room; who pays for a range of users (bpf/kernel/payer.h) is one.
 */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/clock.h"
#include "capture/io_overlap.h"
#include "capture/io_stale.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "commands/verify/watch_io.h"
#include "commands/verify/watch_meanwhile.h"
#include "commands/verify/watch_wrong.h"
#include "model/ledger_buffers.h"

static struct fixbuf_bpf *kernel_side(const struct watch *w)
{
	return w->run.capture.skel;
}

static struct io_stale_key key_of(const struct stale_slot *s)
{
	return (struct io_stale_key){ .ring = s->of.ring, .index = s->index };
}

static void add(struct io_stale_hits *to, const struct io_stale_hits *h)
{
	to->reads += h->reads;
	to->read_bytes += h->read_bytes;
	to->writes += h->writes;
	to->write_bytes += h->write_bytes;
	to->unplaced += h->unplaced;
}

static void read_hits(const struct watch *w, struct stale_slot *s)
{
	struct io_stale_key at = key_of(s);
	struct io_stale now;

	if (io_stale_read(kernel_side(w), &at, &now))
		s->what.hits = now.hits;
}

static struct stale_user *user_of(struct watch *w, __u32 uid, __u32 payer)
{
	for (size_t i = 0; i < w->nr_stale_users; i++)
		if (w->stale_users[i].uid == uid)
			return &w->stale_users[i];
	array_grow(w->stale_users, w->nr_stale_users);
	w->stale_users[w->nr_stale_users] = (struct stale_user){ .uid = uid, .payer = payer };
	return &w->stale_users[w->nr_stale_users++];
}

/* Whether there is room for one slot more of that user, in a ring that is one more. */
static bool has_room(const struct watch *w, const struct stale_user *of, bool new_ring)
{
	size_t slots = 0, rings = new_ring;

	for (size_t i = 0; i < w->nr_stale_users; i++)
		if (w->stale_users[i].payer == of->payer) {
			slots += w->stale_users[i].slots;
			rings += w->stale_users[i].rings;
		}
	return w->nr_stale < IO_STALE_SLOTS && slots < IO_USER_STALE_SLOTS && rings <= IO_USER_STALE_RINGS;
}

static bool has_slots(const struct watch *w, __u64 ring)
{
	for (size_t i = 0; i < w->nr_stale; i++)
		if (w->stale[i].of.ring == ring)
			return true;
	return false;
}

static void forget(struct watch *w, size_t i)
{
	struct stale_user *u = user_of(w, w->stale[i].uid, 0);
	struct io_stale_key at = key_of(&w->stale[i]);

	add(&w->totals.lost_to_stale, &w->stale[i].what.hits);
	io_stale_forget(kernel_side(w), &at);
	w->stale[i] = w->stale[--w->nr_stale];
	u->slots--;
	if (has_slots(w, at.ring))
		return;
	/* a ring that has ended makes no call that would give its place back */
	io_stale_disarm(kernel_side(w), at.ring);
	u->rings--;
}

static struct stale_slot *slot_at(const struct watch *w, __u64 ring, __u32 index)
{
	for (size_t i = 0; i < w->nr_stale; i++)
		if (w->stale[i].of.ring == ring && w->stale[i].index == index)
			return &w->stale[i];
	return NULL;
}

/* A slot of a ring holds a buffer of which that was found; NULL without room. */
static struct stale_slot *note_slot(struct watch *w, const struct finding *of, struct stale_user *u, __u64 ring,
				    __u32 index)
{
	struct stale_slot *s = slot_at(w, ring, index);

	if (s && s->what.buf != of->buf) {
		forget(w, s - w->stale);
		s = NULL;
	}
	if (!s) {
		bool new_ring = !has_slots(w, ring);

		if (!has_room(w, u, new_ring))
			return NULL;
		u->slots++;
		u->rings += new_ring;
		array_grow(w->stale, w->nr_stale);
		s = &w->stale[w->nr_stale++];
		*s = (struct stale_slot){ .index = index, .uid = u->uid, .what.buf = of->buf, .seen_ns = clock_now_ns() };
	}
	s->of = *of;
	s->of.ring = ring;
	s->of.detail = NULL;
	return s;
}

/* Whether it is counted from now on; else it is with the next look. */
static bool count(struct watch *w, struct stale_slot *s, const struct buffer *b, __u64 armed_ns)
{
	struct io_stale_key at = key_of(s);
	struct io_stale now = { .buf = s->what.buf, .armed_ns = armed_ns };

	stale_span(b, &now.addr, &now.end, &s->pages);
	if (now.addr == s->what.addr && now.end == s->what.end && now.armed_ns == s->what.armed_ns)
		return true;
	now.hits = s->what.hits;
	if (!io_stale_count(kernel_side(w), &at, &now))
		return false;
	s->what = now;
	return true;
}

/* What a look found stale, by buffer: one finding of each. */
struct stale_buffers {
	const struct finding **list;
	size_t nr;
};

static int by_buffer(const void *va, const void *vb)
{
	const struct finding *a = *(const struct finding *const *)va, *b = *(const struct finding *const *)vb;

	return a->buf < b->buf ? -1 : a->buf > b->buf;
}

static struct stale_buffers find_stale(const struct findings *fs)
{
	struct stale_buffers s = { must_alloc(fs->nr + 1, sizeof(*s.list)), 0 };

	for (size_t i = 0; i < fs->nr; i++)
		if (fs->list[i].tag == STALE_PAGE && fs->list[i].buf && !fs->list[i].unconfirmed)
			s.list[s.nr++] = &fs->list[i];
	qsort(s.list, s.nr, sizeof(*s.list), by_buffer);
	return s;
}

static const struct finding *stale_of(const struct stale_buffers *s, const struct buffer *b)
{
	const struct finding one = { .buf = b->id }, *key = &one, **found;

	found = bsearch(&key, s->list, s->nr, sizeof(*s->list), by_buffer);
	return found ? *found : NULL;
}

/* The slots of a ring that hold what is stale. */
static void count_ring(struct watch *w, const struct ring *r, const struct look *look,
		       const struct stale_buffers *stale)
{
	__u64 armed_ns = io_stale_armed(kernel_side(w), r->id);
	__u64 fresh_ns = armed_ns ? armed_ns : clock_now_ns();
	struct stale_user *u = user_of(w, ring_uid(r), r->payer ? r->payer : ring_uid(r));
	size_t counted = 0, uncounted = 0;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i] ? ledger_buffer(look->ledger, r->slots[i]->id) : NULL;
		const struct finding *of = b ? stale_of(stale, b) : NULL;
		struct stale_slot *s = of ? note_slot(w, of, u, r->id, i) : NULL;

		if (s)
			s->looked_ns = w->looks_begun_ns;
		if (s && count(w, s, b, fresh_ns))
			counted++;
		else
			uncounted += of != NULL;
	}
	if (counted && !armed_ns && !io_stale_arm(kernel_side(w), r->id, fresh_ns))
		uncounted += counted;
	u->uncounted += uncounted;
	if (counted && page_walk_last_call(w->run.capture.pages, r->id) >= w->looks_begun_ns)
		io_stale_disarm(kernel_side(w), r->id);
}

static void add_lost(struct watch *w, struct findings *out)
{
	for (size_t i = 0; i < w->nr_stale; i++) {
		read_hits(w, &w->stale[i]);
		check_lost(&w->stale[i], clock_now_ns(), out);
	}
}

/*
 * Whether a request of anybody may have ended without our having seen it: then it looks as if it were under
 * way. *overflowed: completions that may have been some user's.
 */
static bool ends_missed(struct watch *w, __u64 *overflowed)
{
	struct io_model m = { 0 };
	bool is = io_stat_read(w->run.capture.io, &m, NULL) || m.missed;

	*overflowed = m.loss.overflowed;
	io_model_free(&m);
	return is;
}

static int overlap_order(const void *a, const void *b)
{
	return memcmp(&((const struct overlap *)a)->of, &((const struct overlap *)b)->of, sizeof(struct io_overlap_key));
}

/* One that is refused when it begins is taken back: only what was there at the look before is told. Takes .now. */
static void leave_new_out(struct watch *w, struct overlap *now, size_t nr, struct overlap *told)
{
	qsort(now, nr, sizeof(*now), overlap_order);
	for (size_t i = 0; i < nr; i++) {
		const struct overlap *was = w->nr_overlaps ? bsearch(&now[i], w->overlaps, w->nr_overlaps, sizeof(*now),
								     overlap_order) : NULL;

		told[i] = now[i];
		if (!was || was->what.requests < now[i].what.requests)
			told[i].what.requests = was ? was->what.requests : 0;
	}
	free(w->overlaps);
	w->overlaps = now;
	w->nr_overlaps = nr;
}

/* All there were so far, so that what was told still stands. .last: none is under way any more. */
static void take_overlaps(struct watch *w, bool last, struct findings *out)
{
	struct overlap *list = NULL, one = { 0 };
	bool certain = false, missed = false;
	__u64 overflowed = 0;
	size_t nr = 0;

	w->totals.overlap.certain = w->totals.overlap.possible = 0;
	while (nr < IO_OVERLAPS && io_overlap_next(kernel_side(w), &one.of, &one.what)) {
		array_grow(list, nr);
		list[nr++] = one;
		certain |= one.of.certain;
	}
	if (nr && !last) {
		struct overlap *told = must_alloc(nr, sizeof(*told));

		leave_new_out(w, list, nr, told);
		list = told;
	}
	/* after the list: what was missed for the sake of it is in the count */
	if (certain)
		missed = ends_missed(w, &overflowed);
	for (size_t i = 0; i < nr; i++) {
		if (list[i].of.certain && (missed || (overflowed &&
		    io_overlap_overflowed(kernel_side(w), list[i].what.payer, overflowed)))) {
			list[i].of.certain = 0;
			w->totals.overlap.ends_missed = true;
		}
		if (list[i].of.certain)
			w->totals.overlap.certain += list[i].what.requests;
		else
			w->totals.overlap.possible += list[i].what.requests;
	}
	if (nr)
		check_overlaps(list, nr, live_ledger(w->live), out);
	free(list);
}

static void begin_users(struct watch *w)
{
	for (size_t i = 0; i < w->nr_stale_users; i++)
		w->stale_users[i].uncounted = 0;
}

/* Those of a look of which most found no room. */
static void note_uncounted(struct watch *w)
{
	__u64 all = 0;

	for (size_t i = 0; i < w->nr_stale_users; i++) {
		struct stale_user *u = &w->stale_users[i];

		all += u->uncounted;
		if (u->uncounted > u->most_uncounted)
			u->most_uncounted = u->uncounted;
	}
	if (all > w->totals.uncounted_slots)
		w->totals.uncounted_slots = all;
}

static void add_uncounted(struct watch *w)
{
	for (size_t i = 0; i < w->nr_stale_users; i++)
		if (w->stale_users[i].most_uncounted)
			unsettled_add(&w->unsettled, (struct unsettled){
				.what = UNSETTLED_UNCOUNTED, .has_uid = true, .uid = w->stale_users[i].uid,
				.count = w->stale_users[i].most_uncounted,
			});
}

static void add_uncompared(struct watch *w)
{
	struct unsettled row = { .what = UNSETTLED_UNCOMPARED };

	while (io_overlap_take_unfollowed(kernel_side(w), &row.has_uid, &row.uid, &row.count)) {
		w->totals.overlap.uncompared += row.count;
		unsettled_add(&w->unsettled, row);
	}
}

void watch_io_look(struct watch *w, const struct look *look, bool all, struct findings *out)
{
	struct stale_buffers stale;

	if (!w->o->io)
		return;
	watch_wrong_take(w, out);
	take_overlaps(w, false, out);
	add_lost(w, out);
	stale = find_stale(&look->findings);
	begin_users(w);
	for (const struct ring *r = live_ledger(w->live)->rings; r && stale.nr; r = r->hh.next)
		if (live_shows(w->live, r->id))
			count_ring(w, r, look, &stale);
	note_uncounted(w);
	for (size_t i = w->nr_stale; i--;)
		if (all && w->stale[i].looked_ns != w->looks_begun_ns)
			forget(w, i);
	free(stale.list);
	if (all)
		watch_wrong_tidy(w);
}

void watch_io_last(struct watch *w)
{
	if (!w->o->io)
		return;
	watch_wrong_take(w, &w->lost);
	take_overlaps(w, true, &w->lost);
	add_lost(w, &w->lost);
	while (w->nr_stale)
		forget(w, w->nr_stale - 1);
	add_uncounted(w);
	add_uncompared(w);
	watch_io_tell(w);
	standing_tell_grown(w->standing);
}

void watch_io_released(struct watch *w, const struct ring *r, const struct buffer *b)
{
	for (size_t i = w->nr_stale; i--;) {
		struct stale_slot *s = &w->stale[i];

		if (s->of.ring != r->id || s->what.buf != b->id)
			continue;
		read_hits(w, s);
		check_lost(s, clock_now_ns(), &w->lost);
		forget(w, i);
	}
}

void watch_io_tell(struct watch *w)
{
	if (!w->lost.nr)
		return;
	w->looking = true;
	standing_look(w->standing, live_ledger(w->live), &w->lost, false);
	w->looking = false;
	findings_free(&w->lost);
}

void watch_io_free(struct watch *w)
{
	watch_meanwhile_free(w);
	findings_free(&w->lost);
	free(w->wrong);
	free(w->stale);
	free(w->stale_users);
	free(w->overlaps);
}
