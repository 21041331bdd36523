// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/json.h"
#include "base/pid.h"
#include "model/histogram.h"
#include "model/io_loss.h"
#include "views/findings.h"
#include "views/io_failures.h"
#include "views/rings.h"
#include "views/stat.h"

static void put_latency(struct json *j, const struct io_row *r)
{
	static const unsigned int permille[] = { 500, 900, 990, 999 };
	bool known = r->hist && r->c.timed;
	__u64 p[4] = { 0 };

	for (size_t i = 0; known && i < 4; i++)
		p[i] = hist_permille(r->hist, permille[i], r->c.max_ns);
	json_uint(j, "timed", r->c.timed);
	json_uint(j, "coarse", r->c.coarse);
	if (known)
		json_double(j, "relative_error", io_row_error(r));
	json_known(j, "p50_ns", known, p[0]);
	json_known(j, "p90_ns", known, p[1]);
	json_known(j, "p99_ns", known, p[2]);
	json_known(j, "p999_ns", known, p[3]);
	json_known(j, "max_ns", r->c.timed, r->c.max_ns);
	json_known(j, "mean_ns", r->c.timed, r->c.latency_ns / r->c.timed);
}

void view_notices_json(struct json *j, const struct io_notices *n)
{
	if (!n->count)
		return;
	json_open(j, "notifications");
	json_uint(j, "count", n->count);
	if (n->coarse)
		json_double(j, "relative_error", io_notices_error(n));
	json_uint(j, "p50_ns", hist_permille(n->hist, 500, n->max_ns));
	json_uint(j, "p99_ns", hist_permille(n->hist, 990, n->max_ns));
	json_uint(j, "max_ns", n->max_ns);
	json_uint(j, "mean_ns", n->sum_ns / n->count);
	json_close(j);
}

static void put_histogram(struct json *j, const struct io_row *r)
{
	json_open_list(j, "histogram");
	for (unsigned int i = 0; r->hist && i < HIST_BUCKETS; i++) {
		if (!hist_at(r->hist, i))
			continue;
		json_item_open(j);
		json_uint(j, "from_ns", hist_low(i));
		json_known(j, "to_ns", i + 1 < HIST_BUCKETS, hist_low(i + 1));
		json_uint(j, "count", hist_at(r->hist, i));
		json_close(j);
	}
	json_close(j);
}

static void put_counts(struct json *j, const struct view_stat *v, const struct io_row *r)
{
	double s = v->m->t_ns / 1e9;

	json_uint(j, "ops", r->c.ops);
	json_uint(j, "bytes", r->c.bytes);
	json_uint(j, "fixed_ops", r->fixed_ops);
	json_uint(j, "fixed_bytes", r->fixed_bytes);
	json_double(j, "ops_per_second", s ? r->c.ops / s : 0);
	json_double(j, "bytes_per_second", s ? r->c.bytes / s : 0);
	json_uint(j, "errors", r->c.errors);
	json_uint(j, "efaults", r->c.efaults);
	json_uint(j, "cancelled", r->c.cancelled);
	json_uint(j, "shorts", r->c.shorts);
	json_uint(j, "punts", r->c.punts);
	put_latency(j, r);
	view_notices_json(j, &r->notices);
	if (v->hist)
		put_histogram(j, r);
}

/* Of the process and ring of .ring. .by_opcode is sorted by ring. */
static void put_opcodes(struct json *j, const struct view_stat *v, const struct io_row *ring,
			const struct io_model *by_opcode)
{
	json_open_list(j, "opcodes");
	for (size_t i = io_model_first(by_opcode, &ring->c); i < by_opcode->nr_rows; i++) {
		const struct io_row *r = &by_opcode->rows[i];

		if (r->c.ring != ring->c.ring || r->c.born_ns != ring->c.born_ns ||
		    IO_WHO_TGID(r->c.who) != IO_WHO_TGID(ring->c.who))
			break;
		json_item_open(j);
		json_str(j, "opcode", io_op_name(IO_WHO_OP(r->c.who)));
		json_flag(j, "fixed", r->fixed_ops != 0);
		put_counts(j, v, r);
		json_close(j);
	}
	json_close(j);
}

static void put_rings(struct json *j, const struct view_stat *v)
{
	struct io_model g = { 0 }, by_opcode = { 0 };

	io_model_group(v->m, true, &by_opcode);
	io_model_sort(&by_opcode, IO_BY_RING);
	io_model_group(v->m, false, &g);
	io_model_sort(&g, v->order);
	json_open_list(j, "rings");
	for (size_t i = 0; i < g.nr_rows; i++) {
		const struct io_row *r = &g.rows[i];
		const struct holder *h = view_stat_holder(v, &r->c);
		int fd = view_stat_fd(v, &r->c);

		json_item_open(j);
		json_uint(j, "pid", IO_WHO_TGID(r->c.who));
		json_ns_pid(j, view_stat_ns_pid(v, &r->c));
		json_comm(j, "comm", &r->c.comm);
		json_uint(j, "uid", r->c.uid);
		if (h)
			view_cgroup_json(j, h);
		json_known(j, "fd", fd >= 0, fd);
		json_addr(j, "ring", r->c.ring);
		put_counts(j, v, r);
		if (view_stat_defers(v, &r->c))
			json_flag(j, "waits_for_program", true);
		put_opcodes(j, v, r, &by_opcode);
		json_close(j);
	}
	json_close(j);
	io_model_free(&by_opcode);
	io_model_free(&g);
}

static void put_buffers(struct json *j, const struct io_model *m)
{
	json_open_list(j, "buffers");
	for (size_t i = 0; i < m->nr_buffers; i++) {
		const struct io_buffer_row *b = &m->buffers[i];

		json_item_open(j);
		json_addr(j, "ring", b->key.ring);
		json_uint(j, "index", b->key.index);
		json_addr(j, "addr", b->key.addr);
		json_uint(j, "len_bytes", b->use.len_bytes);
		json_uint(j, "ops", b->use.ops);
		json_uint(j, "bytes", b->use.bytes);
		json_known(j, "touched_bytes", !b->use.no_offset, b->use.max_end);
		json_uint(j, "last_ns", b->use.last_ns);
		json_close(j);
	}
	json_close(j);
}

static void put_advices(struct json *j, const struct advices *a)
{
	json_open_list(j, "advice");
	for (size_t i = 0; i < a->nr; i++) {
		const struct advice *x = &a->list[i];

		json_item_open(j);
		json_str(j, "tag", x->tag);
		json_uint(j, "pid", x->pid);
		json_known(j, "fd", x->fd >= 0, x->fd);
		json_addr(j, "ring", x->ring);
		json_int(j, "index", x->index);
		json_uint(j, "ops", x->ops);
		json_uint(j, "bytes", x->bytes);
		if (x->at_least)
			json_flag(j, "at_least", true);
		json_known(j, "saves_ns", x->saves_ns, x->saves_ns);
		json_str(j, "detail", x->detail);
		json_str(j, "remedy", x->remedy);
		json_close(j);
	}
	json_close(j);
}

/* What is not known of calls that were not seen to begin is null. */
static void put_registering(struct json *j, const struct registering *r, bool at_least)
{
	const struct io_register_cost *c = &r->cost;

	json_item_open(j);
	json_uint(j, "pid", r->pid);
	json_uint(j, "calls", r->calls);
	if (at_least)
		json_flag(j, "at_least", true);
	json_uint(j, "timed", c->calls);
	json_known(j, "duration_ns", c->calls, c->ns);
	json_known(j, "max_ns", c->max_ns, c->max_ns);
	json_known(j, "ns_per_mib", c->bytes, registering_per_mib(r));
	json_known(j, "buffers", c->calls, c->buffers);
	json_known(j, "bytes", c->calls, c->bytes);
	json_known(j, "pages", c->calls, c->pages);
	json_known(j, "segments", c->segments, c->segments);
	json_known(j, "minor_faults", c->calls, c->min_faults);
	json_known(j, "major_faults", c->calls, c->maj_faults);
	json_close(j);
}

static void put_registerings(struct json *j, const struct registerings *all, bool at_least)
{
	json_open_list(j, "registrations");
	for (size_t i = 0; i < all->nr; i++)
		put_registering(j, &all->list[i], at_least);
	json_close(j);
}

static void put_enters(struct json *j, const struct view_stat *v)
{
	struct io_enters_row *list;
	size_t nr;

	list = view_stat_enters(v, &nr);
	json_open_list(j, "enters");
	for (size_t i = 0; i < nr; i++) {
		const struct io_enters *e = &list[i].enters;
		struct io_counts user = view_stat_user(v, list[i].ring, list[i].born_ns);
		int fd = view_stat_fd(v, &user);

		json_item_open(j);
		json_uint(j, "pid", IO_WHO_TGID(user.who));
		json_known(j, "fd", fd >= 0, fd);
		json_addr(j, "ring", list[i].ring);
		json_uint(j, "submissions", e->submissions);
		json_uint(j, "enters", e->enters);
		json_double(j, "submissions_per_enter", (double)e->submissions / e->enters);
		if (e->sqpoll)
			json_flag(j, "by_kernel_thread", true);
		json_close(j);
	}
	json_close(j);
	free(list);
}

static void put_loss(const char *name, const char *text, __u64 count, void *arg)
{
	struct json *j = arg;

	(void)text;
	json_key(j, name);
	json_item_uint(j, count);
}

void view_stat_json(struct json *j, const struct view_stat *v)
{
	json_int(j, "schema", 2);
	json_str(j, "kernel", v->to->kernel);
	json_uint(j, "duration_ns", v->m->t_ns);
	json_uint(j, "time_ns", v->time_ns);
	json_str(j, "starts_by", v->starts_by);
	json_double(j, "relative_error", HIST_ERROR);
	json_uint(j, "clock_shared_by", IO_CLOCK_SHARED);
	if (v->starts_shared)
		json_uint(j, "starts_shared_by", v->starts_shared);
	put_rings(j, v);
	if (v->by_buffer)
		put_buffers(j, v->m);
	view_io_failures_json(j, v->failures);
	if (v->findings)
		view_findings_json(j, v->findings, false);
	if (v->advices) {
		put_advices(j, v->advices);
		put_registerings(j, &v->advices->registerings, v->m->calls_lost != 0);
		json_flag(j, "needs_longer_run", v->unseen);
		if (v->m->sees_enters)
			put_enters(j, v);
	}
	json_uint(j, "in_flight", v->m->in_flight);
	if (v->total && v->m->sees_under_way)
		json_uint(j, "in_flight_holding", view_stat_holding(v));
	if (v->select && selection_asks(v->select))
		json_uint(j, "silent_rings", view_stat_silent(v));
	if (v->left)
		json_uint(j, "still_running", v->left);
	json_uint(j, "lost", io_lost(v->m));
	if (v->m->of_all)
		json_flag(j, "losses_of_all", true);
	json_open(j, "losses");
	view_stat_losses(v->m, put_loss, j);
	json_close(j);
	if (!v->nr_losers)
		return;
	json_open_list(j, "losses_of");
	for (size_t i = 0; i < v->nr_losers; i++) {
		json_item_open(j);
		json_str(j, "loss", view_stat_loss_in(v->losers[i].table));
		json_uint(j, "uid", v->losers[i].uid);
		json_uint(j, "count", v->losers[i].count);
		json_close(j);
	}
	json_close(j);
}
