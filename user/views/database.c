// SPDX-License-Identifier: GPL-2.0
/* Rows as the timeline tells them; what still lives at the end has no end. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/embedded.h"
#include "base/untrusted.h"
#include "model/fact.h"
#include "model/io_loss.h"
#include "model/io_select.h"
#include "model/timeline.h"
#include "views/database_private.h"

static const char *const tables[] = {
	"recordings", "rings", "buffers", "calls", "pins", "charges", "levels", "failures", "io",
	"histograms", "uses", "operations", "findings", "lost", "memory", NULL
};

static const char *script(void)
{
	for (size_t i = 0; i < nr_texts; i++)
		if (!strcmp(texts[i].name, "sql/recording.sql"))
			return texts[i].text;
	return NULL;
}

static void at(struct database *d, __u64 t_ns)
{
	sqlite_signed(d->to, t_ns + d->realtime_ns);
}

static void known_at(struct database *d, __u64 t_ns)
{
	if (t_ns)
		at(d, t_ns);
	else
		sqlite_text(d->to, NULL);
}

void database_since_begin(struct database *d, __s64 ns)
{
	sqlite_signed(d->to, (__u64)d->begin_ns + ns);
}

/* NULL for 0, which numbers no ring, call or process. */
void database_number(struct database *d, __u64 n)
{
	sqlite_known(d->to, !!n, n);
}

static void pages(struct database *d, __s64 pages)
{
	sqlite_signed(d->to, (__u64)pages * d->page_bytes);
}

void database_errno_name(struct database *d, __s64 result)
{
	sqlite_text(d->to, result < 0 ? fact_errno_name(result) : NULL);
}

/* ---- what the timeline tells ------------------------------------------------------------------ */

static void on_ring_begins(struct timeline_ring *r, void *arg)
{
	ring_number_add(&((struct database *)arg)->numbers, r->id, r->number, r->from_ns);
}

static void put_ring(struct database *d, const struct timeline_ring *r, __u64 end_ns)
{
	sqlite_row(d->to, RINGS);
	sqlite_int(d->to, r->number);
	database_number(d, r->pid);
	database_number(d, r->ns_pid);
	sqlite_int(d->to, r->uid);
	sqlite_text(d->to, TAME_COMM(r->comm));
	sqlite_known(d->to, r->fd >= 0, r->fd);
	at(d, r->from_ns);
	known_at(d, end_ns);
	sqlite_row_end(d->to);
}

static void on_ring_ends(struct timeline_ring *r, __u64 t_ns, void *arg)
{
	put_ring(arg, r, t_ns);
}

static void put_life(struct database *d, const struct life *l, __u64 end_ns, __u32 call)
{
	bool known = l->charged_pages != ACCT_UNKNOWN;

	sqlite_row(d->to, BUFFERS);
	sqlite_int(d->to, l->number);
	sqlite_int(d->to, l->ring->number);
	sqlite_int(d->to, l->slot);
	sqlite_int(d->to, l->addr);
	sqlite_int(d->to, l->len_bytes);
	sqlite_int(d->to, l->segments);
	sqlite_int(d->to, 1ULL << (l->folio_shift & 63));
	sqlite_known(d->to, known, known ? l->charged_pages * d->page_bytes : 0);
	at(d, l->from_ns);
	known_at(d, end_ns);
	database_number(d, l->call);
	database_number(d, call);
	sqlite_int(d->to, l->older);
	sqlite_int(d->to, l->ops);
	sqlite_row_end(d->to);
}

static void on_life_ends(struct life *life, __u64 t_ns, __u32 call, void *arg)
{
	put_life(arg, life, t_ns, call);
}

static void on_call(struct timeline_ring *ring, const struct event *told, void *arg)
{
	const struct fact_call *c = (const void *)told->fact;
	struct database *d = arg;

	sqlite_row(d->to, CALLS);
	database_number(d, c->h.call);
	database_number(d, ring ? ring->number : 0);
	database_number(d, c->h.pid);
	database_number(d, c->ns_pid);
	database_number(d, c->h.tid);
	sqlite_int(d->to, c->h.uid);
	sqlite_text(d->to, TAME_COMM(c->h.comm));
	sqlite_text(d->to, fact_name(&c->h));
	at(d, c->h.t_ns);
	sqlite_known(d->to, !!c->start_ns, c->h.t_ns - c->start_ns);
	sqlite_known(d->to, fact_args_known(c), c->nr);
	sqlite_known(d->to, c->fd >= 0, c->fd);
	sqlite_signed(d->to, c->result);
	database_errno_name(d, c->result);
	sqlite_text(d->to, told->why ? told->why->explain : NULL);
	sqlite_row_end(d->to);
}

static void on_level(struct account *a, __u64 t_ns, void *arg)
{
	struct database *d = arg;

	sqlite_row(d->to, LEVELS);
	at(d, t_ns);
	sqlite_int(d->to, a->number);
	sqlite_text(d->to, a->is_mm ? "process" : "user");
	sqlite_known(d->to, !a->is_mm, a->uid);
	database_number(d, a->pid);
	sqlite_text(d->to, a->is_mm ? TAME_COMM(a->comm) : NULL);
	pages(d, a->charged_pages);
	pages(d, a->pinned_pages);
	sqlite_known(d->to, a->limit_bytes != ~0ULL, a->limit_bytes);
	sqlite_row_end(d->to);
}

static void on_io(struct timeline_ring *ring, struct life *life, const struct event *told, void *arg)
{
	const struct fact_io *io = (const void *)told->fact;
	struct database *d = arg;
	__u64 user_data;

	sqlite_row(d->to, OPERATIONS);
	at(d, io->h.t_ns);
	database_number(d, ring ? ring->number : 0);
	database_number(d, life ? life->number : 0);
	database_number(d, io->h.pid);
	sqlite_text(d->to, io_op_name(io->opcode));
	sqlite_signed(d->to, io->result);
	sqlite_known(d->to, io->io_flags & IO_F_OFFSET, io->offset_bytes);
	sqlite_known(d->to, io->io_flags & IO_F_RANGE, io->len_bytes);
	sqlite_known(d->to, !!io->latency_ns, io->latency_ns);
	sqlite_hex(d->to, fact_user_data(io, &user_data) ? &user_data : NULL);
	sqlite_row_end(d->to);
}

static void put_memory(struct database *d, const struct timeline_ring *r, const struct memory_life *m, __u64 end_ns)
{
	sqlite_row(d->to, MEMORY);
	sqlite_int(d->to, r->number);
	sqlite_text(d->to, ring_memory_name(m->m.what));
	sqlite_known(d->to, m->m.what == RING_MEMORY_PROVIDED, m->m.group);
	pages(d, m->m.pages);
	sqlite_int(d->to, m->m.pinned);
	at(d, m->from_ns);
	known_at(d, end_ns);
	sqlite_row_end(d->to);
}

static void on_memory_ends(const struct timeline_ring *r, const struct memory_life *m, __u64 t_ns, void *arg)
{
	put_memory(arg, r, m, t_ns);
}

static void on_gap(__u64 from_ns, __u64 to_ns, __u64 lost, void *arg)
{
	struct database *d = arg;

	sqlite_row(d->to, LOST);
	at(d, from_ns);
	at(d, to_ns);
	sqlite_known(d->to, lost, lost);
	sqlite_row_end(d->to);
}

/* ---- counters ----------------------------------------------------------------------------- */

static void put_counts(struct database *d, const struct io_model *m, const struct io_row *r)
{
	const struct io_counts *c = &r->c;
	bool timed = r->hist && c->timed;

	sqlite_row(d->to, IO);
	at(d, m->since_ns);
	at(d, m->since_ns + m->t_ns);
	database_number(d, ring_number(&d->numbers, c->ring, c->born_ns));
	database_number(d, IO_WHO_TGID(c->who));
	sqlite_int(d->to, c->uid);
	sqlite_text(d->to, TAME_COMM(c->comm));
	sqlite_text(d->to, io_op_name(IO_WHO_OP(c->who)));
	sqlite_int(d->to, !!IO_WHO_FIXED(c->who));
	sqlite_int(d->to, c->ops);
	sqlite_int(d->to, c->bytes);
	sqlite_int(d->to, c->errors);
	sqlite_int(d->to, c->cancelled);
	sqlite_int(d->to, c->shorts);
	sqlite_int(d->to, c->punts);
	sqlite_int(d->to, c->timed);
	sqlite_int(d->to, c->coarse);
	sqlite_int(d->to, c->latency_ns);
	sqlite_known(d->to, timed, c->max_ns);
	sqlite_known(d->to, timed, hist_permille(r->hist, 500, c->max_ns));
	sqlite_known(d->to, timed, hist_permille(r->hist, 990, c->max_ns));
	sqlite_int(d->to, r->notices.count);
	sqlite_int(d->to, r->notices.sum_ns);
	sqlite_known(d->to, r->notices.count, r->notices.max_ns);
	sqlite_row_end(d->to);
}

static void on_reading(const struct event *told, void *arg)
{
	struct io_model since = { 0 };
	struct database *d = arg;

	io_model_copy(told->io_since, &since);
	io_select(&since, d->select);
	for (size_t i = 0; i < since.nr_rows; i++)
		put_counts(d, &since, &since.rows[i]);
	io_model_free(&since);
}

static void put_histogram(struct database *d, const struct io_row *r)
{
	for (__u32 b = 0; r->hist && b < HIST_BUCKETS; b++) {
		if (!hist_at(r->hist, b))
			continue;
		sqlite_row(d->to, HISTOGRAMS);
		sqlite_int(d->to, d->part);
		database_number(d, ring_number(&d->numbers, r->c.ring, r->c.born_ns));
		database_number(d, IO_WHO_TGID(r->c.who));
		sqlite_text(d->to, io_op_name(IO_WHO_OP(r->c.who)));
		sqlite_int(d->to, !!IO_WHO_FIXED(r->c.who));
		sqlite_int(d->to, hist_low(b));
		sqlite_known(d->to, b + 1 < HIST_BUCKETS, hist_low(b + 1));
		sqlite_int(d->to, hist_at(r->hist, b));
		sqlite_row_end(d->to);
	}
}

/* .key.ring: its number. */
static void put_use(struct database *d, const struct io_buffer_row *b)
{
	sqlite_row(d->to, USES);
	sqlite_int(d->to, d->part);
	database_number(d, b->key.ring);
	sqlite_int(d->to, b->key.index);
	sqlite_int(d->to, b->key.addr);
	sqlite_int(d->to, b->use.ops);
	sqlite_int(d->to, b->use.bytes);
	known_at(d, b->use.last_ns);
	sqlite_row_end(d->to);
}

/* A buffer has one row, whatever was done and failed over it. */
static void put_uses(struct database *d, const struct io_model *m)
{
	struct io_buffer_row *list = must_alloc(m->nr_buffers + m->nr_failures, sizeof(*list));
	size_t nr = m->nr_buffers;

	if (nr)
		memcpy(list, m->buffers, nr * sizeof(*list));
	for (size_t i = 0; i < m->nr_failures; i++) {
		if (!io_failure_buffer(&m->failures[i], &list[nr].key))
			continue;
		list[nr++].born_ns = m->failures[i].born_ns;
	}
	for (size_t i = 0; i < nr; i++)
		list[i].key.ring = ring_number(&d->numbers, list[i].key.ring, list[i].born_ns);
	qsort(list, nr, sizeof(*list), io_buffer_by_key);
	for (size_t i = 0; i < nr; i++) {
		struct io_buffer_row all = list[i];

		for (; i + 1 < nr && !io_buffer_by_key(&all, &list[i + 1]); i++) {
			all.use.ops += list[i + 1].use.ops;
			all.use.bytes += list[i + 1].use.bytes;
			if (list[i + 1].use.last_ns > all.use.last_ns)
				all.use.last_ns = list[i + 1].use.last_ns;
		}
		put_use(d, &all);
	}
	free(list);
}

/* How many I/Os failed without a cause that was kept. */
static __u64 put_totals(struct database *d, const struct event *told)
{
	struct io_model all = { 0 };
	__u64 no_cause;

	io_model_copy(told->io, &all);
	io_select(&all, d->select);
	for (size_t i = 0; i < all.nr_rows; i++)
		put_histogram(d, &all.rows[i]);
	put_uses(d, &all);
	no_cause = io_no_cause(&all);
	io_model_free(&all);
	return no_cause;
}

/* ---- facts and parts ------------------------------------------------------------------------ */

static void put_pin(struct database *d, const struct event *told)
{
	const struct fact_pin *p = (const void *)told->fact;

	sqlite_row(d->to, PINS);
	at(d, p->h.t_ns);
	database_number(d, ring_number(&d->numbers, p->h.ring, 0));
	database_number(d, p->h.call);
	database_number(d, p->h.pid);
	sqlite_text(d->to, fact_name(&p->h));
	sqlite_int(d->to, p->addr);
	pages(d, p->pages);
	sqlite_int(d->to, !!(p->h.flags & FACT_F_DERIVED));
	sqlite_row_end(d->to);
}

static void put_charge(struct database *d, const struct event *told)
{
	const struct fact_charge *c = (const void *)told->fact;

	sqlite_row(d->to, CHARGES);
	at(d, c->h.t_ns);
	database_number(d, ring_number(&d->numbers, c->h.ring, 0));
	database_number(d, c->h.call);
	database_number(d, c->h.pid);
	sqlite_text(d->to, fact_name(&c->h));
	pages(d, c->pages);
	sqlite_known(d->to, !!c->user, c->user_after_pages * (__u64)d->page_bytes);
	sqlite_known(d->to, c->limit_bytes != ~0ULL, c->limit_bytes);
	sqlite_int(d->to, !!(c->h.flags & FACT_F_DERIVED));
	sqlite_row_end(d->to);
}

static void put_fact(struct database *d, const struct event *told)
{
	if (!told->shown)
		return;
	switch (told->fact->kind) {
	case FACT_PIN:
	case FACT_UNPIN:
		put_pin(d, told);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		put_charge(d, told);
		break;
	}
}

static void begin_part(struct database *d, const struct event *told)
{
	const struct origin *o = told->origin;

	d->realtime_ns = o->realtime_ns;
	d->page_bytes = o->page_bytes;
	d->part_begin_ns = o->start_ns;
	d->lost = 0;
	d->unread = (struct unread_tables){ 0 };
	if (!d->part++)
		d->begin_ns = o->start_ns + o->realtime_ns;
	sqlite_first_columns(d->to, o->host[0] ? o->host : NULL, d->begin_ns);
}

static void end_part(struct database *d, const struct event *told)
{
	const __u64 no_cause = put_totals(d, told);
	const struct origin *o = told->origin;

	sqlite_row(d->to, RECORDINGS);
	sqlite_int(d->to, d->part);
	sqlite_text(d->to, o->kernel);
	sqlite_text(d->to, o->machine);
	sqlite_text(d->to, tier_name(o->tier));
	sqlite_text(d->to, o->command);
	sqlite_int(d->to, o->cpus);
	sqlite_int(d->to, o->page_bytes);
	at(d, d->part_begin_ns);
	known_at(d, told->t_ns);
	sqlite_int(d->to, told->end.facts);
	sqlite_int(d->to, d->lost);
	sqlite_int(d->to, told->end.clean);
	sqlite_int(d->to, io_uses_lost(told->io));
	sqlite_int(d->to, no_cause);
	sqlite_int(d->to, told->end.left_out);
	sqlite_int(d->to, d->unread.slots);
	sqlite_int(d->to, d->unread.rings);
	sqlite_row_end(d->to);
}

void database_event(struct database *d, const struct event *told)
{
	if (told->kind == EVENT_LOST)
		d->lost += told->lost.count;
	/* what is told to end at a part's begin ends by the clock of the part before */
	timeline_event(d->timeline, told);
	if (event_begins_part(told))
		begin_part(d, told);
	unread_tables_event(&d->unread, d->select, told);
	/* what the timeline tells of it comes first: its ring has a number then */
	if (told->kind == EVENT_FACT)
		put_fact(d, told);
	else if (told->kind == EVENT_END)
		end_part(d, told);
}

int database_load(void)
{
	return sqlite_load();
}

bool database_is_of_others(const char *path)
{
	return sqlite_is_of_others(path, tables);
}

struct database *database_new(const char *path, const struct selection *select)
{
	struct sqlite_file *to = sqlite_open(path, script(), tables);
	struct database *d;
	struct timeline_listener view = {
		.ring_begins = on_ring_begins, .ring_ends = on_ring_ends, .life_ends = on_life_ends,
		.memory_ends = on_memory_ends,
		.level = on_level, .call = on_call, .io = on_io, .reading = on_reading, .gap = on_gap,
	};

	if (!to)
		return NULL;
	d = must_alloc(1, sizeof(*d));
	d->to = to;
	d->select = select;
	view.arg = d;
	d->timeline = timeline_new(&view, select);
	return d;
}

/* ---- the end ------------------------------------------------------------------------------- */

int database_end(struct database *d, const struct database_conclusion *c)
{
	int err;

	for (const struct timeline_ring *r = timeline_rings(d->timeline); r; r = r->hh.next) {
		if (r->watched)
			put_ring(d, r, 0);
		for (__u32 i = 0; r->watched && i < r->nr_slots; i++)
			if (r->slots[i])
				put_life(d, r->slots[i], 0, 0);
		for (size_t i = 0; r->watched && i < r->nr_memory; i++)
			put_memory(d, r, &r->memory[i], 0);
	}
	database_conclude(d, c);
	err = sqlite_end(d->to);
	timeline_free(d->timeline);
	ring_numbers_free(&d->numbers);
	free(d);
	return err;
}
