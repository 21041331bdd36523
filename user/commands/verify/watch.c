// SPDX-License-Identifier: GPL-2.0
#include <abi/limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "capture/call_hooks.h"
#include "capture/inspect.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "commands/verify/watch.h"
#include "commands/verify/watch_check.h"
#include "commands/verify/watch_io.h"
#include "commands/verify/watch_look.h"
#include "commands/verify/watch_meanwhile.h"
#include "commands/verify/watch_owed.h"
#include "model/fact.h"
#include "views/trace_text.h"

#define RESUME_MS	50	/* a call whose slots do not come by then is checked without them */
#define SAMPLE_MS	25	/* how often an account is looked at that has to rest */
#define MOVED_NS	50000000ULL /* a charge that no call follows by then has none */
#define ANEW_NS		200000000ULL /* not oftener after losses */

/* ---- facts ------------------------------------------------------------------------ */

static void drop_busy(struct watch *w, __u64 mm)
{
	for (size_t i = 0; i < w->nr_busy;)
		if (w->busy_mms[i] == mm)
			w->busy_mms[i] = w->busy_mms[--w->nr_busy];
		else
			i++;
}

static void note_busy(struct watch *w, __u64 mm)
{
	drop_busy(w, mm);
	if (w->nr_busy < MAX_BUSY)
		w->busy_mms[w->nr_busy++] = mm;
}

static void begin_batch(struct watch *w, const struct fact_call *c)
{
	struct batch *b = &w->batch;
	const struct ring *r = ledger_ring(live_ledger(w->live), c->h.ring);

	w->totals.calls++;
	/* what was charged was its own */
	drop_busy(w, c->mm);
	w->below_zero |= (c->user && c->user_after_pages < 0) || (c->mm && c->mm_after_pages < 0);
	/* it may have shown another limit */
	w->dirty |= c->result < 0;
	if (c->result < 0)
		return;
	memset(b, 0, sizeof(*b));
	b->open = true;
	b->cause.kind = CAUSE_CALL;
	memcpy(&b->cause.call, c, sizeof(b->cause.call));
	b->cause.fd = fact_fd(live_ledger(w->live), &c->h);
	b->nr = c->nr_slots;
	if (c->op == CALL_UNREGISTER) {
		b->nr = 0;
		b->cause.slots = r ? r->nr_slots : 0;
	} else if (!fact_args_known(c)) {
		; /* all slots are told */
	} else if (c->op == CALL_UPDATE) {
		b->first = c->offset;
		b->nr = c->result;
	} else if (c->op == CALL_CLONE && c->nr) {
		b->first = c->offset;
		b->nr = c->nr;
	}
	if (c->op != CALL_UNREGISTER)
		b->cause.slots = b->nr;
	b->left = b->nr;
	if (!live_tells_all(w->live) && b->left > BOUNDED_SLOTS)
		b->left = BOUNDED_SLOTS;
}

static void end_batch(struct watch *w)
{
	struct batch *b = &w->batch;

	b->open = false;
	if (b->left)
		w->early[w->nr_early++ % MAX_EARLY] = b->cause;
	live_complete(w->live);
	watch_notice_loss(w);
	if (w->torn)
		return;
	watch_walk_batch(w, b);
	watch_add_cause(w, &b->cause);
	watch_await_mms(w, ledger_ring(live_ledger(w->live), b->cause.call.h.ring));
	watch_check_if_cheap(w);
}

/* The ring's owner, for what the kernel does on its own. */
static struct cause release_of(const struct watch *w, const struct fact *f)
{
	const struct ring *r = ledger_ring(live_ledger(w->live), f->ring);
	struct cause c = { .kind = CAUSE_RELEASE, .fd = -1 };

	c.call.h = *f;
	c.call.charged_uid = r ? ring_uid(r) : ~0U;
	c.call.mm = r && r->mm ? r->mm->id : 0;
	if (r && r->nr_holders) {
		c.call.h.pid = r->holders[0].pid;
		c.call.ns_pid = r->holders[0].ns_pid;
		c.call.h.tid = r->holders[0].tid;
		c.call.h.uid = r->holders[0].uid;
		c.call.h.comm = r->holders[0].comm;
		c.fd = r->holders[0].fd;
	}
	return c;
}

/* Whether the end that is told is of the ring that the ledger has, and that held buffers. */
static bool is_release(const struct watch *w, const struct fact *f)
{
	const struct ring *r = ledger_ring(live_ledger(w->live), f->ring);

	return r && r->closing && !r->older_ends && (r->nr_slots || r->unread || r->skipped);
}

/* A charge of a call comes before the call itself; what the kernel does later has none. */
static void after_charge(struct watch *w, const struct fact_charge *f)
{
	bool below = (f->user && f->user_after_pages < 0) || (f->mm && f->mm_after_pages < 0);

	w->below_zero |= below;
	w->moved_ns = clock_now_ns();
	note_busy(w, f->mm);
	if (f->h.flags & FACT_F_WORKER && !w->torn) {
		struct cause c = release_of(w, &f->h);

		watch_add_cause(w, &c);
		if (below)
			watch_check(w);
	}
}

static __u64 mm_of(const struct watch *w, __u64 ring)
{
	const struct ring *r = ledger_ring(live_ledger(w->live), ring);

	return r && r->mm ? r->mm->id : 0;
}

/* What is suspected of this account may be explained by this, and has to rest from now on. */
static void stir(struct watch *w, const struct fact *f)
{
	__u64 start_ns = f->kind == FACT_CALL ? ((const struct fact_call *)f)->start_ns : 0;
	__u64 mm = mm_of(w, f->ring);

	if (start_ns)
		standing_explain(w->standing, mm, start_ns);
	standing_stir(w->standing, mm, clock_now_ns());
}

static bool is_of_batch(const struct batch *b, const struct fact *f)
{
	return b->open && f->kind == FACT_BUFFER && f->call == b->cause.call.h.call;
}

/* Its call was closed by another cpu's, or its own was late: it is to blame all the same. */
static void late_slot(struct watch *w, const struct fact *f)
{
	for (size_t i = 0; i < MAX_EARLY; i++) {
		const struct cause *c = &w->early[i];

		if (!f->call || c->call.h.call != f->call || c->call.h.ring != f->ring)
			continue;
		watch_add_cause(w, c);
		w->to_walk = true;
	}
}

static void on_fact(const struct fact *f, void *arg)
{
	struct watch *w = arg;
	struct batch *b = &w->batch;
	bool slot = is_of_batch(b, f);
	struct cause gone;
	bool released = f->kind == FACT_RING_GONE && is_release(w, f);

	if (w->complete) {
		watch_too_late(w, f);
		return;
	}
	w->in_a_row++;
	/* it registers nothing */
	if (f->kind == FACT_CALL && ((const struct fact_call *)f)->op == CALL_ENTER) {
		live_fact(w->live, f);
		watch_notice_loss(w);
		return;
	}
	/* a cpu tells a call and its slots in one go, others come in between */
	if (b->open && !slot && (f->cpu == b->cause.call.h.cpu || f->kind == FACT_CALL))
		end_batch(w);
	if (standing_waiting(w->standing))
		stir(w, f);
	if (f->t_ns > w->levels_ns)
		w->levels_ns = f->t_ns;
	watch_before_change(w, f);
	if (f->kind == FACT_CALL || f->kind == FACT_RING_CREATE)
		watch_note_event(w, f);
	if (f->kind == FACT_CALL)
		begin_batch(w, (const void *)f);
	else if (released)
		gone = release_of(w, f);
	if (released)
		watch_owe_ring(w, ledger_ring(live_ledger(w->live), f->ring));
	live_fact(w->live, f);
	watch_notice_loss(w);
	if (f->kind == FACT_CALL || slot)
		b->t_ns = clock_now_ns();
	if (b->open && ((slot && !--b->left) || (f->kind == FACT_CALL && !b->left)))
		end_batch(w);
	else if (f->kind == FACT_CHARGE || f->kind == FACT_UNCHARGE)
		after_charge(w, (const void *)f);
	else if (released && !w->torn)
		watch_add_cause(w, &gone);
	else if (f->kind == FACT_BUFFER && !slot && !w->torn)
		late_slot(w, f);
	if (w->sampling)
		note_busy(w, mm_of(w, f->ring));
}

static void on_lost(const struct lost_events *lost, void *arg)
{
	struct watch *w = arg;

	if (w->complete)
		return;
	live_lost(w->live, lost);
	if (lost->cpu == SKIPPED_CPU)
		w->skipped += lost->count;
	watch_notice_loss(w);
}

/* ---- while it is quiet -------------------------------------------------------------- */

/* 0, or -errno with a sentence. */
static int look_anew(struct watch *w)
{
	w->anew_ns = clock_now_ns();
	watch_tell_loss(w);
	w->batch.open = false;
	causes_clear(&w->causes);
	w->no_cause = CAUSE_LOSS;
	standing_drop_waiting(w->standing);
	if (live_look_anew(w->live))
		return -1;
	watch_mind_buffers(w);
	/* a ring that changes too fast is not in the ledger as it is */
	w->torn = walk_unsteady(w->run.capture.walk);
	w->to_walk = true;
	return 0;
}

static bool same_slots(const struct ring *a, const struct ring *b)
{
	if (a->nr_slots != b->nr_slots)
		return false;
	for (__u32 i = 0; i < a->nr_slots; i++)
		if ((a->slots[i] ? a->slots[i]->id : 0) != (b->slots[i] ? b->slots[i]->id : 0))
			return false;
	return true;
}

/* Takes over the levels of now; where tables differ, facts are still to come. */
static void compare(struct watch *w, const struct ledger *now, __u64 now_ns)
{
	struct ledger *l = live_ledger(w->live);
	struct ledger_user *u;
	struct ledger_mm *mm;

	for (struct ledger_mm *m = l->mms; m; m = m->hh.next) {
		HASH_FIND(hh, now->mms, &m->id, sizeof(m->id), mm);
		if (!mm || mm->pinned_pages != m->pinned_pages)
			standing_stir(w->standing, m->id, now_ns);
		if (mm) {
			m->pinned_pages = mm->pinned_pages;
			m->level_ns = mm->level_ns;
		}
	}
	for (struct ledger_user *o = l->users; o; o = o->hh.next) {
		HASH_FIND(hh, now->users, &o->id, sizeof(o->id), u);
		if (u) {
			o->locked_pages = u->locked_pages;
			o->level_ns = u->level_ns;
		}
	}
	for (const struct ring *r = now->rings; r; r = r->hh.next) {
		const struct ring *known = ledger_ring(l, r->id);

		if (!r->mm)
			continue;
		if (!known || !same_slots(known, r))
			standing_stir(w->standing, r->mm->id, now_ns);
		else if (!(r->ring_flags & RING_F_LOCKED))
			continue;
		note_busy(w, r->mm->id);
	}
}

/* What a call under way may explain is told when its account has rested. */
static void sample(struct watch *w, __u64 now_ns)
{
	struct ledger *now;

	if (!standing_waiting(w->standing) || now_ns - w->sampled_ns < SAMPLE_MS * 1000000ULL)
		return;
	w->sampled_ns = now_ns;
	now = ledger_new();
	if (!walk_rings(w->run.capture.walk, now) && !walk_unsteady(w->run.capture.walk)) {
		w->sampling = true;
		while (facts_read(w->run.capture.facts))
			;
		w->sampling = false;
		/* what was read just now has stirred accounts later than .now_ns */
		now_ns = clock_now_ns();
		if (!w->torn && !w->batch.open) {
			compare(w, now, now_ns);
			w->levels_ns = now_ns;
			watch_check(w);
			watch_settle(w);
			if (!w->torn)
				standing_tell_rested(w->standing, now_ns);
		}
	}
	ledger_free(now);
}

/* All facts that waited were read. 0, or -errno with a sentence. */
static int drained(struct watch *w)
{
	__u64 now = clock_now_ns();

	w->in_a_row = 0;
	if (w->batch.open && now - w->batch.t_ns >= RESUME_MS * 1000000ULL)
		end_batch(w);
	if (w->torn) {
		if (now - w->anew_ns >= ANEW_NS && look_anew(w))
			return -1;
		return 0;
	}
	if (w->batch.open)
		return 0;
	watch_read_unmaps(w);
	if (w->to_walk)
		watch_walk_rest(w);
	if (!w->to_walk && (w->dirty || (w->moved_ns && now - w->moved_ns >= MOVED_NS)))
		watch_check(w);
	if (!w->to_walk)
		sample(w, now);
	if (w->run.capture.stacks)
		stacks_drained(w->run.capture.stacks);
	return w->to_walk || w->torn ? 0 : watch_look(w);
}

static unsigned int pause_ms(void *arg)
{
	const struct watch *w = arg;

	if (w->batch.open)
		return RESUME_MS;
	if (w->to_walk && !w->torn)
		return 0;
	if (watch_is_looking(w))
		return LOOK_APART_NS / NS_PER_MS;
	return standing_waiting(w->standing) || w->moved_ns ? SAMPLE_MS : RUN_TICK_MS;
}

static bool step(void *arg)
{
	struct watch *w = arg;

	if (facts_read(w->run.capture.facts))
		return true;
	if (!w->complete)
		w->failed |= drained(w) != 0;
	return false;
}

static bool has_enough(void *arg)
{
	return ((struct watch *)arg)->failed;
}

static bool is_releasing(void *arg)
{
	return live_awaits_close(((struct watch *)arg)->live);
}

/* ---- from begin to end ---------------------------------------------------------------- */

/* What came last is checked, too; what is told in part after it is not. */
static void complete(void *arg, bool more)
{
	struct watch *w = arg;

	w->unread_ns = more ? clock_now_ns() - RUN_LAST_READ_NS : 0;
	watch_notice_loss(w);
	if (w->batch.open)
		end_batch(w);
	if (w->dirty && !w->torn && !w->failed)
		watch_check(w);
	w->complete = true;
}

static void add_losses(struct watch *w)
{
	size_t nr;
	const struct user_loss *losers = facts_losses(w->run.capture.facts, &nr);

	unsettled_losses(&w->unsettled, w->totals.lost, w->skipped, losers, nr, &w->o->select);
}

static int run(struct watch *w)
{
	const struct run_steps steps = {
		.step = step, .pause_ms = pause_ms, .enough = has_enough, .releasing = is_releasing,
		.complete = complete, .arg = w,
	};
	int failed = 0, status = run_begin(&w->run);
	enum verdict v;

	if (status)
		return status;
	if (!w->o->output.quiet)
		fprintf(stderr, "watching (tier: %s)\n", tier_name(w->totals.tier));
	w->begun_ns = clock_now_ns();
	watch_meanwhile_note(w);
	watch_mind_buffers(w);
	watch_note_rings(w, live_ledger(w->live));
	for (const struct ring *r = live_ledger(w->live)->rings; r; r = r->hh.next)
		watch_await_mms(w, r);
	w->to_walk = true;
	w->torn = walk_unsteady(w->run.capture.walk);
	run_steps(&w->run, &steps);
	if (w->failed)
		failed = cannot("%s", err_text());
	else if (watch_look_last(w))
		failed = interrupted ? 128 + interrupted : cannot("%s", err_text());
	else
		standing_drop_waiting(w->standing);
	watch_owe_closing(w);
	w->totals.duration_ns = clock_now_ns() - w->begun_ns;
	watch_tell_loss(w);
	add_losses(w);
	if (w->o->program && !w->totals.calls)
		unsettled_add(&w->unsettled, (struct unsettled){ .what = UNSETTLED_UNCALLED, .count = 1 });
	run_add_unfollowed(&w->run, &w->unsettled);
	v = verdict_of(w->worst, w->o->fail_on, &w->unsettled);
	view_watch_end(&w->o->output, &w->totals, w->run.left, v, &w->unsettled);
	status = run_end(&w->run, failed);
	return failed ? failed : verdict_status(v, w->o->allow_unsettled, status);
}

int watch(struct verify_options *o)
{
	struct watch *w = must_alloc(1, sizeof(*w));
	const struct facts_handler on = { on_fact, on_lost, w };
	const struct io_how io = { .stale = true, .overlap = true, .by_buffer = true, .only_ended = true };
	const struct capture_wants wants = {
		.how = &o->how, .select = &o->select, .pages = true, .on = &on, .broken = true,
		.io = o->io ? &io : NULL,
	};
	int status;

	selection_go_live(&o->select, o->program);
	o->how.syscalls |= o->select.tree;
	w->o = o;
	w->worst = -1;
	w->standing = watch_standing(w);
	w->run = (struct run){ .to = &o->output, .argv = o->program, .run_as = o->run_as,
			      .duration_ns = o->duration_ns };
	status = run_open(&w->run, &wants);
	if (!status) {
		w->totals.io = o->io;
		w->totals.tier = attach_tier(w->run.capture.attach);
		status = live_start(&w->live, &w->run.capture, &o->select, NULL, NULL, NULL) ?
			 run_cannot() : run(w);
	}
	causes_clear(&w->causes);
	unmappings_free(&w->unmappings);
	watch_io_free(w);
	unsettled_free(&w->unsettled);
	free(w->had_ring);
	standing_free(w->standing);
	live_free(w->live);
	run_close(&w->run);
	free(w);
	return status;
}
