// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "model/fact.h"
#include "model/io_counters.h"
#include "model/timeline_page.h"

/* ---- buffers ---------------------------------------------------------------------------- */

static void on_ring_begins(struct timeline_ring *r, void *arg)
{
	struct page *p = arg;
	struct page_ring *ring;

	if (p->rings_nr++ >= PAGE_RINGS)
		return;
	array_grow(p->rings, p->nr_rings);
	ring = &p->rings[p->nr_rings++];
	ring->pid = r->pid;
	ring->ns_pid = r->ns_pid;
	ring->uid = r->uid;
	ring->fd = r->fd;
	ring->comm = r->comm;
}

static void keep_life(struct page *p, const struct life *life, __u64 to_ns, bool ended)
{
	struct page_life *l;

	if (p->nr_lives == PAGE_LIVES || life->ring->number > PAGE_RINGS) {
		p->lives_left++;
		return;
	}
	array_grow(p->lives, p->nr_lives);
	l = &p->lives[p->nr_lives++];
	l->ring = life->ring->number;
	l->slot = life->slot;
	l->folio_shift = life->folio_shift;
	l->ended = ended;
	l->older = life->older;
	l->from_ns = life->from_ns;
	l->to_ns = to_ns;
	l->addr = life->addr;
	l->len_bytes = life->len_bytes;
	l->charged_pages = life->charged_pages;
	l->ops = life->ops;
	if (life->bins)
		memcpy(l->bins, life->bins, sizeof(l->bins));
	else
		memset(l->bins, 0, sizeof(l->bins));
}

static void hold(struct page *p, const struct life *life)
{
	struct page_held *held;

	HASH_FIND(hh, p->held, &life->buf, sizeof(life->buf), held);
	if (!held) {
		held = must_alloc(1, sizeof(*held));
		held->buf = life->buf;
		held->len_bytes = life->len_bytes;
		p->registered_bytes += held->len_bytes;
		HASH_ADD(hh, p->held, buf, sizeof(held->buf), held);
	}
	held->slots++;
}

static void let_go(struct page *p, const struct life *life)
{
	struct page_held *held;

	HASH_FIND(hh, p->held, &life->buf, sizeof(life->buf), held);
	if (!held || --held->slots)
		return;
	p->registered_bytes -= held->len_bytes;
	HASH_DEL(p->held, held);
	free(held);
}

static void note_peak(struct page *p)
{
	if (p->registered_bytes > p->peak_registered_bytes)
		p->peak_registered_bytes = p->registered_bytes;
}

static void on_life_begins(struct life *life, void *arg)
{
	struct page *p = arg;
	struct page_call *c = p->nr_calls ? &p->calls[p->nr_calls - 1] : NULL;

	p->buffers += life->counted && !life->older;
	p->older_buffers += life->counted && life->older;
	hold(p, life);
	/* until a part has told all that is there, some of it counts as the part before told it, too */
	if (!life->older || p->looks == 1)
		note_peak(p);
	if (c && life->call && c->call == life->call)
		c->bytes += life->len_bytes;
}

static void on_life_ends(struct life *life, __u64 t_ns, __u32 call, void *arg)
{
	struct page *p = arg;

	(void)call;
	let_go(p, life);
	keep_life(p, life, t_ns, true);
}

/* ---- calls and accounts ------------------------------------------------------------------- */

static void on_call(struct timeline_ring *ring, const struct event *t, void *arg)
{
	const struct fact_call *c = (const void *)t->fact;
	struct page *p = arg;
	struct page_call *call;

	(void)ring;
	p->calls_nr++;
	if (c->result < 0) {
		p->calls_failed++;
		return;
	}
	if (p->nr_calls == PAGE_CALLS) {
		p->calls_left++;
		return;
	}
	array_grow(p->calls, p->nr_calls);
	call = &p->calls[p->nr_calls++];
	memset(call, 0, sizeof(*call));
	call->t_ns = t->t_ns;
	call->duration_ns = c->start_ns ? c->h.t_ns - c->start_ns : 0;
	call->pid = c->h.pid;
	call->ns_pid = c->ns_pid;
	call->call = c->h.call;
	call->comm = c->h.comm;
	call->kind = fact_name(&c->h);
}

/* Two neighbours become one: where it was highest stays. */
static void coarsen(struct page_account *a)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < a->nr; i += 2, n++) {
		a->points[n].t_ns = a->points[i].t_ns;
		a->points[n].pages = a->points[i].pages > a->points[i + 1].pages ?
				     a->points[i].pages : a->points[i + 1].pages;
	}
	/* the last one is what holds from now on */
	a->points[n - 1] = a->points[a->nr - 1];
	a->nr = n;
}

static void add_point(struct page_account *a, __u64 t_ns, __s64 pages)
{
	if (a->nr && t_ns < a->points[a->nr - 1].t_ns)
		t_ns = a->points[a->nr - 1].t_ns;
	if (pages > a->peak_pages)
		a->peak_pages = pages;
	if (a->nr && a->points[a->nr - 1].pages == pages)
		return;
	if (a->nr == PAGE_POINTS)
		coarsen(a);
	array_grow(a->points, a->nr);
	a->points[a->nr++] = (struct page_point){ t_ns, pages };
}

/* An address space of no process that is known is one of its own. */
static struct page_account *account_of(struct page *p, const struct account *from)
{
	const __u64 kind = from->is_mm ? (from->pid ? 1 : 2) : 0;
	const __u64 who = kind << 32 | (kind == 2 ? from->number : kind ? from->pid : from->uid);
	struct page_account *a;

	HASH_FIND(hh, p->accounts, &who, sizeof(who), a);
	if (a)
		return a;
	a = must_alloc(1, sizeof(*a));
	a->who = who;
	a->is_mm = from->is_mm;
	HASH_ADD(hh, p->accounts, who, sizeof(a->who), a);
	return a;
}

static void on_level(struct account *from, __u64 t_ns, void *arg)
{
	struct page *p = arg;
	struct page_account *a = account_of(p, from), **last = from->data;

	/* a look takes a while, and what it finds was there before */
	if (from->older)
		t_ns = p->part_ns;
	/* accounts outlive the timeline, which frees what hangs on its own */
	if (!last)
		last = from->data = must_alloc(1, sizeof(*last));
	/* the kernel uses addresses again: who had this one has no memory any more */
	if (*last && *last != a)
		add_point(*last, t_ns, 0);
	*last = a;
	a->uid = from->uid;
	a->pid = from->pid;
	a->ns_pid = from->ns_pid;
	a->comm = from->comm;
	/* a process may have a limit of its own: what counts is the one when most was charged */
	if (from->charged_pages >= a->peak_pages || !a->nr || a->limit_bytes == ~0ULL)
		a->limit_bytes = from->limit_bytes;
	add_point(a, t_ns, from->charged_pages);
	if (from->charged_pages > p->peak_charged_pages)
		p->peak_charged_pages = from->charged_pages;
}

/* ---- I/O and gaps --------------------------------------------------------------------------- */

static void add_io(struct page_io *to, const struct page_io *from)
{
	to->ops += from->ops;
	to->timed += from->timed;
	to->coarse += from->coarse;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	for (size_t i = 0; i < HIST_BUCKETS; i++)
		to->hist[i] += from->hist[i];
}

static void add_row(struct page_io *io, const struct io_row *row)
{
	io->ops += row->c.ops;
	io->timed += row->c.timed;
	io->coarse += row->c.coarse;
	if (row->c.max_ns > io->max_ns)
		io->max_ns = row->c.max_ns;
	for (size_t b = 0; row->hist && b < HIST_BUCKETS; b++)
		io->hist[b] += hist_at(row->hist, b);
}

/* NULL: not to be compared, or there are too many. */
static struct page_program *program(struct page *p, const struct io_counts *c)
{
	static const char *const begins[NR_PAGE_OPS] = {
		[PAGE_READ] = "READ", [PAGE_WRITE] = "WRITE", [PAGE_SEND] = "SEND", [PAGE_RECV] = "RECV",
	};
	const char *name = io_op_name(IO_WHO_OP(c->who));
	struct page_program *one;
	size_t op = 0;

	while (op < NR_PAGE_OPS && strncmp(name, begins[op], strlen(begins[op])))
		op++;
	if (op == NR_PAGE_OPS)
		return NULL;
	for (size_t i = 0; i < p->nr_programs; i++) {
		one = &p->programs[i];
		if (one->op == op && !memcmp(&one->comm, &c->comm, sizeof(c->comm)))
			return one;
	}
	if (p->nr_programs == PAGE_PROGRAMS) {
		p->programs_left = true;
		return NULL;
	}
	array_grow(p->programs, p->nr_programs);
	one = &p->programs[p->nr_programs++];
	memset(one, 0, sizeof(*one));
	one->comm = c->comm;
	one->op = op;
	return one;
}

static void on_reading(const struct event *t, void *arg)
{
	struct page *p = arg;
	struct page_column *c, *last = p->nr_columns ? &p->columns[p->nr_columns - 1] : NULL;

	p->io_seen = true;
	if (p->nr_columns == PAGE_COLUMNS) {
		for (size_t i = 0; i < PAGE_COLUMNS / 2; i++) {
			p->columns[i] = p->columns[2 * i];
			p->columns[i].to_ns = p->columns[2 * i + 1].to_ns;
			for (size_t k = 0; k < NR_PAGE_KINDS; k++)
				add_io(&p->columns[i].io[k], &p->columns[2 * i + 1].io[k]);
		}
		p->nr_columns = PAGE_COLUMNS / 2;
		last = &p->columns[p->nr_columns - 1];
	}
	if (!p->columns)
		p->columns = must_alloc(PAGE_COLUMNS, sizeof(*p->columns));
	c = &p->columns[p->nr_columns++];
	memset(c, 0, sizeof(*c));
	c->from_ns = last ? last->to_ns : p->begin_ns;
	c->to_ns = t->t_ns;
	for (size_t i = 0; i < t->io_since->nr_rows; i++) {
		const struct io_row *row = &t->io_since->rows[i];
		const enum page_kind kind = IO_WHO_FIXED(row->c.who) ? PAGE_FIXED : PAGE_PLAIN;
		struct page_program *of;

		if (!selection_has(p->select, IO_WHO_TGID(row->c.who), row->c.uid, &row->c.comm))
			continue;
		of = program(p, &row->c);
		add_row(&c->io[kind], row);
		if (of)
			add_row(&of->io[kind], row);
	}
	for (size_t k = 0; k < NR_PAGE_KINDS; k++)
		add_io(&p->total[k], &c->io[k]);
}

static void on_gap(__u64 from_ns, __u64 to_ns, __u64 lost, void *arg)
{
	struct page *p = arg;
	struct page_gap *last = p->nr_gaps ? &p->gaps[p->nr_gaps - 1] : NULL;

	/* on the page they would be one anyway */
	if (p->nr_gaps == PAGE_POINTS) {
		last->to_ns = to_ns;
		last->lost += lost;
		return;
	}
	array_grow(p->gaps, p->nr_gaps);
	p->gaps[p->nr_gaps++] = (struct page_gap){ from_ns, to_ns, lost };
}

static void keep_living(struct page *p, const struct timeline *h)
{
	const struct timeline_ring *r;

	for (r = timeline_rings(h); r; r = r->hh.next)
		for (__u32 i = 0; r->watched && i < r->nr_slots; i++)
			if (r->slots[i])
				keep_life(p, r->slots[i], p->end_ns, false);
}

struct page *page_new(const struct selection *select)
{
	struct page *p = must_alloc(1, sizeof(*p));
	const struct timeline_listener view = {
		.ring_begins = on_ring_begins,
		.life_begins = on_life_begins, .life_ends = on_life_ends,
		.level = on_level, .call = on_call, .reading = on_reading, .gap = on_gap,
		.arg = p,
	};

	p->timeline = timeline_new(&view, select);
	p->select = select;
	return p;
}

/* Where the machine was started in between, what the clocks have in common is the time of day. */
static void begin_clock(struct page *p, const struct origin *o)
{
	if (!p->begin_ns) {
		p->begin_ns = o->start_ns;
		p->realtime_ns = o->realtime_ns;
		memcpy(p->boot_id, o->boot_id, sizeof(p->boot_id));
	}
	p->later_ns = memcmp(p->boot_id, o->boot_id, sizeof(p->boot_id)) ? o->realtime_ns - p->realtime_ns : 0;
}

static __u64 on_axis(const struct page *p, __u64 t_ns)
{
	return p->later_ns < 0 && t_ns < (__u64)-p->later_ns ? 0 : t_ns + p->later_ns;
}

void page_event(struct page *p, const struct event *told)
{
	struct event shifted = *told;
	const struct event *t = &shifted;

	/* a file that was cut off early has no look */
	if (t->kind == EVENT_LOOK || t->kind == EVENT_END)
		begin_clock(p, t->origin);
	if (t->kind == EVENT_END && t->t_ns > t->origin->start_ns)
		p->recorded_ns += t->t_ns - t->origin->start_ns;
	shifted.t_ns = on_axis(p, told->t_ns);
	if (t->t_ns > p->end_ns)
		p->end_ns = t->t_ns;
	p->about = t->origin;
	p->facts += t->kind == EVENT_END ? t->end.facts : 0;
	p->lost += t->kind == EVENT_LOST ? t->lost.count : 0;
	p->left_out += t->kind == EVENT_END ? t->end.left_out : 0;
	p->looks += event_begins_part(t);
	timeline_event(p->timeline, t);
	if (t->kind != EVENT_LOOK && !(t->kind == EVENT_FACT && t->fact->flags & FACT_F_SNAPSHOT))
		note_peak(p);
	if (event_begins_part(t)) {
		p->part_ns = on_axis(p, t->origin->start_ns);
		p->unrecorded_ns += t->origin->unrecorded_ns;
	}
	p->ended = t->kind == EVENT_END;
	p->cut_off |= p->ended && !t->end.clean;
}

void page_conclude(struct page *p)
{
	size_t most = PAGE_ALL_POINTS / (HASH_COUNT(p->accounts) + 1);

	for (struct page_account *a = p->accounts; a; a = a->hh.next)
		while (a->nr > most && a->nr > PAGE_FEW_POINTS)
			coarsen(a);
	keep_living(p, p->timeline);
	timeline_free(p->timeline);
	p->timeline = NULL;
}

void page_free(struct page *p)
{
	struct page_held *held, *next_held;
	struct page_account *a, *next;

	HASH_ITER(hh, p->accounts, a, next) {
		HASH_DEL(p->accounts, a);
		free(a->points);
		free(a);
	}
	HASH_ITER(hh, p->held, held, next_held) {
		HASH_DEL(p->held, held);
		free(held);
	}
	free(p->programs);
	free(p->rings);
	free(p->lives);
	free(p->calls);
	free(p->columns);
	free(p->gaps);
	timeline_free(p->timeline);
	free(p);
}
