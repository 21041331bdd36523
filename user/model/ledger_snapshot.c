// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "model/ledger_buffers.h"
#include "model/ledger_snapshot.h"

struct telling {
	__u64 t_ns;
	void (*each)(const struct fact *f, void *arg);
	void *arg;
};

static struct fact head(const struct telling *t, enum fact_kind kind, __u16 size,
			const struct ring *r)
{
	return (struct fact){
		.size = size, .kind = kind, .flags = FACT_F_SNAPSHOT,
		.t_ns = r && r->since_ns ? r->since_ns : t->t_ns, .ring = r ? r->id : 0,
	};
}

static void tell_ring(const struct telling *t, const struct ring *r)
{
	struct fact_ring f = {
		.h = head(t, FACT_RING, sizeof(f), r),
		.user = r->user ? r->user->id : 0,
		.mm = r->mm ? r->mm->id : 0,
		.user_locked_pages = r->user ? r->user->locked_pages : 0,
		.mm_pinned_pages = r->mm ? r->mm->pinned_pages : 0,
		.nr_slots = r->nr_slots,
		.ring_flags = r->ring_flags | (r->skipped ? RING_F_SKIPPED : 0) |
			      (r->unread ? RING_F_UNREAD : 0),
		.whose = r->skipped,
		.charged_uid = r->user ? r->user->uid : ~0U,
		.fd = -1,
		.setup_flags = r->setup_flags,
		.sq_entries = r->sq_entries,
		.cq_entries = r->cq_entries,
		.ring_pages = r->ring_pages,
		.files = r->files,
	};

	t->each(&f.h, t->arg);
}

static __s64 locked_pages(const struct ledger *l, __u64 user)
{
	struct ledger_user *u;

	HASH_FIND(hh, l->users, &user, sizeof(user), u);
	return u ? u->locked_pages : 0;
}

static __s64 pinned_pages(const struct ledger *l, __u64 mm)
{
	struct ledger_mm *m;

	HASH_FIND(hh, l->mms, &mm, sizeof(mm), m);
	return m ? m->pinned_pages : 0;
}

struct fact_holder ledger_holder_fact(const struct ledger *l, const struct ring *r,
				      const struct holder *h, __u64 t_ns)
{
	const struct telling t = { .t_ns = t_ns };
	struct fact_holder f = {
		.h = head(&t, FACT_HOLDER, sizeof(f), r),
		.files = h->files,
		.mm = h->mm,
		.user = h->user,
		.memlock_limit_bytes = h->memlock_limit_bytes,
		.user_locked_pages = locked_pages(l, h->user),
		.mm_pinned_pages = pinned_pages(l, h->mm),
		.fd = h->fd,
		.reg_index = h->reg_index,
		.how = h->how,
		.ns_pid = h->ns_pid,
		.ending = h->ending,
		.in_flight = h->in_flight,
		.start_ns = h->start_ns,
	};

	if (h->chosen)
		f.h.flags |= FACT_F_CHOSEN;
	f.h.pid = h->pid;
	f.h.tid = h->tid;
	f.h.uid = h->uid;
	f.h.comm = h->comm;
	return f;
}

static void tell_slot(const struct telling *t, const struct ring *r, __u32 index)
{
	const struct buffer *b = r->slots[index];
	struct fact_buffer f = buffer_fact(b, r, index);

	f.h = head(t, FACT_BUFFER, sizeof(f), r);
	/* not before the ring was seen: then it would be of one that had its address */
	if (b->t_ns > f.h.t_ns)
		f.h.t_ns = b->t_ns;
	t->each(&f.h, t->arg);
}

/* Whose address space it is, as of a holder of no ring. */
static void tell_mm(const struct telling *t, const struct ledger_mm *m)
{
	struct fact_holder f = {
		.h = head(t, FACT_HOLDER, sizeof(f), NULL),
		.mm = m->id,
		.mm_pinned_pages = m->pinned_pages,
		.fd = -1,
		.reg_index = -1,
		.ns_pid = m->ns_pid,
	};

	if (m->chosen)
		f.h.flags |= FACT_F_CHOSEN;
	f.h.pid = m->pid;
	f.h.uid = m->uid;
	f.h.comm = m->comm;
	t->each(&f.h, t->arg);
}

void ledger_ring_facts(const struct ledger *l, const struct ring *r, __u64 t_ns,
		       void (*each)(const struct fact *f, void *arg), void *arg)
{
	const struct telling t = { t_ns, each, arg };

	tell_ring(&t, r);
	for (size_t i = 0; i < r->nr_holders; i++) {
		const struct fact_holder f = ledger_holder_fact(l, r, &r->holders[i], t_ns);

		each(&f.h, arg);
	}
	for (__u32 i = 0; i < r->nr_slots; i++)
		if (r->slots[i])
			tell_slot(&t, r, i);
}

void ledger_facts(const struct ledger *l, __u64 t_ns,
		  void (*each)(const struct fact *f, void *arg), void *arg)
{
	const struct telling t = { t_ns, each, arg };

	for (const struct ring *r = l->rings; r; r = r->hh.next)
		ledger_ring_facts(l, r, t_ns, each, arg);
	for (const struct ledger_mm *m = l->mms; m; m = m->hh.next)
		if (m->pid)
			tell_mm(&t, m);
}
