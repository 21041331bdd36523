// SPDX-License-Identifier: GPL-2.0
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "model/fact.h"
#include "model/ledger.h"
#include "model/ledger_buffers.h"
#include "model/ledger_pins.h"

#ifndef IORING_SETUP_REGISTERED_FD_ONLY
#define IORING_SETUP_REGISTERED_FD_ONLY (1U << 15)
#endif

#define SAME_BIRTH_NS	2000000U /* a creation and the counters read the clock one after the other */

struct ledger *ledger_new(void)
{
	return must_alloc(1, sizeof(struct ledger));
}

struct ring *ledger_ring(const struct ledger *l, __u64 id)
{
	struct ring *r;

	HASH_FIND(hh, l->rings, &id, sizeof(id), r);
	return r;
}

struct ring *ledger_ring_born(const struct ledger *l, __u64 id, __u64 born_ns)
{
	struct ring *r = ledger_ring(l, id);

	if (!r || !born_ns)
		return r;
	if (r->born_ns)
		return r->born_ns == born_ns ? r : NULL;
	return born_ns + SAME_BIRTH_NS >= r->made_ns ? r : NULL;
}

void ledger_know_less(struct ring *r)
{
	if (r->user)
		r->user->partial = true;
	if (r->mm)
		r->mm->partial = true;
}

/* ---- users and address spaces ---------------------------------------------- */

/* An event that waited while a look was taken tells an older level than the look. */
static void set_level(__s64 *level, __u64 *level_ns, const struct fact *f, __s64 pages)
{
	if (f->t_ns < *level_ns)
		return;
	*level = pages;
	*level_ns = f->t_ns;
}

static struct ledger_user *learn_user(struct ledger *l, const struct fact *f, __u64 id, __u32 uid,
				      __s64 locked_pages)
{
	struct ledger_user *u;

	if (!id)
		return NULL;
	HASH_FIND(hh, l->users, &id, sizeof(id), u);
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->id = id;
		u->others = true;
		HASH_ADD(hh, l->users, id, sizeof(u->id), u);
	}
	u->uid = uid;
	set_level(&u->locked_pages, &u->level_ns, f, locked_pages);
	u->others &= !!(f->flags & FACT_F_OTHERS);
	return u;
}

static struct ledger_mm *learn_mm(struct ledger *l, const struct fact *f, __u64 id, __s64 pinned_pages)
{
	struct ledger_mm *mm;

	if (!id)
		return NULL;
	HASH_FIND(hh, l->mms, &id, sizeof(id), mm);
	if (!mm) {
		mm = must_alloc(1, sizeof(*mm));
		mm->id = id;
		HASH_ADD(hh, l->mms, id, sizeof(mm->id), mm);
	}
	set_level(&mm->pinned_pages, &mm->level_ns, f, pinned_pages);
	return mm;
}

/* Only of one that is known: what no ring is charged to would never be forgotten. */
static void level_mm(struct ledger *l, const struct fact *f, __u64 id, __s64 pinned_pages)
{
	struct ledger_mm *mm;

	HASH_FIND(hh, l->mms, &id, sizeof(id), mm);
	if (mm)
		set_level(&mm->pinned_pages, &mm->level_ns, f, pinned_pages);
}

/* The same: a charge does not say whose account it is, only who was there. */
static void level_user(struct ledger *l, const struct fact *f, __u64 id, __s64 locked_pages)
{
	struct ledger_user *u;

	HASH_FIND(hh, l->users, &id, sizeof(id), u);
	if (u)
		set_level(&u->locked_pages, &u->level_ns, f, locked_pages);
}

/* An event comes of the cgroup and family that were asked for; of a task in a walk its fact says so. */
static bool is_chosen(const struct fact *f)
{
	return f->kind == FACT_HOLDER ? f->flags & FACT_F_CHOSEN : !(f->flags & FACT_F_OTHERS);
}

static void name_mm(struct ledger_mm *mm, const struct fact *f)
{
	if (!mm)
		return;
	/* older recordings tell no user with a process of no ring: that of a holder counts */
	if (f->ring || f->pid != mm->pid)
		mm->uid = f->uid;
	mm->pid = f->pid;
	mm->ns_pid = fact_ns_pid(f);
	mm->comm = f->comm;
	mm->chosen = is_chosen(f);
}

static void forget_mm(struct ledger *l, struct ledger_mm *mm)
{
	/* its address may be another process's tomorrow */
	if (mm && !--mm->rings) {
		HASH_DEL(l->mms, mm);
		free(mm);
	}
}

/* ---- rings and holders ------------------------------------------------------- */

static struct ring *ring_get(struct ledger *l, const struct fact *f)
{
	struct ring *r = ledger_ring(l, f->ring);

	if (r || !f->ring)
		return r;
	r = must_alloc(1, sizeof(*r));
	r->id = f->ring;
	r->others = f->flags & FACT_F_OTHERS;
	if (f->flags & FACT_F_SNAPSHOT)
		r->since_ns = f->t_ns;
	HASH_ADD(hh, l->rings, id, sizeof(r->id), r);
	return r;
}

static void ring_remove(struct ledger *l, const struct fact *cause, struct ring *r)
{
	slots_resize(l, cause, r, 0);
	HASH_DEL(l->rings, r);
	forget_mm(l, r->mm);
	for (size_t i = 0; i < r->nr_holders; i++)
		free(r->holders[i].cgroup);
	free(r->holders);
	free(r->memory);
	free(r);
}

static void ring_charge_to(struct ledger *l, struct ring *r, struct ledger_user *user,
			   struct ledger_mm *mm)
{
	r->user = user;
	if (!mm || mm == r->mm)
		return;
	mm->rings++;
	forget_mm(l, r->mm);
	r->mm = mm;
}

static struct holder *holder_find(struct ring *r, __u32 pid, __s32 fd, __s32 reg_index)
{
	for (size_t i = 0; i < r->nr_holders; i++) {
		struct holder *h = &r->holders[i];

		if (h->pid == pid && h->fd == fd && h->reg_index == reg_index)
			return h;
	}
	return NULL;
}

/* Who shares the descriptors and not the memory (CLONE_FILES) is a holder of its own. */
static bool is_descriptor_held(const struct ring *r, const struct fact_holder *f)
{
	for (size_t i = 0; f->files && f->fd >= 0 && i < r->nr_holders; i++)
		if (r->holders[i].files == f->files && r->holders[i].fd == f->fd &&
		    r->holders[i].mm == f->mm)
			return true;
	return false;
}

/* A recording has no names of those who were not asked for: one who was is to be shown. */
static struct holder *shown_holder(struct ring *r, struct holder *h)
{
	const struct holder first = r->holders[0];

	if (first.comm.bytes[0] || !h->comm.bytes[0])
		return h;
	r->holders[0] = *h;
	*h = first;
	return r->holders;
}

static struct holder *holder_add(struct ring *r, const struct fact *f, __s32 fd, __s32 reg_index)
{
	struct holder *h = holder_find(r, f->pid, fd, reg_index);

	if (!h) {
		array_grow(r->holders, r->nr_holders);
		h = &r->holders[r->nr_holders++];
		memset(h, 0, sizeof(*h));
		h->pid = f->pid;
		h->tid = f->tid;
		h->fd = fd;
		h->reg_index = reg_index;
		h->memlock_limit_bytes = ~0ULL;
	}
	h->ns_pid = fact_ns_pid(f);
	h->uid = f->uid;
	h->comm = f->comm;
	h->chosen = is_chosen(f);
	return shown_holder(r, h);
}

/* ---- one function a fact ------------------------------------------------------ */

static struct ring *feed_ring(struct ledger *l, const struct fact_ring *f)
{
	struct ring *r = ring_get(l, &f->h);

	if (!r)
		return NULL;
	ring_charge_to(l, r, learn_user(l, &f->h, f->user, f->charged_uid, f->user_locked_pages),
		       learn_mm(l, &f->h, f->mm, f->mm_pinned_pages));
	r->ring_flags = f->ring_flags & ~(RING_F_SKIPPED | RING_F_UNREAD);
	r->unread |= !!(f->ring_flags & RING_F_UNREAD);
	if (f->ring_flags & RING_F_SKIPPED) {
		r->skipped = f->whose;
		ledger_know_less(r);
	}
	r->setup_flags = f->setup_flags;
	r->sq_entries = f->sq_entries;
	r->cq_entries = f->cq_entries;
	r->ring_pages = f->ring_pages;
	r->files = f->files;
	slots_resize(l, &f->h, r, f->nr_slots);
	return r;
}

static void feed_ring_create(struct ledger *l, const struct fact_ring *f)
{
	bool registered = f->setup_flags & IORING_SETUP_REGISTERED_FD_ONLY;
	struct ring *r = ledger_ring(l, f->h.ring);
	__u32 older_ends = r ? r->older_ends + r->closing : 0;
	struct holder *h;

	if (r)
		ring_remove(l, &f->h, r);
	r = feed_ring(l, f);
	if (!r)
		return;
	r->older_ends = older_ends;
	r->made_ns = f->h.t_ns;
	r->creator_pid = f->h.pid;
	r->creator_ns_pid = f->ns_pid;
	r->creator_uid = f->h.uid;
	name_mm(r->mm, &f->h);
	h = holder_add(r, &f->h, registered ? -1 : f->fd, registered ? f->fd : -1);
	h->mm = f->mm;
	h->user = f->user;
}

static void feed_ring_close(struct ledger *l, const struct fact_ring *f)
{
	struct ring *r = ledger_ring(l, f->h.ring);

	learn_user(l, &f->h, f->user, f->charged_uid, f->user_locked_pages);
	if (!r)
		return;
	r->closing = true;
	r->closed_ns = f->h.t_ns;
	if (r->mm && r->mm->id == f->mm)
		set_level(&r->mm->pinned_pages, &r->mm->level_ns, &f->h, f->mm_pinned_pages);
}

static void feed_holder(struct ledger *l, const struct fact_holder *f)
{
	struct ring *r = ring_get(l, &f->h);
	struct holder *h;

	learn_user(l, &f->h, f->user, f->h.uid, f->user_locked_pages);
	name_mm(learn_mm(l, &f->h, f->mm, f->mm_pinned_pages), &f->h);
	if (!r)
		return;
	l->steps += r->nr_holders;
	if (!holder_find(r, f->h.pid, f->fd, f->reg_index) && is_descriptor_held(r, f))
		return;
	h = holder_add(r, &f->h, f->fd, f->reg_index);
	h->mm = f->mm;
	h->user = f->user;
	h->files = f->files;
	h->how = f->how;
	h->ending = f->ending;
	h->in_flight = f->in_flight;
	h->memlock_limit_bytes = f->memlock_limit_bytes;
	/* as /proc tells it, by which it is compared */
	if (f->start_ns)
		h->start_ns = f->start_ns - f->start_ns % PROC_START_NS;
	r->payer = f->payer != f->h.uid ? f->payer : 0;
}

static void feed_buffer(struct ledger *l, const struct fact_buffer *f)
{
	struct ring *r = f->buf_flags & BUFFER_F_TORN ? NULL : ring_get(l, &f->h);

	if (r)
		slot_set(l, r, f);
}

static void feed_drop(struct ledger *l, const struct fact_buffer *f)
{
	struct ring *r = ledger_ring(l, f->h.ring);

	if (!r || f->index >= r->nr_slots || !r->slots[f->index])
		return;
	/* a slot that holds another buffer by now was refilled before we heard of the drop */
	if (!f->buf || r->slots[f->index]->id == f->buf)
		slot_clear(l, &f->h, r, f->index);
}

/* A new table has nothing of an older one: what is left was dropped unseen. */
static void drop_older(struct ledger *l, const struct fact_call *f, struct ring *r)
{
	__u64 start = f->start_ns ? f->start_ns : f->h.t_ns;

	for (__u32 i = 0; i < r->nr_slots && r->filled; i++, l->steps++)
		if (r->slots[i] && r->slots[i]->t_ns < start)
			slot_clear(l, &f->h, r, i);
}

/* A ring keeps its mm: with another it is another ring, and the end of the older one was lost. */
static void remove_older(struct ledger *l, const struct fact_call *f)
{
	struct ring *r = ledger_ring(l, f->h.ring);

	if (r && r->mm && f->mm && r->mm->id != f->mm)
		ring_remove(l, &f->h, r);
}

static void feed_call(struct ledger *l, const struct fact_call *f)
{
	struct ledger_user *user = learn_user(l, &f->h, f->user, f->charged_uid, f->user_after_pages);
	struct ring *r;

	level_mm(l, &f->h, f->mm, f->mm_after_pages);
	remove_older(l, f);
	/* of a call that failed, too: it may have failed of that */
	r = ledger_ring(l, f->h.ring);
	for (size_t i = 0; r && i < r->nr_holders; i++, l->steps++)
		if (r->holders[i].pid == f->h.pid)
			r->holders[i].memlock_limit_bytes = f->limit_bytes;
	if (f->result < 0)
		return;
	r = ring_get(l, &f->h);
	if (!r)
		return;
	ring_charge_to(l, r, user, learn_mm(l, &f->h, f->mm, f->mm_after_pages));
	r->ring_flags = f->ring_flags;
	switch (f->op) {
	case CALL_UNREGISTER:
		slots_resize(l, &f->h, r, 0);
		/* what it holds from now on is told */
		r->unread = false;
		break;
	case CALL_REGISTER:
	case CALL_REGISTER2:
		drop_older(l, f, r);
		slots_resize(l, &f->h, r, f->nr_slots);
		break;
	case CALL_CLONE:
		slots_resize(l, &f->h, r, f->nr_slots);
		break;
	}
}

static void feed_charge(struct ledger *l, const struct fact_charge *f)
{
	/* a derived one, read back from a file, repeats what its cause said */
	if (f->h.flags & FACT_F_DERIVED)
		return;
	level_user(l, &f->h, f->user, f->user_after_pages);
	level_mm(l, &f->h, f->mm, f->mm_after_pages);
}

bool ledger_takes_end(struct ledger *l, __u64 ring)
{
	struct ring *r = ledger_ring(l, ring);

	if (r && r->older_ends) {
		r->older_ends--;
		return false;
	}
	return !r || r->closing;
}

void ledger_feed(struct ledger *l, const struct fact *f)
{
	struct ring *r = ledger_ring(l, f->ring);

	/* a single I/O, and the entry and the caller of a failed call, change nothing here */
	if (fact_is_io(f) || f->kind == FACT_ENTRY || f->kind == FACT_CALLER || !fact_min_size(f->kind) ||
	    f->size < fact_min_size(f->kind))
		return;
	if (r && !(f->flags & FACT_F_SNAPSHOT) && f->t_ns < r->since_ns)
		return;
	if (r && !(f->flags & FACT_F_OTHERS))
		r->others = false;
	if (l->observer && l->observer->fact)
		l->observer->fact(f, l->observer->arg);
	switch (f->kind) {
	case FACT_RING_CREATE:
		feed_ring_create(l, (const void *)f);
		break;
	case FACT_RING:
		feed_ring(l, (const void *)f);
		break;
	case FACT_RING_CLOSE:
		feed_ring_close(l, (const void *)f);
		break;
	case FACT_RING_GONE:
		if (r)
			ring_remove(l, f, r);
		break;
	case FACT_HOLDER:
		feed_holder(l, (const void *)f);
		break;
	case FACT_BUFFER:
		feed_buffer(l, (const void *)f);
		break;
	case FACT_DROP:
		feed_drop(l, (const void *)f);
		break;
	case FACT_CALL:
		feed_call(l, (const void *)f);
		break;
	case FACT_PIN:
		pins_add(l, (const void *)f);
		break;
	case FACT_UNPIN:
		pins_remove(l, (const void *)f);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		feed_charge(l, (const void *)f);
		break;
	}
}

void ledger_free(struct ledger *l)
{
	static const struct fact end = { .flags = FACT_F_SNAPSHOT };
	struct ledger_user *u, *next_user;
	struct ledger_mm *mm, *next_mm;
	struct ring *r, *next;

	if (!l)
		return;
	pins_free(l);
	HASH_ITER(hh, l->rings, r, next)
		ring_remove(l, &end, r);
	HASH_ITER(hh, l->users, u, next_user) {
		HASH_DEL(l->users, u);
		free(u);
	}
	HASH_ITER(hh, l->mms, mm, next_mm) {
		HASH_DEL(l->mms, mm);
		free(mm);
	}
	free(l);
}
