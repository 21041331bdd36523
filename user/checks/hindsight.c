// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "base/array.h"
#include "checks/hindsight.h"
#include "model/fact.h"
#include "model/ledger_buffers.h"

#define REST_NS		20000000ULL	/* accounts that move faster are judged less often */
#define MAX_CALLS	256		/* of an account at a time: a file may hold any number */
#define MAX_OPEN	256
#define MAX_ACCOUNTS	(1U << 20)	/* those that come later are not judged */
#define END_REST_NS	1500000000ULL	/* a call that takes longer is not expected to end */

/* A call that a fact told of, and whose end was not told yet. */
struct under_way {
	__u64 ring;
	__u32 tid;		/* of the task in it */
};

struct suspicion {
	struct finding f;	/* .detail owned */
	__u64 t_ns;		/* when it was so */
	bool rested;		/* for as long as its tag has to */
	__u64 *open;		/* owned: rings on which a call may have been under way */
	size_t nr_open;
	bool many_open;		/* too many to list: any may have been */
};

/* An address space's. */
struct account {
	__u64 mm;
	__u64 t_ns;		/* of the last fact about it */
	__s64 since_ns;		/* the same since the begin */
	__u64 ring;		/* that had just ended a call then, or was just made; 0 = none */
	__u32 call, left;	/* slots of its last call that are still to be told */
	bool queued;		/* is still to be judged */
	bool crowded;		/* more calls than .calls may hold: nothing is known from then on */
	__u32 closing;		/* rings that the kernel releases */
	struct under_way *calls; /* owned */
	size_t nr_calls;
	struct suspicion *suspicions; /* owned */
	size_t nr_suspicions;
	struct account *prev, *next; /* in the queue */
	UT_hash_handle hh;
};

struct hindsight {
	struct account *accounts; /* uthash by .mm */
	struct account *queue;	/* who moved last is the last */
	struct findings sure;
};

/* ---- accounts ---------------------------------------------------------------------- */

static struct account *account_find(const struct hindsight *h, __u64 mm)
{
	struct account *a = NULL;

	if (h->accounts && mm)
		HASH_FIND(hh, h->accounts, &mm, sizeof(mm), a);
	return a;
}

static void drop_suspicion(struct account *a, size_t i)
{
	free(a->suspicions[i].f.detail);
	free(a->suspicions[i].open);
	a->suspicions[i] = a->suspicions[--a->nr_suspicions];
}

static void unqueue(struct hindsight *h, struct account *a)
{
	if (a->queued)
		DL_DELETE(h->queue, a);
	a->queued = false;
}

static void account_drop(struct hindsight *h, struct account *a)
{
	while (a->nr_suspicions)
		drop_suspicion(a, 0);
	unqueue(h, a);
	HASH_DEL(h->accounts, a);
	free(a->suspicions);
	free(a->calls);
	free(a);
}

static struct account *account_moved(struct hindsight *h, __u64 mm, const struct event *e)
{
	struct account *a = account_find(h, mm);

	if (!a) {
		a = must_alloc(1, sizeof(*a));
		a->mm = mm;
		HASH_ADD(hh, h->accounts, mm, sizeof(a->mm), a);
	}
	unqueue(h, a);
	DL_APPEND(h->queue, a);
	a->queued = true;
	a->t_ns = e->t_ns;
	a->since_ns = e->since_ns;
	return a;
}

/* The address space that the fact is about, 0 = of none; .r is the fact's ring, if it is known. */
static __u64 mm_of(const struct ring *r, const struct fact *f)
{
	switch (f->kind) {
	case FACT_CALL:
		return ((const struct fact_call *)f)->mm;
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
	case FACT_RING:
		return ((const struct fact_ring *)f)->mm;
	case FACT_HOLDER:
		return ((const struct fact_holder *)f)->mm;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		return ((const struct fact_charge *)f)->mm;
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
	case FACT_IO_NOTICE:
	case FACT_ENTRY:
	case FACT_CALLER:
		return 0;
	default:
		return r && r->mm ? r->mm->id : 0;
	}
}

/* ---- what is known to be under way -------------------------------------------------- */

static void begin(struct account *a, __u64 ring, __u32 tid)
{
	for (size_t i = 0; i < a->nr_calls; i++)
		if (a->calls[i].ring == ring && a->calls[i].tid == tid)
			return;
	a->crowded |= a->nr_calls == MAX_CALLS;
	if (a->crowded)
		return;
	array_grow(a->calls, a->nr_calls);
	a->calls[a->nr_calls++] = (struct under_way){ ring, tid };
}

/* A call holds its ring's lock, and its task is in no other. */
static void end(struct account *a, const struct fact *f)
{
	for (size_t i = 0; i < a->nr_calls;) {
		if (a->calls[i].ring == f->ring || (f->tid && a->calls[i].tid == f->tid))
			a->calls[i] = a->calls[--a->nr_calls];
		else
			i++;
	}
}

/* A charge comes before the buffer is in its table, and its end before it is out of it. */
static bool is_of_call(const struct ledger *l, const struct fact_charge *f)
{
	bool known = ledger_buffer(l, f->buf);

	return f->buf && !(f->h.flags & (FACT_F_WORKER | FACT_F_DERIVED)) &&
	       known == (f->h.kind == FACT_UNCHARGE);
}

/* How many slots are told after it, where the old ones are in the ledger until then. */
static __u32 slots_to_come(const struct fact_call *c)
{
	__u32 first = 0, nr = c->nr_slots;

	if (c->result < 0 || (c->op != CALL_UPDATE && c->op != CALL_CLONE))
		return 0;
	if (fact_args_known(c) && (c->op == CALL_UPDATE || c->nr)) {
		first = c->offset;
		nr = c->op == CALL_UPDATE ? c->result : c->nr;
	}
	if (first > c->nr_slots)
		return 0;
	return nr < c->nr_slots - first ? nr : c->nr_slots - first;
}

static void note(struct account *a, const struct ledger *l, const struct fact *f)
{
	const struct ring *r = ledger_ring(l, f->ring);

	switch (f->kind) {
	case FACT_CALL:
		end(a, f);
		a->ring = f->ring;
		a->call = f->call;
		a->left = slots_to_come((const void *)f);
		break;
	case FACT_BUFFER:
		if (a->left && f->call == a->call)
			a->left--;
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		a->ring = 0;
		if (is_of_call(l, (const void *)f))
			begin(a, f->ring, f->tid);
		break;
	case FACT_PIN:
	case FACT_UNPIN:
	case FACT_DROP:
		break;
	case FACT_RING_CREATE:
		end(a, f);
		a->ring = f->ring;
		break;
	case FACT_RING_CLOSE:
		end(a, f);
		a->ring = 0;
		a->closing += r && !r->closing;
		break;
	case FACT_RING_GONE:
		end(a, f);
		a->ring = 0;
		break;
	default:
		a->ring = 0;
		break;
	}
}

static bool is_quiet(const struct account *a)
{
	return !a->nr_calls && !a->crowded && !a->closing && !a->left;
}

/* ---- what may have been under way --------------------------------------------------- */

/* Whether this call, had it been under way, could have shown what is suspected. */
static bool may_show(const struct suspicion *s, const struct fact_call *c)
{
	if (c->start_ns > s->t_ns)
		return false;
	/* too little is charged while buffers are released, too much while some are registered */
	if (s->f.tag == UNCHARGED_PIN)
		return c->result >= 0 && c->op != CALL_REGISTER && c->op != CALL_REGISTER2;
	return c->op != CALL_UNREGISTER;
}

static bool is_open(const struct suspicion *s, __u64 ring, size_t *at)
{
	for (size_t i = 0; i < s->nr_open; i++) {
		*at = i;
		if (s->open[i] == ring)
			return true;
	}
	return false;
}

/* Where the kernel releases late, what is too much has to stay for longer. */
static bool has_rested(const struct suspicion *s, __u64 t_ns)
{
	return s->rested || s->f.tag == UNCHARGED_PIN ||
	       t_ns >= s->t_ns + finding_traits(s->f.tag)->rest_ns;
}

static void become_sure(struct hindsight *h, struct account *a, size_t i)
{
	struct findings *fs = &h->sure;

	array_grow(fs->list, fs->nr);
	fs->list[fs->nr++] = a->suspicions[i].f;
	a->suspicions[i].f.detail = NULL;
	drop_suspicion(a, i);
}

/* Whether a fact leaves it possible, by what it says of its ring at the time of the suspicion. */
static bool look_back(struct suspicion *s, const struct fact *f)
{
	size_t at;

	if (!has_rested(s, f->t_ns))
		return false;
	s->rested = true;
	if (s->many_open)
		return f->kind != FACT_CALL || !may_show(s, (const void *)f);
	if (!is_open(s, f->ring, &at))
		return true;
	switch (f->kind) {
	case FACT_CALL:
		if (may_show(s, (const void *)f))
			return false;
		break;
	case FACT_RING_CLOSE:	/* a call keeps its ring from closing */
	case FACT_RING_GONE:
	case FACT_RING_CREATE:
		break;
	default:
		return true;
	}
	s->open[at] = s->open[--s->nr_open];
	return true;
}

/* The end of a release, or that its ring's address is another's by now. */
static void released(const struct hindsight *h, __u64 mm, const struct fact *f)
{
	struct account *a = account_find(h, mm);

	if (a && a->closing && (f->kind == FACT_RING_GONE || f->kind == FACT_RING_CREATE))
		a->closing--;
}

void hindsight_fact(struct hindsight *h, const struct event *e)
{
	const struct ring *r = ledger_ring(e->ledger, e->fact->ring);
	__u64 mm = mm_of(r, e->fact);
	struct account *a = account_find(h, mm);

	if (!mm || (!a && HASH_COUNT(h->accounts) >= MAX_ACCOUNTS))
		return;
	for (size_t i = a ? a->nr_suspicions : 0; i-- > 0;) {
		if (!look_back(&a->suspicions[i], e->fact))
			drop_suspicion(a, i);
		else if (!a->suspicions[i].nr_open && !a->suspicions[i].many_open)
			become_sure(h, a, i);
	}
	if (r && r->closing && r->mm)
		released(h, r->mm->id, e->fact);
	if (e->fact->kind == FACT_RING_GONE && r && r->mm && r->mm->rings == 1) {
		if (a)
			account_drop(h, a);
		return;
	}
	note(account_moved(h, mm, e), e->ledger, e->fact);
}

void hindsight_forget(struct hindsight *h)
{
	struct account *a, *next;

	HASH_ITER(hh, h->accounts, a, next)
		account_drop(h, a);
}

/* ---- judging ------------------------------------------------------------------------ */

bool hindsight_is_due(const struct hindsight *h, __u64 t_ns)
{
	return h->queue && t_ns > h->queue->t_ns + REST_NS;
}

static bool is_suspected(const struct account *a, const struct finding *f)
{
	const struct finding_key key = finding_key(f);

	for (size_t i = 0; i < a->nr_suspicions; i++) {
		const struct finding_key other = finding_key(&a->suspicions[i].f);

		if (!memcmp(&key, &other, sizeof(key)))
			return true;
	}
	return false;
}

static void suspect(struct account *a, const struct ledger *l, struct finding *f)
{
	struct suspicion s = { .f = *f, .t_ns = a->t_ns };

	if (is_suspected(a, f))
		return;
	f->detail = NULL;
	s.f.since_ns = a->since_ns;
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!r->mm || r->mm->id != a->mm || r->id == a->ring)
			continue;
		/* what holds nothing has nothing to release */
		if (f->tag == UNCHARGED_PIN && !r->nr_slots)
			continue;
		s.many_open |= s.nr_open == MAX_OPEN;
		if (s.many_open)
			break;
		array_grow(s.open, s.nr_open);
		s.open[s.nr_open++] = r->id;
	}
	array_grow(a->suspicions, a->nr_suspicions);
	a->suspicions[a->nr_suspicions++] = s;
}

/* Nothing tells any more what was under way: for so long nothing is. */
static void settle(struct hindsight *h, struct account *a, __u64 t_ns)
{
	for (size_t i = a->nr_suspicions; i-- > 0;) {
		const struct suspicion *s = &a->suspicions[i];

		if (has_rested(s, t_ns) && ((!s->nr_open && !s->many_open) || t_ns >= s->t_ns + END_REST_NS))
			become_sure(h, a, i);
	}
}

void hindsight_judge(struct hindsight *h, const struct ledger *l, struct findings *found,
		     __u64 t_ns, bool end)
{
	struct account *a, *next;

	for (size_t i = 0; i < found->nr; i++) {
		struct finding *f = &found->list[i];

		a = finding_traits(f->tag)->rest_ns ? account_find(h, f->mm) : NULL;
		if (a && a->queued && is_quiet(a) && (end || t_ns > a->t_ns + REST_NS))
			suspect(a, l, f);
	}
	HASH_ITER(hh, h->accounts, a, next) {
		if (end)
			settle(h, a, t_ns);
		else if (!a->queued || t_ns <= a->t_ns + REST_NS)
			continue;
		unqueue(h, a);
		if (end || (is_quiet(a) && !a->nr_suspicions))
			account_drop(h, a);
	}
}

bool hindsight_awaits_slots(const struct hindsight *h)
{
	for (const struct account *a = h->accounts; a; a = a->hh.next)
		if (a->left)
			return true;
	return false;
}

struct findings *hindsight_sure(struct hindsight *h)
{
	return &h->sure;
}

struct hindsight *hindsight_new(void)
{
	return must_alloc(1, sizeof(struct hindsight));
}

void hindsight_free(struct hindsight *h)
{
	hindsight_forget(h);
	findings_free(&h->sure);
	free(h);
}
