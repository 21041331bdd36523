// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/hash_table.h"
#include "model/fact.h"
#include "model/io_loss.h"
#include "recording/file.h"
#include "recording/frame.h"
#include "recording/format.h"
#include "recording/hide.h"
#include "recording/known.h"
#include "recording/writer.h"
#include "recording/writer_about.h"

#define MAX_KNOWN	(16U << 20)	/* bytes of memory, of what was written already */

/* Of a limited size: what is kept free for counters and the end, before they are measured and after. */
#define FIRST_PART	25
#define END_PART	50
#define NEAR_PART	4	/* little room is left: so much of it */

struct writer {
	struct frame_writer f;
	__u64 facts, lost;
	__u64 safe_facts;		/* in whole frames that the file took */
	__u64 max_bytes, usable;	/* of these for facts; 0 = any number */
	bool measured;			/* counters were written when little room was left */
	bool full, closed;		/* for facts; for counters, too */
	__u64 beyond;			/* facts for which there was no room */
	__u64 tables, stacks_lost;	/* bytes of strings and stacks; those for which there was no room */
	struct known_set strings, stacks;
	struct address_key own_key;
	const struct address_key *key;	/* NULL: kernel addresses are written as they are */
};

/* ---- frames ----------------------------------------------------------------------- */

static void put_frame(struct writer *w)
{
	if (frame_put(&w->f))
		w->safe_facts = w->facts;
}

void writer_flush(struct writer *w)
{
	if (w->f.nr_raw)
		put_frame(w);
}

/*
 * Whether a fact of that size goes into the file. What waits is taken as it is until it is
 * compressed, so that the file never has more; then there is room again.
 */
static bool has_room(struct writer *w, size_t size)
{
	if (!w->max_bytes)
		return true;
	size += sizeof(struct rec_frame) + 2 * sizeof(struct rec);
	if (!w->full && w->f.written + w->f.nr_raw + size > w->usable) {
		writer_flush(w);
		w->full = w->f.written + size > w->usable;
	}
	return !w->full;
}

static bool is_near(const struct writer *w)
{
	return w->f.written >= w->usable - w->usable / NEAR_PART;
}

/* Room for a record of that size, its head filled in. */
static void *record(struct writer *w, enum rec_type type, size_t size)
{
	struct rec rec = { .type = type, .size = size };
	char *at;

	if (w->f.nr_raw >= REC_FRAME_RAW)
		put_frame(w);
	at = w->f.raw + w->f.nr_raw;
	memcpy(at, &rec, sizeof(rec));
	memset(at + sizeof(rec) + size, 0, REC_ALIGN(size) - size);
	w->f.nr_raw += sizeof(rec) + REC_ALIGN(size);
	return at + sizeof(rec);
}

static struct rec *head_of(void *data)
{
	return (struct rec *)data - 1;
}

/* ---- strings and stacks, each once ---------------------------------------------------- */

static __u32 put_string(struct writer *w, struct untrusted s)
{
	size_t size = s.len;
	bool is_new;
	__u32 id;
	void *to;

	if (!s.bytes)
		return 0;
	if (size > 4096)
		size = 4096;
	id = known_number(&w->strings, s.bytes, size, &is_new);
	if (is_new) {
		w->tables += sizeof(struct rec) + size;
		to = record(w, REC_STRING, size);
		memcpy(to, s.bytes, size);
		head_of(to)->id = id;
	}
	return id;
}

/* .key: of the kernel's frames, else NULL. */
static void fill_frames(struct writer *w, struct rec_stack_frame *to,
			const struct frames *f, __u32 nr, const struct address_key *key)
{
	for (__u32 i = 0; i < nr; i++)
		to[i] = (struct rec_stack_frame){
			.ip = address_hidden(key, f->list[i].ip),
			.offset = f->list[i].offset,
			.symbol = put_string(w, f->list[i].symbol),
			.module = put_string(w, f->list[i].module),
			.file = put_string(w, f->list[i].file),
			.line = f->list[i].line,
		};
}

__u32 writer_stack(struct writer *w, const struct stack *s)
{
	struct {
		struct rec_stack head;
		struct rec_stack_frame frames[2 * STACK_FRAMES + 2];
	} all = { 0 };
	size_t size;
	bool is_new;
	__u32 id;
	void *to;

	if (!s)
		return 0;
	if (w->full)
		return 0;
	if (w->tables > REC_TABLES_MAX) {
		w->stacks_lost++;
		return 0;
	}
	/* what comes back is written again; a stack has the numbers of its strings */
	if (w->strings.bytes + w->stacks.bytes > MAX_KNOWN) {
		known_forget(&w->strings);
		known_forget(&w->stacks);
	}
	all.head.nr_kernel = s->kernel.nr <= STACK_FRAMES + 1 ? s->kernel.nr : STACK_FRAMES + 1;
	all.head.nr_user = s->user.nr <= STACK_FRAMES + 1 ? s->user.nr : STACK_FRAMES + 1;
	all.head.kernel_note = put_string(w, s->kernel.note);
	all.head.user_note = put_string(w, s->user.note);
	fill_frames(w, all.frames, &s->kernel, all.head.nr_kernel, w->key);
	fill_frames(w, all.frames + all.head.nr_kernel, &s->user, all.head.nr_user, NULL);
	size = sizeof(all.head) + (all.head.nr_kernel + all.head.nr_user) * sizeof(all.frames[0]);
	id = known_number(&w->stacks, &all, size, &is_new);
	if (is_new) {
		w->tables += sizeof(struct rec) + size;
		to = record(w, REC_STACK, size);
		memcpy(to, &all, size);
		head_of(to)->id = id;
	}
	return id;
}

/* ---- what is told -------------------------------------------------------------------- */

void writer_look(struct writer *w, __u64 t_ns, bool after_loss)
{
	*(struct rec_look *)record(w, REC_LOOK, sizeof(struct rec_look)) =
		(struct rec_look){ t_ns, after_loss, 0 };
}

static void *put_evidence(struct writer *w, enum evidence_kind kind, const void *data, size_t size)
{
	void *to = record(w, REC_EVIDENCE, size);

	memcpy(to, data, size);
	head_of(to)->id = kind;
	return to;
}

static void put_why(struct writer *w, const struct evidence *e)
{
	if (e->entry)
		hide_addresses(w->key, put_evidence(w, EVIDENCE_ENTRY, e->entry, sizeof(*e->entry)));
	if (e->caller)
		hide_addresses(w->key, put_evidence(w, EVIDENCE_CALLER, e->caller, sizeof(*e->caller)));
	if (e->account)
		put_evidence(w, EVIDENCE_ACCOUNT, e->account, sizeof(*e->account));
	for (size_t i = 0; i < e->nr_shares; i++)
		put_evidence(w, EVIDENCE_SHARE, &e->shares[i], sizeof(e->shares[i]));
}

#define WHY_BYTES 4096	/* about what the evidence of a failure takes */

void writer_fact(struct writer *w, const struct fact *f, bool fed, bool shown,
		 const struct failure *why, __u32 stack)
{
	struct rec *rec;
	void *to;

	/* half of a state would be a false one */
	if (!(f->flags & FACT_F_SNAPSHOT) && !has_room(w, f->size + (why ? WHY_BYTES : 0))) {
		w->beyond++;
		return;
	}
	if (why)
		put_why(w, why->evidence);
	to = record(w, REC_FACT, f->size);
	memcpy(to, f, f->size);
	hide_addresses(w->key, to);
	rec = head_of(to);
	rec->flags = (fed ? REC_F_FED : 0) | (shown ? REC_F_SHOWN : 0);
	rec->id = stack;
	w->facts += fact_is_event(f);
}

void writer_lost(struct writer *w, const struct lost_events *lost)
{
	if (w->full)
		return;
	*(struct rec_lost *)record(w, REC_LOST, sizeof(struct rec_lost)) = (struct rec_lost){
		.count = lost->count, .after_seq = lost->after_seq,
		.before_seq = lost->before_seq, .cpu = lost->cpu,
	};
	w->lost += lost->count;
}

void writer_memory(struct writer *w, __u64 t_ns, const struct ring *r, bool before)
{
	bool cut = r->memory_cut;
	size_t nr = r->nr_memory;
	struct rec_memory *to;

	/* they come last: all of them, or none, as a walk tells them */
	while (nr && (r->nr_memory > REC_MEMORY_ROWS) && r->memory[nr - 1].what == RING_MEMORY_PROVIDED) {
		cut = true;
		nr--;
	}
	if (!before && !has_room(w, sizeof(*to) + nr * sizeof(*r->memory)))
		return;
	to = record(w, REC_MEMORY, sizeof(*to) + nr * sizeof(*r->memory));
	*to = (struct rec_memory){ address_hidden(w->key, r->id), t_ns, cut ? REC_MEMORY_CUT : 0, nr };
	if (nr)
		memcpy(to + 1, r->memory, nr * sizeof(*r->memory));
}

/* ---- counters --------------------------------------------------------------------------- */

static __u32 buckets_of(struct rec_bucket to[HIST_BUCKETS], const struct hist *h)
{
	__u32 nr = 0;

	for (__u32 i = 0; h && i < HIST_BUCKETS; i++)
		if (hist_at(h, i))
			to[nr++] = (struct rec_bucket){ i, hist_at(h, i) };
	return nr;
}

static void put_row(struct writer *w, const struct io_row *row)
{
	const struct io_counts *c = &row->c;
	const struct io_notices *n = &row->notices;
	const __u64 more[REC_IO_NR_MORE] = {
		c->born_ns, c->coarse, n->count, n->sum_ns, n->max_ns, /* enum rec_io_more */
	};
	struct rec_io_row r = {
		.ring = address_hidden(w->key, c->ring), .who = c->who, .ops = c->ops, .bytes = c->bytes,
		.timed = c->timed, .latency_ns = c->latency_ns, .max_ns = c->max_ns,
		.errors = c->errors, .efaults = c->efaults, .cancelled = c->cancelled,
		.shorts = c->shorts, .punts = c->punts, .first_ns = c->first_ns,
		.fixed_ops = row->fixed_ops, .fixed_bytes = row->fixed_bytes,
		.uid = c->uid,
	};
	struct rec_bucket buckets[HIST_BUCKETS], last[HIST_BUCKETS];
	__u32 nr_last = buckets_of(last, n->hist), nr_words = n->count ? REC_IO_NR_MORE : REC_IO_NOTICES;
	char *to;

	r.comm = c->comm;
	r.nr_buckets = buckets_of(buckets, row->hist);
	r.nr_more = nr_words + nr_last;
	to = record(w, REC_IO_ROW, sizeof(r) + (r.nr_buckets + r.nr_more) * sizeof(__u64));
	to = mempcpy(to, &r, sizeof(r));
	to = mempcpy(to, buckets, r.nr_buckets * sizeof(buckets[0]));
	memcpy(mempcpy(to, more, nr_words * sizeof(more[0])), last, nr_last * sizeof(last[0]));
}

static void put_rows(struct writer *w, const struct io_model *before,
		     const struct io_model *now)
{
	struct io_model since = { 0 };

	io_model_rows_between(before, now, &since);
	io_model_drop_empty(&since);
	for (size_t i = 0; i < since.nr_rows; i++)
		put_row(w, &since.rows[i]);
	io_model_free(&since);
}

/* A row of a list, which begins with its ring. */
static void put_listed(struct writer *w, enum rec_type type, size_t size, const void *row)
{
	__u64 *to = record(w, type, size);

	memcpy(to, row, size);
	*to = address_hidden(w->key, *to);
}

/* Entries that are not the same in .before. */
static void put_list(struct writer *w, enum rec_type type, size_t size,
		     const void *before, size_t nr_before, const void *now, size_t nr)
{
	struct known_list old = known_list(before, nr_before, size);
	const char *n = now;

	for (size_t i = 0; i < nr; i++)
		if (!known_in_list(&old, n + i * size))
			put_listed(w, type, size, n + i * size);
	known_list_free(&old);
}

#define PUT_LIST(w, type, list, before, now) \
	put_list(w, type, sizeof(*(now)->list), (before)->list, (before)->nr_##list, \
		 (now)->list, (now)->nr_##list)

/*
 * The last counters are those that have changed since little room was left, which is when they
 * were written before: they take half of that, at most.
 */
static void keep_room_for_counters(struct writer *w, __u64 stored)
{
	__u64 kept = w->max_bytes / END_PART + stored / 2;

	w->measured = is_near(w);
	w->closed = w->full;
	if (w->measured)
		w->usable = w->max_bytes > kept ? w->max_bytes - kept : 1;
}

void writer_io(struct writer *w, const struct io_model *before, const struct io_model *now)
{
	struct rec_io r = { .t_ns = now->t_ns, .in_flight = now->in_flight, .missed = now->missed };
	__u64 begin;

	if (w->closed)
		return;
	writer_flush(w);
	begin = w->f.written;
	memcpy(r.loss, &now->loss, sizeof(now->loss));
	put_rows(w, before, now);
	PUT_LIST(w, REC_IO_BUFFER, buffers, before, now);
	PUT_LIST(w, REC_IO_ADDRESS, addresses, before, now);
	PUT_LIST(w, REC_IO_FAILURE, failures, before, now);
	PUT_LIST(w, REC_IO_CALLS, calls, before, now);
	memcpy(record(w, REC_IO, sizeof(r)), &r, sizeof(r));
	writer_flush(w);
	if (w->max_bytes)
		keep_room_for_counters(w, w->f.written - begin);
}

/* ---- begin and end --------------------------------------------------------------------- */

static void put_about(struct writer *w, const struct origin *a)
{
	struct rec_head head = {
		.magic = REC_MAGIC, .endian = REC_ENDIAN, .version = REC_VERSION,
		.size = sizeof(head),
	};
	struct rec_about r;

	writer_about(&r, a);
	frame_put_head(&w->f, &head);
	memcpy(record(w, REC_ABOUT, sizeof(r)), &r, sizeof(r));
	writer_flush(w);
}

void writer_release(struct writer *w)
{
	writer_flush(w);
	if (!frame_release(&w->f))
		w->safe_facts = 0;
}

struct writer *writer_create_held(FILE *out, bool append, const struct origin *about)
{
	long at = append ? recording_append_at(out) : 0;
	struct writer *w;

	if (at < 0)
		return NULL;
	w = must_alloc(1, sizeof(*w));
	frame_begin(&w->f, out, at);
	if (!about->raw_addresses) {
		address_key_new(&w->own_key);
		w->key = &w->own_key;
	}
	put_about(w, about);
	return w;
}

struct writer *writer_create(FILE *out, bool append, const struct origin *about)
{
	struct writer *w = writer_create_held(out, append, about);

	return w ? writer_release(w), w : NULL;
}

void writer_go_on(struct writer *w, FILE *out, const struct origin *about)
{
	known_drop(&w->strings);
	known_drop(&w->stacks);
	w->facts = w->safe_facts = w->lost = w->tables = w->stacks_lost = 0;
	frame_begin(&w->f, out, 0);
	put_about(w, about);
	writer_release(w);
}

void writer_limit(struct writer *w, __u64 max_bytes)
{
	w->max_bytes = max_bytes;
	w->usable = max_bytes - max_bytes / FIRST_PART;
}

void writer_on_full(struct writer *w, bool (*make_room)(void *arg), void *arg)
{
	w->f.no_room = make_room;
	w->f.arg = arg;
}

struct writer_told writer_told(const struct writer *w)
{
	return (struct writer_told){
		.facts = w->facts, .safe_facts = w->safe_facts, .lost = w->lost,
		.bytes = w->f.written + w->f.nr_raw, .beyond = w->beyond, .error = w->f.error, .full = w->full,
		.wants_counters = w->max_bytes && (w->full ? !w->closed : !w->measured && is_near(w)),
	};
}

void writer_losers(struct writer *w, const struct user_loss *losers, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		*(struct rec_user_lost *)record(w, REC_USER_LOST, sizeof(struct rec_user_lost)) =
			(struct rec_user_lost){ .uid = losers[i].uid, .count = losers[i].count };
}

void writer_io_losers(struct writer *w, const struct io_loser *losers, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		*(struct rec_user_io_lost *)record(w, REC_USER_IO_LOST, sizeof(struct rec_user_io_lost)) =
			(struct rec_user_io_lost){
				.uid = losers[i].uid, .count = losers[i].count,
				.table = losers[i].table == IO_TABLE_STARTS ? REC_TABLE_STARTS : losers[i].table,
			};
}

void writer_end(struct writer *w, __u64 t_ns, __u64 stacks_lost)
{
	*(struct rec_end *)record(w, REC_END, sizeof(struct rec_end)) =
		(struct rec_end){ t_ns, w->facts, w->lost, stacks_lost + w->stacks_lost, w->beyond };
	writer_flush(w);
	/* a full disk may show no sooner; what is no file cannot be synced */
	if (!w->f.error && fsync(fileno(w->f.out)) && (errno == ENOSPC || errno == EIO || errno == EDQUOT))
		w->f.error = errno;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	known_drop(&w->strings);
	known_drop(&w->stacks);
	frame_free(&w->f);
	free(w);
}
