// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/hash.h"
#include "base/untrusted.h"
#include "checks/places.h"
#include "checks/shares.h"
#include "commands/export/model.h"
#include "commands/export/seats.h"
#include "model/ledger_buffers.h"

#define FOLD_BITS 16

void export_model_init(struct export_model *m, enum export_by by, size_t max_owners,
		       const struct selection *select)
{
	memset(m, 0, sizeof(*m));
	m->by = by;
	m->max_owners = max_owners;
	m->select = select;
	m->folds = must_alloc((1 << FOLD_BITS) / 8, 1);
}

static void owner_free(struct owner *o)
{
	for (size_t i = 0; i < o->nr_calls; i++)
		export_causes_free(&o->calls[i].causes);
	free(o->calls);
	export_causes_free(&o->setups);
	export_io_free(o);
	free(o->cgroup);
	free(o);
}

static void owner_remove(struct export_model *m, struct owner *o)
{
	HASH_DEL(m->owners, o);
	seats_leave(m, o);
	owner_free(o);
}

static struct call_count *call_of(struct owner *o, __u32 op, int error)
{
	size_t i = 0;

	while (i < o->nr_calls && (o->calls[i].op != op || o->calls[i].error != error))
		i++;
	if (i == o->nr_calls) {
		array_grow(o->calls, o->nr_calls);
		o->calls[o->nr_calls++] = (struct call_count){ .op = op, .error = error };
	}
	return &o->calls[i];
}

/* ---- owners ------------------------------------------------------------------- */

/* Whether it was folded before. Two keys in 65536 may be taken for one. */
static bool is_known_fold(struct export_model *m, const struct owner_key *key)
{
	__u64 hash = hash_bytes(key, sizeof(*key));
	__u32 bit;
	bool known;

	bit = (hash ^ hash >> 32) & ((1 << FOLD_BITS) - 1);
	known = m->folds[bit / 8] >> bit % 8 & 1;
	m->folds[bit / 8] |= 1 << bit % 8;
	return known;
}

static struct owner *other_owner(struct export_model *m)
{
	if (!m->other) {
		m->other = must_alloc(1, sizeof(*m->other));
		m->other->other = true;
	}
	return m->other;
}

/* What nobody was told yet is told with the others'. */
static void merge(struct export_model *m, const struct owner *from)
{
	struct owner *to = other_owner(m);

	for (size_t i = 0; i < from->nr_calls; i++) {
		const struct call_count *f = &from->calls[i];
		struct call_count *t = call_of(to, f->op, f->error);

		t->count += f->count;
		export_causes_merge(&t->causes, &f->causes);
	}
	export_causes_merge(&to->setups, &from->setups);
	export_io_merge(to, from);
	to->told = false;
}

static bool make_room(struct export_model *m, __u32 uid, __u64 now_ns, bool living, __u64 bytes)
{
	struct owner *gone;

	if (HASH_COUNT(m->owners) < m->max_owners)
		return true;
	gone = seats_yielding(m, uid, now_ns, living, bytes);
	if (!gone)
		return false;
	if (!gone->ever_told)
		merge(m, gone);
	owner_remove(m, gone);
	return true;
}

static struct owner *find_owner(struct export_model *m, const struct owner_key *key)
{
	struct owner *o;

	HASH_FIND(hh, m->owners, key, sizeof(*key), o);
	return o;
}

static struct owner *owner_for(struct export_model *m, const struct owner_key *key, __u64 now_ns,
			       bool living, __u64 bytes)
{
	struct owner *o = find_owner(m, key);

	if (!o && make_room(m, key->uid, now_ns, living, bytes)) {
		o = must_alloc(1, sizeof(*o));
		o->key = *key;
		if (m->by == EXPORT_BY_CGROUP)
			o->cgroup = must_strdup(cgroups_path(&m->cgroups, key->cgroup));
		HASH_ADD(hh, m->owners, key, sizeof(o->key), o);
		seats_take(m, o);
	}
	if (!o) {
		m->folded += !is_known_fold(m, key);
		o = other_owner(m);
	}
	if (now_ns > o->seen_ns)
		o->seen_ns = now_ns;
	return o;
}

struct owner *export_owner(struct export_model *m, const struct owner_key *key, __u64 now_ns)
{
	return owner_for(m, key, now_ns, false, 0);
}

void export_told(struct export_model *m)
{
	for (struct owner *o = m->owners; o; o = o->hh.next)
		o->told = o->ever_told = true;
}

static bool is_own(const struct export_model *m, __u32 pid)
{
	for (size_t i = 0; i < sizeof(m->own_pids) / sizeof(m->own_pids[0]); i++)
		if (pid && m->own_pids[i] == pid)
			return true;
	return false;
}

static bool is_told(const struct export_model *m, const struct ring *r)
{
	return !is_own(m, ring_pid(r)) &&
	       (!selection_asks(m->select) || selection_has_ring(m->select, r));
}

/* ---- calls ---------------------------------------------------------------------- */

static void bounded_add(struct bounded *b, __u64 ns)
{
	unsigned int i = 0;

	while (i < BOUNDS && ns > BOUND_NS(i))
		i++;
	b->count[i]++;
	b->sum_ns += ns;
}

void export_call(struct export_model *m, const struct fact_call *c, const char *explain)
{
	int error = c->result < 0 ? -c->result : 0;
	struct call_count *count;
	struct owner_key key;
	struct owner *o;
	__u32 op = c->op == CALL_REGISTER2 ? CALL_REGISTER : c->op;

	if (is_own(m, c->h.pid) || !selection_has_event(m->select, &c->h) || op > CALL_CLONE)
		return;
	key = export_process_key(m, c->h.uid, &c->h.comm, c->h.pid, c->h.ring);
	o = export_owner(m, &key, c->h.t_ns);
	count = call_of(o, op, error);
	count->count++;
	if (error)
		export_cause(&count->causes, error, explain, 1);
	o->told = false;
	if (c->start_ns && c->h.t_ns >= c->start_ns)
		bounded_add(&m->call_time[op], c->h.t_ns - c->start_ns);
}

void export_setup(struct export_model *m, const struct fact_setup *s, const char *explain)
{
	struct owner_key key;
	struct owner *o;

	if (is_own(m, s->h.pid) || !selection_has_event(m->select, &s->h))
		return;
	key = export_process_key(m, s->h.uid, &s->h.comm, s->h.pid, 0);
	o = export_owner(m, &key, s->h.t_ns);
	export_cause(&o->setups, -s->result, explain, 1);
	o->told = false;
}

/* ---- gauges ----------------------------------------------------------------------- */

static void forget_now(struct owner *o)
{
	if (!o)
		return;
	o->charge_known = o->has_account = false;
	o->rings = o->buffers = o->bytes = o->pinned_pages = o->charged_pages = 0;
	o->account_pages = 0;
	o->now = memchr(o->has_finding, true, sizeof(o->has_finding));
}

static void add_places(struct export_model *m, const struct place *places, size_t nr, __u64 now_ns)
{
	for (size_t i = 0; i < nr; i++) {
		const struct buffer *b = places[i].buffer;
		struct owner_key key;
		struct owner *o;

		if (!is_told(m, places[i].ring))
			continue;
		key = export_placed_ring_key(m, places[i].ring);
		o = export_owner(m, &key, now_ns);
		o->buffers++;
		o->bytes += b->len_bytes;
		o->pinned_pages += buffer_pages(b);
		if (b->charged_pages != ACCT_UNKNOWN) {
			o->charge_known = true;
			o->charged_pages += b->charged_pages;
		}
	}
}

/* An address space is charged once, however many rings it has: the first one's owner has it. */
static bool account_key(struct export_model *m, const struct ledger *l,
			const struct ledger_mm *mm, struct owner_key *key)
{
	const struct ring *r = l->rings;
	enum export_by by = m->by == EXPORT_BY_RING ? EXPORT_BY_PID : m->by;

	while (r && (r->mm != mm || !is_told(m, r)))
		r = r->hh.next;
	if (!r)
		return false;
	if (mm->pid && selection_has_found(m->select, mm->chosen, mm->pid, mm->uid, &mm->comm)) {
		*key = export_key(by, ring_uid(r), &mm->comm, mm->pid, 0);
		export_key_place(m, key, mm->pid);
	} else {
		*key = export_key(by, ring_uid(r), r->nr_holders ? &r->holders[0].comm : &mm->comm,
				  ring_pid(r), 0);
		export_key_place(m, key, ring_pid(r));
	}
	return true;
}

static void add_account(struct export_model *m, const struct ledger *l, const struct ledger_mm *mm,
			__u64 now_ns)
{
	struct owner_key key;
	struct owner *o;

	if (!account_key(m, l, mm, &key))
		return;
	o = export_owner(m, &key, now_ns);
	o->now = o->has_account = true;
	o->account_pages += mm->pinned_pages;
}

/* ---- the owners that are there ---------------------------------------------------- */

struct newcomer {
	struct owner_key key;
	__u64 bytes;
	UT_hash_handle hh;
};

static int by_bytes(const struct newcomer *a, const struct newcomer *b)
{
	return a->bytes < b->bytes ? 1 : a->bytes > b->bytes ? -1 : 0;
}

static void is_there(struct export_model *m, struct newcomer **new, const struct owner_key *key,
		     __u64 bytes)
{
	struct owner *o = find_owner(m, key);
	struct newcomer *n;

	if (o) {
		o->now = true;
		return;
	}
	HASH_FIND(hh, *new, key, sizeof(*key), n);
	if (!n) {
		n = must_alloc(1, sizeof(*n));
		n->key = *key;
		HASH_ADD(hh, *new, key, sizeof(n->key), n);
	}
	n->bytes += bytes;
}

/* Before anything is counted for anybody: who is there has a place, the largest first. */
static void seat(struct export_model *m, const struct ledger *l, const struct place *places,
		 size_t nr, __u64 now_ns)
{
	struct newcomer *new = NULL, *n, *next;
	struct owner_key key;

	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		/* where its process is takes a read, of which each user has so many */
		if (!is_told(m, r))
			continue;
		key = export_placed_ring_key(m, r);
		is_there(m, &new, &key, 0);
	}
	for (size_t i = 0; i < nr; i++) {
		if (!is_told(m, places[i].ring))
			continue;
		key = export_placed_ring_key(m, places[i].ring);
		is_there(m, &new, &key, places[i].buffer->len_bytes);
	}
	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next)
		if (mm->rings && account_key(m, l, mm, &key))
			is_there(m, &new, &key, 0);
	HASH_SORT(new, by_bytes);
	HASH_ITER(hh, new, n, next) {
		struct owner *o = owner_for(m, &n->key, now_ns, true, n->bytes);

		if (!o->other) {
			o->now = true;
			o->weight_bytes = n->bytes;
		}
		HASH_DEL(new, n);
		free(n);
	}
}

static int by_locked(const void *a, const void *b)
{
	const struct user_gauge *x = a, *y = b;

	if (x->locked_pages != y->locked_pages)
		return x->locked_pages < y->locked_pages ? 1 : -1;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* As many as there may be owners; the others' sum in one. */
static void fold_users(struct export_model *m)
{
	if (m->nr_users <= m->max_owners)
		return;
	qsort(m->users, m->nr_users, sizeof(*m->users), by_locked);
	for (size_t i = m->max_owners + 1; i < m->nr_users; i++)
		m->users[m->max_owners].locked_pages += m->users[i].locked_pages;
	m->nr_users = m->max_owners + 1;
	m->users[m->max_owners].other = true;
	m->users[m->max_owners].limited = false;
}

static bool is_charged(const struct export_model *m, const struct ledger *l,
		       const struct ledger_user *u)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (r->user == u && is_told(m, r))
			return true;
	return false;
}

static void add_users(struct export_model *m, const struct ledger *l)
{
	m->nr_users = 0;
	for (const struct ledger_user *u = l->users; u; u = u->hh.next) {
		const struct holder *h;

		if (!is_charged(m, l, u))
			continue;
		h = user_tightest_holder(l, u, NULL);
		array_grow(m->users, m->nr_users);
		m->users[m->nr_users++] = (struct user_gauge){
			.uid = u->uid,
			.limited = h,
			.locked_pages = u->locked_pages,
			.limit_bytes = h ? h->memlock_limit_bytes : 0,
		};
	}
	fold_users(m);
}

void export_rings(struct export_model *m, const struct ledger *l, __u64 now_ns)
{
	struct place *places;
	size_t nr = places_collect(l, &places);

	for (struct owner *o = m->owners; o; o = o->hh.next)
		forget_now(o);
	forget_now(m->other);
	seat(m, l, places, nr, now_ns);
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		struct owner_key key;
		struct owner *o;

		if (!is_told(m, r))
			continue;
		key = export_placed_ring_key(m, r);
		o = export_owner(m, &key, now_ns);
		o->now = true;
		o->rings++;
	}
	add_places(m, places, nr, now_ns);
	free(places);
	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next)
		if (mm->rings)
			add_account(m, l, mm, now_ns);
	for (struct owner *o = m->owners; o; o = o->hh.next)
		if (o->now)
			o->weight_bytes = o->bytes;
	add_users(m, l);
	m->lost = l->lost;
}

void export_model_free(struct export_model *m)
{
	struct owner *o, *next;

	HASH_ITER(hh, m->owners, o, next)
		owner_remove(m, o);
	if (m->other)
		owner_free(m->other);
	free(m->folds);
	free(m->users);
	free(m->unsettled);
	free(m->io_losers);
	cgroups_free(&m->cgroups);
}
