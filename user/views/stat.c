// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/pid.h"
#include "base/table.h"
#include "base/wrap.h"
#include "model/histogram.h"
#include "views/findings.h"
#include "views/io_failures.h"
#include "views/stat.h"

#define JSON_HAS "--json has each"
#define SETUP_DEFER_TASKRUN (1U << 13)	/* IORING_SETUP_DEFER_TASKRUN, 6.1 */

const struct holder *view_stat_holder(const struct view_stat *v, const struct io_counts *c)
{
	const struct ring *r = ledger_ring_born(v->l, c->ring, c->born_ns);
	__u32 pid = IO_WHO_TGID(c->who);

	for (size_t i = 0; r && i < r->nr_holders; i++)
		if (r->holders[i].pid == pid)
			return &r->holders[i];
	return NULL;
}

int view_stat_fd(const struct view_stat *v, const struct io_counts *c)
{
	const struct holder *h = view_stat_holder(v, c);

	/* the counters know only which its maker got */
	return h && h->fd >= 0 ? h->fd : c->fd;
}

__u32 view_stat_ns_pid(const struct view_stat *v, const struct io_counts *c)
{
	const struct holder *h = view_stat_holder(v, c);

	return h ? h->ns_pid : 0;
}

bool view_stat_defers(const struct view_stat *v, const struct io_counts *c)
{
	const struct ring *r = ledger_ring_born(v->l, c->ring, c->born_ns);

	return c->timed && r && r->setup_flags & SETUP_DEFER_TASKRUN;
}

static double rate(const struct view_stat *v, __u64 n)
{
	return v->m->t_ns ? n * 1e9 / v->m->t_ns : 0;
}

/* Of percentiles that are known to a power of two: print_coarse() says so. */
#define COARSE_MARK(coarse)	((coarse) ? "~" : "")

static void latency_cells(struct table *t, const struct io_row *r)
{
	static const unsigned int permille[] = { 500, 900, 990, 999 };
	char buf[FMT_LEN];

	for (size_t i = 0; i < 4 && r->hist && r->c.timed; i++)
		table_cell(t, "%s%s", COARSE_MARK(r->c.coarse),
			   fmt_ns(buf, hist_permille(r->hist, permille[i], r->c.max_ns)));
	for (size_t i = 0; i < 4 && !(r->hist && r->c.timed); i++)
		table_cell(t, "-");
	table_cell(t, "%s", r->c.timed ? fmt_ns(buf, r->c.max_ns) : "-");
}

/* Nobody's: many that ended, or found no place. */
static void pid_cell(const struct view_stat *v, struct table *t, const struct io_counts *c)
{
	__u32 pid = IO_WHO_TGID(c->who);

	if (pid)
		table_cell(t, "%s", PID_TEXT(pid, view_stat_ns_pid(v, c)));
	else
		table_cell(t, "-");
}

static void ring_cell(const struct view_stat *v, struct table *t, const struct io_counts *c)
{
	int fd = view_stat_fd(v, c);

	if (fd >= 0)
		table_cell(t, "fd %d", fd);
	else if (c->ring == IO_RING_ANY)
		table_cell(t, "-");
	else
		table_cell(t, "%llx", c->ring);
}

void view_stat_whose(const struct view_stat *v, struct table *t, const struct io_counts *c)
{
	pid_cell(v, t, c);
	table_cell(t, "%s", TAME_COMM(c->comm));
	ring_cell(v, t, c);
}

const char *view_stat_order(enum io_order order)
{
	static const char *const titles[] = {
		"OPS/S", "BYTES/S", "FIXED", "P50", "P90", "P99", "P99.9", "MAX", "ERRORS", "PUNTS",
		"PID", "COMM", "RING",
	};

	return titles[order];
}

/* Columns that a reader misses least go first, and the one that rows are sorted by never. */
static void make_fit(const struct view_stat *v, struct table *t)
{
	static const char *const least_first[] = {
		"P99.9", "P90", "OPS", "PUNTS", "ADDRESS", "TOUCHED", "BYTES", "MAX", "P50", "ERRORS",
		"BYTES/S", "RING", "TIME", "P99", "FIXED", "OPCODE", "PID", "OPS/S",
	};
	const char *order = view_stat_order(v->order);

	for (size_t i = 0; i < sizeof(least_first) / sizeof(*least_first); i++)
		if (table_columns(t) > v->columns && strcmp(least_first[i], order))
			table_drop(t, least_first[i]);
	/* a name that is cut says more than none */
	table_narrow(t, "COMM", v->columns);
	if (table_columns(t) > v->columns && strcmp("COMM", order))
		table_drop(t, "COMM");
}

static void print_table(const struct view_stat *v, struct table *t, bool header)
{
	if (v->columns)
		make_fit(v, t);
	table_print(t, v->to->out, header && !v->to->no_header, 0);
}

void view_stat_rows(const struct view_stat *v, const struct io_model *g)
{
	size_t end = v->room && v->room->first + v->room->rows < g->nr_rows ?
		     v->room->first + v->room->rows : g->nr_rows;
	char titles[128];
	struct table *t;

	snprintf(titles, sizeof(titles), "%sPID <COMM <RING %sOPS OPS/S BYTES/S FIXED P50 P90 P99 P99.9 MAX ERRORS PUNTS",
		 v->to->timestamps ? "TIME " : "", v->by_opcode ? "<OPCODE " : "");
	t = table_new(titles);
	for (size_t i = v->room ? v->room->first : 0; i < end; i++) {
		const struct io_row *r = &g->rows[i];
		char buf[FMT_LEN];

		if (v->to->timestamps)
			table_cell(t, "%s", fmt_time_of_day(buf, v->time_ns));
		view_stat_whose(v, t, &r->c);
		if (v->by_opcode)
			table_cell(t, "%s", io_op_name(IO_WHO_OP(r->c.who)));
		table_cell(t, "%llu", r->c.ops);
		table_cell(t, "%.0f", rate(v, r->c.ops));
		table_cell(t, "%s", fmt_bytes(buf, whole(rate(v, r->c.bytes))));
		table_cell(t, "%.0f%%", r->c.ops ? 100.0 * r->fixed_ops / r->c.ops : 0);
		latency_cells(t, r);
		table_cell(t, "%llu", r->c.errors);
		table_cell(t, "%llu", r->c.punts);
	}
	print_table(v, t, v->header);
}

__u64 view_stat_holding(const struct view_stat *v)
{
	__u64 nr = 0;

	for (size_t i = 0; i < v->m->nr_under_way; i++)
		nr += v->m->under_way[i].flags & EV_FIXED && v->m->under_way[i].holds;
	return nr;
}

void view_stat_total(const struct view_stat *v)
{
	struct io_row all = io_model_total(v->m);
	char a[FMT_LEN], b[FMT_LEN], *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		exit(cannot("out of memory"));
	fprintf(out, "%llu operations, %s, %.1f%% of them fixed, in %s", all.c.ops,
		fmt_bytes_long(a, all.c.bytes),
		all.c.ops ? 100.0 * all.fixed_ops / all.c.ops : 0, fmt_ns(b, v->m->t_ns));
	if (v->after_end_ns)
		fprintf(out, " (read last %s after the end of the recording)", fmt_ns(b, v->after_end_ns));
	if (all.c.shorts)
		fprintf(out, "; %llu short", all.c.shorts);
	if (all.c.errors)
		fprintf(out, "; %llu failed", all.c.errors);
	if (all.c.cancelled)
		fprintf(out, "; %llu cancelled", all.c.cancelled);
	if (v->m->in_flight)
		fprintf(out, "; %llu under way at the end%s", v->m->in_flight, v->m->of_all ? OF_ALL_RECORDED : "");
	if (v->m->in_flight && v->total && v->m->sees_under_way && view_stat_holding(v))
		fprintf(out, ", %llu of which hold%s a registered buffer", view_stat_holding(v), view_stat_holding(v) == 1 ? "s" : "");
	fclose(out);
	wrap_line(v->to->out, 0, "%s", text);
	free(text);
	io_row_free(&all);
}

/* The memory of a zero-copy send may be used again long after the send itself has ended. */
static void print_notices(const struct view_stat *v)
{
	struct io_row all = io_model_total(v->m);
	__u64 nr = all.notices.count;
	struct io_model g = { 0 };
	struct table *t;

	io_row_free(&all);
	if (!nr)
		return;
	fprintf(v->to->out, "\nZero-copy sends, from submission to the word that their memory is free\n");
	t = table_new("PID <COMM <RING <OPCODE NOTIFIED P50 P99 MAX");
	io_model_group(v->m, true, &g);
	io_model_sort(&g, IO_BY_RING);
	for (size_t i = 0; i < g.nr_rows; i++) {
		const struct io_row *r = &g.rows[i];
		const struct io_notices *n = &r->notices;
		char buf[FMT_LEN];

		if (!n->count)
			continue;
		view_stat_whose(v, t, &r->c);
		table_cell(t, "%s", io_op_name(IO_WHO_OP(r->c.who)));
		table_cell(t, "%llu", n->count);
		table_cell(t, "%s%s", COARSE_MARK(n->coarse), fmt_ns(buf, hist_permille(n->hist, 500, n->max_ns)));
		table_cell(t, "%s%s", COARSE_MARK(n->coarse), fmt_ns(buf, hist_permille(n->hist, 990, n->max_ns)));
		table_cell(t, "%s", fmt_ns(buf, n->max_ns));
	}
	print_table(v, t, true);
	io_model_free(&g);
}

/* .list: by key. */
static bool was_used(const struct io_buffer_row *list, size_t nr, const struct ring *r, __u32 slot)
{
	const struct io_buffer_row key = {
		.key = { .ring = r->id, .addr = r->slots[slot]->addr, .index = slot },
	};

	return bsearch(&key, list, nr, sizeof(*list), io_buffer_by_key);
}

/* Of a slot that nothing was transferred over: what became of the I/O that wanted it, .idle = there was none. */
static const char *use_of_none(const struct view_stat *v, const struct ring *r, __u32 slot, const char *idle)
{
	__s32 result = io_failures_of_slot(v->m, v->l, r, slot);

	if (result)
		return result == -ECANCELED ? "cancelled" : "failed";
	/* a muted request's buffer is not counted */
	return v->m->loss.no_buffer || v->m->muted_fixed ? "not known" : idle;
}

static int busiest_first(const void *a, const void *b)
{
	const struct io_buffer_row *x = a, *y = b;

	if (x->use.ops != y->use.ops)
		return x->use.ops < y->use.ops ? 1 : -1;
	return io_buffer_by_key(a, b);
}

static int by_ring_busiest_first(const void *a, const void *b)
{
	const struct io_buffer_row *x = a, *y = b;

	if (x->key.ring != y->key.ring)
		return x->key.ring < y->key.ring ? -1 : 1;
	return busiest_first(a, b);
}

struct io_counts view_stat_user(const struct view_stat *v, __u64 ring, __u64 born_ns)
{
	const struct io_counts *c = io_model_ring(v->names ? v->names : v->m, ring, born_ns);

	return c ? *c : (struct io_counts){ .ring = ring, .fd = -1 };
}

/* The holder of a ring that was asked for and of which no I/O ended; NULL when it is not such a ring. */
static const struct holder *silent_holder(const struct view_stat *v, const struct ring *r)
{
	if (!v->select || !selection_asks(v->select) || io_model_has_ring(v->m, r->id))
		return NULL;
	for (size_t i = 0; i < r->nr_holders; i++)
		if (selection_has_holder(v->select, &r->holders[i]))
			return io_model_has_rest(v->m, r->holders[i].pid) ? NULL : &r->holders[i];
	return NULL;
}

__u64 view_stat_silent(const struct view_stat *v)
{
	__u64 nr = 0;

	for (const struct ring *r = v->l->rings; r; r = r->hh.next)
		nr += silent_holder(v, r) != NULL;
	return nr;
}

/* Requests that were under way before we came have no start, and none of them has ended. */
static void print_silent(const struct view_stat *v)
{
	__u64 nr = view_stat_silent(v);

	if (nr)
		wrap_line(v->to->out, 0, "%llu ring%s without I/O that ended; what was submitted before the start is seen when it ends",
			  nr, plural(nr));
}

/* The address of one that has gone may be another's. */
static int by_ring(const void *a, const void *b)
{
	const struct io_counts *x = *(const struct io_counts *const *)a, *y = *(const struct io_counts *const *)b;

	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	return x->born_ns < y->born_ns ? -1 : x->born_ns > y->born_ns;
}

/* A completion is made when the program asks for it: waiting for that is in no device's latency. */
static void print_deferring(const struct view_stat *v, const struct io_model *g)
{
	const struct io_counts **rings = must_alloc(g->nr_rows + 1, sizeof(*rings));
	size_t rows = 0, nr = 0;

	/* a ring has a row for each process, and for each operation where these are told */
	for (size_t i = 0; i < g->nr_rows; i++)
		if (view_stat_defers(v, &g->rows[i].c))
			rings[rows++] = &g->rows[i].c;
	qsort(rings, rows, sizeof(*rings), by_ring);
	for (size_t i = 0; i < rows; i++)
		nr += !i || by_ring(&rings[i], &rings[i - 1]);
	free(rings);
	if (nr)
		wrap_line(v->to->out, 0, "%zu ring%s with IORING_SETUP_DEFER_TASKRUN: latencies include the wait until the program asks for its completions",
			  nr, plural(nr));
}

/* What the mark in front of percentiles means. */
static void print_coarse(const struct view_stat *v, const struct io_model *g)
{
	double most = 0;

	for (size_t i = 0; i < g->nr_rows; i++) {
		const struct io_row *r = &g->rows[i];
		double error = r->c.coarse ? io_row_error(r) : 0;

		if (r->notices.coarse && io_notices_error(&r->notices) > error)
			error = io_notices_error(&r->notices);
		most = error > most ? error : most;
	}
	if (most)
		wrap_line(v->to->out, 0, "~ marks percentiles that are known to a power of two, as the histogram table had no more room: off by up to %.0f%%, others by %.0f%%",
			  100 * most, 100 * HIST_ERROR);
}

/* Whether tables below that of rings have the buffers of this one. */
static bool is_listed(const struct view_stat *v, const struct io_model *g, __u64 ring)
{
	return !v->room || !v->room->filtered || io_model_has_ring(g, ring);
}

static void print_buffers(const struct view_stat *v, const struct io_model *g)
{
	struct table *t = table_new("PID <RING BUFFER <ADDRESS SIZE OPS BYTES TOUCHED <USE");
	size_t n = 0, nr, room = v->room ? v->room->below : SIZE_MAX;
	struct io_buffer_row *list = must_alloc(v->m->nr_buffers, sizeof(*list));
	struct io_counts user = { 0 };
	char buf[FMT_LEN];

	for (size_t i = 0; i < v->m->nr_buffers; i++)
		if (is_listed(v, g, v->m->buffers[i].key.ring))
			list[n++] = v->m->buffers[i];
	nr = n;
	qsort(list, n, sizeof(*list), v->room ? busiest_first : by_ring_busiest_first);
	for (size_t i = 0; i < n && i < room; i++) {
		const struct io_buffer_use *u = &list[i].use;

		if (!i || list[i].key.ring != list[i - 1].key.ring ||
		    list[i].born_ns != list[i - 1].born_ns)
			user = view_stat_user(v, list[i].key.ring, list[i].born_ns);
		pid_cell(v, t, &user);
		ring_cell(v, t, &user);
		table_cell(t, "%u", list[i].key.index);
		table_cell(t, "0x%llx", list[i].key.addr);
		table_cell(t, "%s", fmt_bytes(buf, u->len_bytes));
		table_cell(t, "%llu", u->ops);
		table_cell(t, "%s", fmt_bytes(buf, u->bytes));
		/* of some it is not known how far they went */
		table_cell(t, "%s%s", u->no_offset == u->ops ? "?" : fmt_bytes(buf, u->max_end),
			   u->no_offset && u->no_offset != u->ops ? "+" : "");
		table_cell(t, "%.0f/s", rate(v, u->ops));
	}
	qsort(list, n, sizeof(*list), io_buffer_by_key);
	for (const struct ring *r = v->l->rings; r; r = r->hh.next) {
		const struct holder *silent = silent_holder(v, r);
		__u32 pid;

		user = view_stat_user(v, r->id, 0);
		if (silent)
			user = (struct io_counts){
				.ring = r->id, .who = IO_WHO(silent->pid, 0, false), .fd = silent->fd,
			};
		pid = IO_WHO_TGID(user.who);
		for (__u32 i = 0; pid && is_listed(v, g, r->id) && i < r->nr_slots; i++) {
			if (!r->slots[i] || was_used(list, n, r, i) || nr++ >= room)
				continue;
			pid_cell(v, t, &user);
			ring_cell(v, t, &user);
			table_cell(t, "%u", i);
			table_cell(t, "0x%llx", r->slots[i]->addr);
			table_cell(t, "%s", fmt_bytes(buf, r->slots[i]->len_bytes));
			table_cell(t, "0");
			table_cell(t, "0");
			table_cell(t, "0");
			table_cell(t, "%s", use_of_none(v, r, i, silent ? "none ended" :
								 v->total ? "never" : "idle"));
		}
	}
	fputc('\n', v->to->out);
	if (nr > room)
		fprintf(v->to->out, "buffers, the busiest first: %zu of %zu\n", room, nr);
	print_table(v, t, true);
	free(list);
}

static void print_hists(const struct view_stat *v, const struct io_model *g)
{
	size_t nr = v->room && v->room->below < g->nr_rows ? v->room->below : g->nr_rows;

	for (size_t i = 0; i < nr; i++) {
		const struct io_row *r = &g->rows[i];
		__u64 room[HIST_BUCKETS];

		if (!r->hist)
			continue;
		fputc('\n', v->to->out);
		wrap_line(v->to->out, 0, "pid %u %s ring %llx%s%s, from submission to completion (within %.1f%%)",
			  IO_WHO_TGID(r->c.who), TAME_COMM(r->c.comm), r->c.ring,
			  v->by_opcode ? " " : "",
			  v->by_opcode ? io_op_name(IO_WHO_OP(r->c.who)) : "", 100 * io_row_error(r));
		hist_draw(v->to->out, hist_all(r->hist, room), 2, v->columns);
	}
}

void view_stat_beside(const struct view_stat *v, FILE *out)
{
	view_stat_losses_text(v, out);
	if (v->findings && v->findings->nr) {
		fputc('\n', out);
		view_findings_text(out, v->findings, VIEW_FINDINGS, JSON_HAS, false);
	}
}

void view_stat_rest(const struct view_stat *v, const struct io_model *g)
{
	print_notices(v);
	if (v->hist)
		print_hists(v, g);
	if (v->by_buffer)
		print_buffers(v, g);
	if (!v->to->quiet) {
		if (!v->room)
			view_stat_total(v);
		print_silent(v);
		print_deferring(v, g);
		view_io_failed_text(v->to->out, v->failures, VIEW_IO_FAILURES, JSON_HAS, "What failed, and why");
		view_io_slower_text(v->to->out, v->failures, VIEW_IO_FAILURES, JSON_HAS, "What took a slower way, and why");
	}
	print_coarse(v, g);
	view_stat_beside(v, v->to->out);
	if (v->advices)
		view_stat_advice(v);
}

void view_stat_group(const struct view_stat *v, struct io_model *g)
{
	io_model_group(v->m, v->by_opcode, g);
	for (size_t i = 0; i < g->nr_rows; i++)
		g->rows[i].c.fd = view_stat_fd(v, &g->rows[i].c);
	io_model_sort(g, v->order);
}

void view_stat_text(const struct view_stat *v)
{
	struct io_model g = { 0 };

	view_stat_group(v, &g);
	view_stat_rows(v, &g);
	view_stat_rest(v, &g);
	io_model_free(&g);
}
