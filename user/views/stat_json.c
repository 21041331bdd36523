// SPDX-License-Identifier: GPL-2.0
#include "base/json_util.h"
#include "model/histogram.h"
#include "views/stat.h"

static void put_latency(json_object *o, const struct io_row *r)
{
	static const struct { const char *name; unsigned int permille; } points[] = {
		{ "p50_ns", 500 }, { "p90_ns", 900 }, { "p99_ns", 990 }, { "p999_ns", 999 },
	};

	json_uint(o, "timed", r->c.timed);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		__u64 ns = r->hist ? hist_percentile(r->hist, points[i].permille) : 0;

		if (r->hist && r->c.timed)
			json_uint(o, points[i].name, ns < r->c.max_ns ? ns : r->c.max_ns);
		else
			json_null(o, points[i].name);
	}
	if (r->c.timed) {
		json_uint(o, "max_ns", r->c.max_ns);
		json_uint(o, "mean_ns", r->c.latency_ns / r->c.timed);
	} else {
		json_null(o, "max_ns");
		json_null(o, "mean_ns");
	}
}

static void put_histogram(json_object *o, const struct io_row *r)
{
	json_object *list = json_object_new_array();

	for (unsigned int i = 0; r->hist && i < HIST_BUCKETS; i++) {
		json_object *b;

		if (!r->hist[i])
			continue;
		b = json_object_new_object();
		json_uint(b, "from_ns", hist_low(i));
		if (i + 1 < HIST_BUCKETS)
			json_uint(b, "to_ns", hist_low(i + 1));
		else
			json_null(b, "to_ns");
		json_uint(b, "count", r->hist[i]);
		json_object_array_add(list, b);
	}
	json_object_object_add(o, "histogram", list);
}

static void put_counts(const struct view_stat *v, json_object *o, const struct io_row *r)
{
	double s = v->m->t_ns / 1e9;

	json_uint(o, "ops", r->c.ops);
	json_uint(o, "bytes", r->c.bytes);
	json_uint(o, "fixed_ops", r->fixed_ops);
	json_uint(o, "fixed_bytes", r->fixed_bytes);
	json_object_object_add(o, "ops_per_second", json_object_new_double(s ? r->c.ops / s : 0));
	json_object_object_add(o, "bytes_per_second",
			       json_object_new_double(s ? r->c.bytes / s : 0));
	json_uint(o, "errors", r->c.errors);
	json_uint(o, "efaults", r->c.efaults);
	json_uint(o, "cancelled", r->c.cancelled);
	json_uint(o, "shorts", r->c.shorts);
	json_uint(o, "punts", r->c.punts);
	put_latency(o, r);
	if (v->hist)
		put_histogram(o, r);
}

static json_object *opcodes(const struct view_stat *v, const struct io_row *ring)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < v->m->nr_rows; i++) {
		const struct io_row *r = &v->m->rows[i];
		json_object *o;

		if (r->c.ring != ring->c.ring || IO_WHO_TGID(r->c.who) != IO_WHO_TGID(ring->c.who))
			continue;
		o = json_object_new_object();
		json_str(o, "opcode", io_op_name(IO_WHO_OP(r->c.who)));
		json_flag(o, "fixed", IO_WHO_FIXED(r->c.who));
		put_counts(v, o, r);
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *rings(const struct view_stat *v)
{
	json_object *list = json_object_new_array();
	struct io_model g = { 0 };

	io_model_group(v->m, false, &g);
	io_model_sort(&g, v->order);
	for (size_t i = 0; i < g.nr_rows; i++) {
		const struct io_row *r = &g.rows[i];
		json_object *o = json_object_new_object();
		int fd = view_stat_fd(v, r->c.ring, IO_WHO_TGID(r->c.who));
		char comm[FACT_COMM_LEN + 1];

		snprintf(comm, sizeof(comm), "%.16s", r->c.comm);
		json_uint(o, "pid", IO_WHO_TGID(r->c.who));
		json_str(o, "comm", comm);
		json_uint(o, "uid", r->c.uid);
		if (fd >= 0)
			json_int(o, "fd", fd);
		else
			json_null(o, "fd");
		json_addr(o, "ring", r->c.ring);
		put_counts(v, o, r);
		json_object_object_add(o, "opcodes", opcodes(v, r));
		json_object_array_add(list, o);
	}
	io_model_free(&g);
	return list;
}

static json_object *buffers(const struct view_stat *v)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < v->m->nr_buffers; i++) {
		const struct io_buffer_row *b = &v->m->buffers[i];
		json_object *o = json_object_new_object();

		json_addr(o, "ring", b->key.ring);
		json_uint(o, "index", b->key.index);
		json_addr(o, "addr", b->key.addr);
		json_uint(o, "len_bytes", b->use.len_bytes);
		json_uint(o, "ops", b->use.ops);
		json_uint(o, "bytes", b->use.bytes);
		if (b->use.no_offset == b->use.ops)
			json_null(o, "touched_bytes");
		else
			json_uint(o, "touched_bytes", b->use.max_end);
		json_uint(o, "last_ns", b->use.last_ns);
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *faults(const struct view_stat *v)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < v->m->nr_faults; i++) {
		const struct io_fault_row *f = &v->m->faults[i];
		json_object *o = json_object_new_object();
		char text[256];

		view_stat_fault(text, sizeof(text), f);
		json_addr(o, "ring", f->key.ring);
		json_str(o, "opcode", io_op_name(f->key.op));
		json_uint(o, "index", f->key.index);
		json_uint(o, "count", f->fault.count);
		json_addr(o, "addr", f->fault.addr);
		json_uint(o, "len_bytes", f->fault.len_bytes);
		json_str(o, "detail", text);
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *advice_list(const struct advices *a)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < a->nr; i++) {
		const struct advice *x = &a->list[i];
		json_object *o = json_object_new_object();

		json_str(o, "tag", x->tag);
		json_uint(o, "pid", x->pid);
		if (x->fd >= 0)
			json_int(o, "fd", x->fd);
		else
			json_null(o, "fd");
		json_addr(o, "ring", x->ring);
		json_int(o, "index", x->index);
		json_uint(o, "ops", x->ops);
		json_uint(o, "bytes", x->bytes);
		json_str(o, "detail", x->detail);
		json_str(o, "remedy", x->remedy);
		json_object_array_add(list, o);
	}
	return list;
}

static void put_loss(const char *name, const char *text, __u64 count, void *arg)
{
	(void)text;
	json_uint(arg, name, count);
}

json_object *view_stat_json(const struct view_stat *v)
{
	json_object *o = json_object_new_object(), *losses = json_object_new_object();
	const struct io_loss *l = &v->m->loss;

	json_int(o, "schema", 2);
	json_str(o, "kernel", v->to->kernel);
	json_uint(o, "duration_ns", v->m->t_ns);
	json_str(o, "starts_by", v->starts_by);
	json_object_object_add(o, "relative_error", json_object_new_double(HIST_ERROR));
	json_object_object_add(o, "rings", rings(v));
	if (v->by_buffer)
		json_object_object_add(o, "buffers", buffers(v));
	json_object_object_add(o, "faults", faults(v));
	if (v->advices)
		json_object_object_add(o, "advice", advice_list(v->advices));
	json_uint(o, "in_flight", v->m->in_flight);
	/* what is in no count; the other losses cost a latency or a detail */
	json_uint(o, "lost", l->reused + l->unpolled + l->overflowed + l->no_cell + v->m->missed);
	view_stat_losses(v->m, put_loss, losses);
	json_object_object_add(o, "losses", losses);
	return o;
}
