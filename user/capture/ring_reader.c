// SPDX-License-Identifier: GPL-2.0
#include <abi/limits.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/hash_table.h"
#include "capture/peek.h"
#include "capture/ring_reader.h"
#include "walk.skel.h"
#include "model/ledger.h"

#define TRIES 50
#define UNLOCKED_TRIES 10	/* for a moment at which no call is half done */

/*
 * Buffers cost a user nothing: 200 rings with full tables fit into 4 MiB of locked memory. So many
 * slots of one user are kept, eight full tables (empty ones take no room), and so many are read, rings
 * that change included.
 */
#define USER_SLOTS	(8U * TABLE_MAX_SLOTS)
#define USER_READS	(4 * USER_SLOTS)

struct reader_user {
	__u32 uid;
	__u32 kept, read;	/* slots; kept: that hold something */
	UT_hash_handle hh;
};

/* What a slot says of its buffer. */
struct kept_buffer {
	__u64 buf, addr, len_bytes, bvec, charged_pages;
	__u32 segments, refs;
	__u32 next;		/* 1 + index of the next in its bucket */
	__u32 account;
	__u8 folio_shift, buf_flags;
};

static struct reader_user *user_of(struct ring_reader *rr, __u32 uid)
{
	struct reader_user *u;

	HASH_FIND(hh, rr->users, &uid, sizeof(uid), u);
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->uid = uid;
		HASH_ADD(hh, rr->users, uid, sizeof(u->uid), u);
	}
	return u;
}

/* Slots in a row that hold buffers which were first seen in a row: the whole table, of most rings. */
struct slot_run {
	__u32 first;		/* 1 + index of the first's in .kept, 0 = they are empty */
	__u32 nr;
};

/* A slot that requests use: few are. */
struct slot_use {
	__u32 index, users;
};

/* ---- what is kept --------------------------------------------------------------- */

static __u32 bucket_of(const struct ring_reader *rr, __u64 buf)
{
	return (buf >> 4) * 0x9e3779b97f4a7c15ULL >> 32 & (rr->nr_buckets - 1);
}

static void enter_bucket(struct ring_reader *rr, __u32 i)
{
	__u32 *bucket = &rr->buckets[bucket_of(rr, rr->kept[i].buf)];

	rr->kept[i].next = *bucket;
	*bucket = i + 1;
}

static void grow(struct ring_reader *rr)
{
	__u32 nr = rr->nr_buckets ? 2 * rr->nr_buckets : 1024;

	rr->kept = must_realloc(rr->kept, nr, sizeof(*rr->kept));
	if (bpf_program__autoload(rr->skel->progs.peek_users))
		rr->nodes = must_realloc(rr->nodes, nr, sizeof(*rr->nodes));
	free(rr->buckets);
	rr->buckets = must_alloc(nr, sizeof(*rr->buckets));
	rr->nr_buckets = nr;
	for (__u32 i = 0; i < rr->nr_kept; i++)
		enter_bucket(rr, i);
}

/*
 * The number of users of a buffer changes; one that differs otherwise has only its address, or is
 * held by another slot, whose node somebody asks for.
 */
static bool is_kept(struct ring_reader *rr, __u32 i, const struct fact_buffer *f)
{
	struct kept_buffer *k = &rr->kept[i];

	if (rr->nodes && rr->nodes[i] != f->node)
		return false;
	if (k->buf != f->buf || k->addr != f->addr || k->len_bytes != f->len_bytes ||
	    k->bvec != f->bvec || k->charged_pages != f->charged_pages ||
	    k->segments != f->segments || k->folio_shift != f->folio_shift ||
	    k->buf_flags != f->buf_flags || k->account != f->account)
		return false;
	k->refs = f->refs;
	return true;
}

/* 1 + its index, 0 of an empty slot. */
static __u32 keep(struct ring_reader *rr, const struct fact_buffer *f)
{
	if (f->buf_flags & BUFFER_F_EMPTY)
		return 0;
	if (rr->nr_kept == rr->nr_buckets)
		grow(rr);
	for (__u32 n = rr->buckets[bucket_of(rr, f->buf)]; n; n = rr->kept[n - 1].next)
		if (is_kept(rr, n - 1, f))
			return n;
	rr->kept[rr->nr_kept] = (struct kept_buffer){
		.buf = f->buf, .addr = f->addr, .len_bytes = f->len_bytes,
		.bvec = f->bvec, .charged_pages = f->charged_pages, .segments = f->segments,
		.folio_shift = f->folio_shift, .refs = f->refs, .buf_flags = f->buf_flags,
		.account = f->account,
	};
	if (rr->nodes)
		rr->nodes[rr->nr_kept] = f->node;
	enter_bucket(rr, rr->nr_kept);
	return ++rr->nr_kept;
}

/* .run is the last one; whether the slot that holds .n goes into it. */
static bool goes_on(const struct slot_run *run, __u32 n)
{
	return n ? run->first && n == run->first + run->nr : !run->first;
}

/* The next slot of a ring whose first run is .first. */
static void keep_slot(struct ring_reader *rr, size_t first, const struct fact_buffer *f)
{
	__u32 n = keep(rr, f);

	rr->knows_users |= f->users;
	if (f->users > 1) {
		array_grow(rr->uses, rr->nr_uses);
		rr->uses[rr->nr_uses++] = (struct slot_use){ f->index, f->users };
	}
	if (rr->nr_runs > first && goes_on(&rr->runs[rr->nr_runs - 1], n)) {
		rr->runs[rr->nr_runs - 1].nr++;
		return;
	}
	array_grow(rr->runs, rr->nr_runs);
	rr->runs[rr->nr_runs++] = (struct slot_run){ n, 1 };
}

/* Forgets what was kept since there were so many; the latest in a bucket is its first. */
static void forget_since(struct ring_reader *rr, __u32 nr_kept, const struct reading *r)
{
	while (rr->nr_kept > nr_kept) {
		const struct kept_buffer *k = &rr->kept[--rr->nr_kept];

		rr->buckets[bucket_of(rr, k->buf)] = k->next;
	}
	rr->nr_runs = r->first;
	rr->nr_uses = r->first_use;
}

/* How many hold the slot's node; .at goes from slot to slot. */
static __u32 users_of(const struct ring_reader *rr, const struct reading *r, struct slot_at *at)
{
	size_t i = r->first_use + at->use;

	if (at->use == r->nr_uses || rr->uses[i].index != at->index)
		return rr->knows_users;
	at->use++;
	return rr->uses[i].users;
}

bool reader_next_slot(const struct ring_reader *rr, const struct reading *r, struct slot_at *at,
		      struct fact_buffer *f)
{
	const struct slot_run *run;
	const struct kept_buffer *k;
	__u32 users;

	if (at->index >= r->nr)
		return false;
	users = users_of(rr, r, at);
	run = &rr->runs[r->first + at->run];
	k = run->first ? &rr->kept[run->first - 1 + at->in_run] : NULL;
	*f = (struct fact_buffer){
		.h = {
			.size = sizeof(*f), .kind = FACT_BUFFER, .flags = FACT_F_SNAPSHOT,
			.t_ns = r->slots_ns, .ring = r->ring.h.ring,
		},
		.index = at->index++,
		.buf_flags = BUFFER_F_EMPTY,
	};
	if (++at->in_run == run->nr) {
		at->run++;
		at->in_run = 0;
	}
	if (!k)
		return true;
	f->buf = k->buf;
	f->node = rr->nodes ? rr->nodes[k - rr->kept] : 0;
	f->addr = k->addr;
	f->len_bytes = k->len_bytes;
	f->bvec = k->bvec;
	f->charged_pages = k->charged_pages;
	f->segments = k->segments;
	f->folio_shift = k->folio_shift;
	f->refs = k->refs;
	f->buf_flags = k->buf_flags;
	f->account = k->account;
	f->users = users;
	return true;
}

/* ---- reading ------------------------------------------------------------------- */

/*
 * Slots [first, first + nr); -EAGAIN when the table does not stand still. They are kept in .out, or
 * go to .raw where that is NULL.
 */
static int read_slots_once(struct ring_reader *rr, __u64 ring, __u32 first, __u32 nr, __u64 table,
			   struct reading *out)
{
	struct walk_bpf__bss *bss = rr->skel->bss;
	__u32 table_nr = 0;

	for (__u32 done = 0; done < nr; done += bss->out_nr) {
		int err = peek(rr->skel->progs.peek_slots, ring, first + done, nr - done);

		if (err)
			return err;
		if (!done)
			table_nr = bss->out_table_nr;
		if (bss->out_table != table || bss->out_table_nr != table_nr || !bss->out_nr)
			return -EAGAIN;
		for (__u32 i = 0; i < bss->out_nr; i++)
			if (bss->out_slots[i].buf_flags & BUFFER_F_TORN)
				return -EAGAIN;
		if (out && !done)
			out->slots_ns = bss->out_slots[0].h.t_ns;
		for (__u32 i = 0; out && i < bss->out_nr; i++)
			keep_slot(rr, out->first, &bss->out_slots[i]);
		/* there is room for a whole answer, see make_room() */
		if (!out)
			memcpy(rr->raw + done, bss->out_slots, bss->out_nr * sizeof(*rr->raw));
	}
	if (peek(rr->skel->progs.peek_ring, ring, 0, 0) || bss->out_ring.table != table)
		return -EAGAIN;
	return 0;
}

static int make_room(struct ring_reader *rr, size_t nr)
{
	struct fact_buffer *more;

	nr += PEEK_CHUNK;
	if (nr <= rr->raw_room)
		return 0;
	more = realloc(rr->raw, nr * sizeof(*more));
	if (!more)
		return err_set(ENOMEM, "out of memory");
	rr->raw = more;
	rr->raw_room = nr;
	return 0;
}

int reader_slots(struct ring_reader *rr, __u64 ring, __u32 first, __u32 nr)
{
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++) {
		err = peek(rr->skel->progs.peek_ring, ring, 0, 0);
		if (err)
			return err;
		err = make_room(rr, nr);
		if (!err)
			err = read_slots_once(rr, ring, first, nr, rr->skel->bss->out_ring.table,
					      NULL);
	}
	return err;
}

/* ---- rings ------------------------------------------------------------------------ */

int reader_ring(struct ring_reader *rr, __u64 id, struct reading *out)
{
	int err = peek(rr->skel->progs.peek_ring, id, 0, 0);

	out->ring = rr->skel->bss->out_ring;
	return err;
}

/* Of the ring that was read last: its slots that hold something. */
static __u32 nr_taken(const struct ring_reader *rr, const struct reading *r)
{
	__u32 nr = 0;

	for (size_t i = r->first; i < rr->nr_runs; i++)
		nr += rr->runs[i].first ? rr->runs[i].nr : 0;
	return nr;
}

/* Keeps the slots of the ring, as .out has it. -EAGAIN when the table does not stand still. */
static int read_once(struct ring_reader *rr, __u64 id, struct reader_user *u, struct reading *out,
		     __u32 *locked)
{
	const struct fact_ring *now = &rr->skel->bss->out_ring;
	__u32 nr = out->ring.nr_slots;
	int err;

	*locked = out->ring.ring_flags & RING_F_LOCKED;
	if (!nr)
		return 0;
	/* a larger count than any kernel allows is a torn read */
	if (nr > LEDGER_MAX_SLOTS)
		return -EAGAIN;
	if (u->kept >= USER_SLOTS || u->read > USER_READS) {
		out->skipped = nr;
		return 0;
	}
	u->read += nr;
	err = read_slots_once(rr, id, 0, nr, out->ring.table, out);
	/* a table of another length may come to lie where this one was */
	if (!err && now->nr_slots != nr)
		err = -EAGAIN;
	*locked |= now->ring_flags & RING_F_LOCKED;
	if (!err && nr_taken(rr, out) > USER_SLOTS - u->kept)
		out->skipped = nr;
	/* the levels of user and mm as they were while the table still stood */
	if (!err)
		out->ring = *now;
	return err;
}

/*
 * Whose descriptor it is says nothing: a ring counts for the user that it is charged to, but for
 * one of a namespace, who is not a user of its own there (bpf/kernel/payer.h).
 */
static __u32 payer_of(const struct fact_holder *h, const struct reading *r)
{
	if (h->payer != h->h.uid)
		return h->payer;
	return r->ring.user ? r->ring.charged_uid : h->h.uid;
}

int reader_table(struct ring_reader *rr, const struct fact_holder *h, struct reading *out)
{
	struct reader_user *u = user_of(rr, payer_of(h, out));
	__u32 nr_kept = rr->nr_kept, locked = 0;
	__u64 id = h->h.ring;
	int err = 0;

	out->first = rr->nr_runs;
	out->first_use = rr->nr_uses;
	for (int i = 0; i < TRIES; i++) {
		forget_since(rr, nr_kept, out);
		err = i ? reader_ring(rr, id, out) : 0;
		if (!err)
			err = read_once(rr, id, u, out, &locked);
		if (err && err != -EAGAIN)
			return err;
		out->unsteady = err;
		if (u->read > USER_READS || out->skipped || !out->ring.nr_slots ||
		    (!err && (!locked || i >= UNLOCKED_TRIES)))
			break;
	}
	out->ring.ring_flags |= locked;
	if (out->unsteady || out->skipped) {
		forget_since(rr, nr_kept, out);
		return 0;
	}
	out->nr = out->ring.nr_slots;
	out->nr_uses = rr->nr_uses - out->first_use;
	u->kept += nr_taken(rr, out);
	return 0;
}

void reader_prepare(struct ring_reader *rr, unsigned int memory)
{
	rr->memory_of = memory;
	if (memory)
		ring_memory_prepare(rr->skel);
}

/* Where a ring's own memory is charged, that of its rings of provided buffers is, too. */
static bool charges_provided(const struct reading *r)
{
	return r->ring.ring_pages && !(r->ring.ring_flags & RING_F_ACCT_PER_RING);
}

static bool wants_memory(const struct ring_reader *rr, const struct reading *r, bool selected)
{
	return (selected && rr->memory_of & READER_MEMORY_SELECTED) ||
	       (rr->memory_of & READER_MEMORY_CHARGED && charges_provided(r));
}

int reader_memory(struct ring_reader *rr, const struct fact_holder *h, bool selected, struct reading *out)
{
	bool whole;
	int err;

	if (!wants_memory(rr, out, selected))
		return 0;
	out->first_memory = rr->memories.nr;
	err = ring_memory_read(rr->skel, h, &rr->groups, &rr->memories, &whole);
	if (err)
		return err;
	out->nr_memory = rr->memories.nr - out->first_memory;
	out->knows_memory = selected && rr->memory_of & READER_MEMORY_SELECTED;
	out->memory_cut = !whole;
	if (!charges_provided(out))
		return 0;
	for (__u32 i = 0; i < out->nr_memory; i++)
		if (rr->memories.list[out->first_memory + i].what == RING_MEMORY_PROVIDED)
			out->ring.ring_pages += rr->memories.list[out->first_memory + i].pages;
	return 0;
}

void reader_tell_cuts(struct ring_reader *rr, struct walk_cuts *cuts)
{
	payers_end(&rr->groups, cuts);
}

void reader_give_memory(const struct ring_reader *rr, const struct reading *r, struct ring *to)
{
	if (r->knows_memory)
		ledger_set_memory(to, &rr->memories.list[r->first_memory], r->nr_memory);
	to->memory_cut = r->memory_cut;
}

void reader_reset(struct ring_reader *rr)
{
	struct reader_user *u, *next;

	HASH_ITER(hh, rr->users, u, next) {
		HASH_DEL(rr->users, u);
		free(u);
	}
	if (rr->nr_kept)
		memset(rr->buckets, 0, rr->nr_buckets * sizeof(*rr->buckets));
	rr->nr_kept = 0;
	rr->nr_runs = 0;
	rr->nr_uses = 0;
	rr->memories.nr = 0;
	reader_tell_cuts(rr, NULL);
}

void reader_free(struct ring_reader *rr)
{
	reader_reset(rr);
	free(rr->raw);
	free(rr->kept);
	free(rr->nodes);
	free(rr->buckets);
	free(rr->runs);
	free(rr->uses);
	free(rr->memories.list);
	*rr = (struct ring_reader){ .skel = rr->skel, .memory_of = rr->memory_of };
}
