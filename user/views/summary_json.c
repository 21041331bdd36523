// SPDX-License-Identifier: GPL-2.0
#include "base/json_util.h"
#include "model/fact.h"
#include "views/findings.h"
#include "views/summary.h"
#include "views/trace_text.h"

static json_object *processes(const struct history *h)
{
	json_object *list = json_object_new_array();

	for (const struct process_history *p = h->processes; p; p = p->hh.next) {
		json_object *o = json_object_new_object();

		json_uint(o, "pid", p->pid);
		json_str(o, "comm", p->comm);
		json_uint(o, "uid", p->uid);
		json_uint(o, "rings", p->rings);
		json_uint(o, "calls", p->calls);
		json_uint(o, "failed", p->failed);
		json_uint(o, "buffers", p->buffers);
		json_uint(o, "registered_bytes", p->bytes);
		json_int(o, "peak_pinned_pages", p->peak_pinned_pages);
		json_uint(o, "in_calls_ns", p->call_ns);
		json_uint(o, "ops", p->ops);
		json_uint(o, "fixed_ops", p->fixed_ops);
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *users(const struct history *h)
{
	json_object *list = json_object_new_array();

	for (const struct user_history *u = h->users; u; u = u->hh.next) {
		json_object *o = json_object_new_object();

		json_uint(o, "uid", u->uid);
		json_int(o, "peak_locked_pages", u->peak_pages);
		if (u->limit_bytes == ~0ULL)
			json_null(o, "limit_bytes");
		else
			json_uint(o, "limit_bytes", u->limit_bytes);
		json_object_array_add(list, o);
	}
	return list;
}

static void put_percentile(json_object *o, const char *name, const __u64 *hist, __u64 max_ns,
			   unsigned int permille)
{
	__u64 ns = hist_percentile(hist, permille);

	json_uint(o, name, ns < max_ns ? ns : max_ns);
}

static json_object *calls(const struct history *h)
{
	json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < NR_HISTORY_CALLS; i++) {
		const struct call_history *c = &h->calls[i];
		json_object *o;

		if (!c->calls)
			continue;
		o = json_object_new_object();
		json_str(o, "call", history_call_name(i));
		json_uint(o, "calls", c->calls);
		json_uint(o, "failed", c->failed);
		json_uint(o, "buffers", c->buffers);
		json_uint(o, "registered_bytes", c->bytes);
		json_uint(o, "timed", c->timed);
		json_uint(o, "duration_ns", c->ns);
		put_percentile(o, "p50_ns", c->hist, c->max_ns, 500);
		put_percentile(o, "p99_ns", c->hist, c->max_ns, 990);
		json_uint(o, "max_ns", c->max_ns);
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *row(const struct io_row *r)
{
	json_object *o = json_object_new_object();

	json_uint(o, "ops", r->c.ops);
	json_uint(o, "bytes", r->c.bytes);
	json_uint(o, "errors", r->c.errors);
	json_uint(o, "efaults", r->c.efaults);
	json_uint(o, "cancelled", r->c.cancelled);
	if (r->hist && r->c.timed) {
		put_percentile(o, "p50_ns", r->hist, r->c.max_ns, 500);
		put_percentile(o, "p99_ns", r->hist, r->c.max_ns, 990);
		json_uint(o, "max_ns", r->c.max_ns);
	} else {
		json_null(o, "p50_ns");
		json_null(o, "p99_ns");
		json_null(o, "max_ns");
	}
	return o;
}

static json_object *failures(const struct history *h)
{
	json_object *list = json_object_new_array();

	for (const struct failure_history *f = h->failures; f; f = f->hh.next) {
		json_object *o = json_object_new_object();

		json_uint(o, "pid", f->key.pid);
		json_str(o, "comm", f->comm);
		json_str(o, "call", history_call_name(f->key.op));
		json_uint(o, "count", f->count);
		json_int(o, "result", f->key.result);
		if (f->key.result < 0)
			json_str(o, "errno", fact_errno_name(f->key.result));
		else
			json_null(o, "errno");
		json_int(o, "since_ns", f->since_ns);
		if (f->explain)
			json_str(o, "explain", f->explain);
		else
			json_null(o, "explain");
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *buffers(const struct history *h)
{
	json_object *o = json_object_new_object();

	json_uint(o, "registered", h->buffers);
	json_uint(o, "dropped", h->dropped);
	json_uint(o, "left", h->left);
	json_uint(o, "left_bytes", h->left_bytes);
	json_uint(o, "unused", h->unused);
	json_uint(o, "unused_bytes", h->unused_bytes);
	if (hist_total(h->life)) {
		json_uint(o, "life_p50_ns", hist_percentile(h->life, 500));
		json_uint(o, "life_p99_ns", hist_percentile(h->life, 990));
	} else {
		json_null(o, "life_p50_ns");
		json_null(o, "life_p99_ns");
	}
	return o;
}

json_object *view_summary_json(const struct report *r, const struct history *h,
			       const struct report_findings *f)
{
	const struct origin *a = r->about;
	json_object *o = json_object_new_object();

	json_int(o, "schema", 2);
	json_str(o, "kernel", a->kernel);
	json_str(o, "machine", a->machine);
	json_uint(o, "cpus", a->cpus);
	json_str(o, "tier", tier_name(a->tier));
	json_str(o, "command", a->command);
	json_int(o, "begin_ns", r->replay.begin_ns);
	json_int(o, "duration_ns", h->duration_ns);
	json_uint(o, "parts", r->replay.parts);
	json_flag(o, "cut_off", r->replay.cut_at);
	json_uint(o, "events", h->facts);
	json_uint(o, "shown", h->shown);
	json_uint(o, "lost", h->lost);
	json_object_object_add(o, "processes", processes(h));
	json_object_object_add(o, "users", users(h));
	json_object_object_add(o, "calls", calls(h));
	json_object_object_add(o, "buffers", buffers(h));
	json_object_object_add(o, "fixed", row(&h->fixed));
	if (a->fixed_only)
		json_null(o, "plain");
	else
		json_object_object_add(o, "plain", row(&h->plain));
	json_uint(o, "io_lost", h->io_lost);
	json_object_object_add(o, "failures", failures(h));
	json_object_object_add(o, "findings", view_findings_json(&f->list));
	return o;
}
