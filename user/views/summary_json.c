// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include "base/json.h"
#include "base/pid.h"
#include "model/fact.h"
#include "views/asked.h"
#include "views/not_seen.h"
#include "views/findings.h"
#include "views/io_failures.h"
#include "views/rings.h"
#include "views/stat.h"
#include "views/summary.h"

static void put_processes(struct json *j, const struct history *h)
{
	json_open_list(j, "processes");
	for (const struct process_history *p = h->processes; p; p = p->hh.next) {
		json_item_open(j);
		json_uint(j, "pid", p->pid);
		json_comm(j, "comm", &p->comm);
		json_uint(j, "uid", p->uid);
		json_uint(j, "rings", p->rings);
		json_uint(j, "calls", p->calls);
		json_uint(j, "failed", p->failed);
		json_uint(j, "buffers", p->buffers);
		json_uint(j, "registered_bytes", p->bytes);
		json_uint(j, "older_rings", p->older_rings);
		json_uint(j, "older_buffers", p->older_buffers);
		json_uint(j, "older_bytes", p->older_bytes);
		json_int(j, "peak_pinned_pages", p->peak_pinned_pages);
		json_known(j, "in_calls_ns", p->timed, p->call_ns);
		json_uint(j, "ops", p->ops);
		json_uint(j, "fixed_ops", p->fixed_ops);
		json_close(j);
	}
	json_close(j);
}

static void put_users(struct json *j, const struct history *h)
{
	json_open_list(j, "users");
	for (const struct user_history *u = h->users; u; u = u->hh.next) {
		json_item_open(j);
		json_uint(j, "uid", u->uid);
		json_int(j, "peak_locked_pages", u->peak_pages);
		json_known(j, "limit_bytes", u->limit_bytes != ~0ULL, u->limit_bytes);
		json_close(j);
	}
	json_close(j);
}

static void put_calls(struct json *j, const struct history *h)
{
	json_open_list(j, "calls");
	for (unsigned int i = 0; i < NR_HISTORY_CALLS; i++) {
		const struct call_history *c = &h->calls[i];

		if (!c->calls)
			continue;
		json_item_open(j);
		json_str(j, "call", history_call_name(i));
		json_uint(j, "calls", c->calls);
		json_uint(j, "failed", c->failed);
		json_uint(j, "buffers", c->buffers);
		json_uint(j, "registered_bytes", c->bytes);
		json_uint(j, "timed", c->timed);
		json_uint(j, "duration_ns", c->ns);
		json_known(j, "p50_ns", c->timed, hist_percentile_to(c->hist, 500, c->max_ns));
		json_known(j, "p99_ns", c->timed, hist_percentile_to(c->hist, 990, c->max_ns));
		json_known(j, "max_ns", c->timed, c->max_ns);
		json_close(j);
	}
	json_close(j);
}

static void put_row(struct json *j, const struct io_row *r, const struct hist *medians)
{
	bool known = r->hist && r->c.timed;
	__u64 low = 0, high = 0;
	bool spread = history_spread(medians, &low, &high);

	json_uint(j, "ops", r->c.ops);
	json_uint(j, "bytes", r->c.bytes);
	json_uint(j, "errors", r->c.errors);
	json_uint(j, "efaults", r->c.efaults);
	json_uint(j, "cancelled", r->c.cancelled);
	json_uint(j, "shorts", r->c.shorts);
	json_known(j, "p50_ns", known, hist_permille(r->hist, 500, r->c.max_ns));
	json_known(j, "p99_ns", known, hist_permille(r->hist, 990, r->c.max_ns));
	json_known(j, "max_ns", known, r->c.max_ns);
	json_uint(j, "coarse", r->c.coarse);
	json_known(j, "p50_low_ns", spread, low);
	json_known(j, "p50_high_ns", spread, high);
	view_notices_json(j, &r->notices);
}

void view_call_failures_json(struct json *j, const struct history *h, size_t most)
{
	const struct failure_history *f = h->failures;

	json_open_list(j, "failures");
	for (size_t n = 0; f && n < most; f = f->hh.next, n++) {
		json_item_open(j);
		json_uint(j, "pid", f->key.pid);
		json_ns_pid(j, f->ns_pid);
		json_comm(j, "comm", &f->comm);
		json_str(j, "call", history_call_name(f->key.op));
		json_uint(j, "count", f->count);
		json_int(j, "result", f->key.result);
		json_str(j, "errno", f->key.result < 0 ? fact_errno_name(f->key.result) : NULL);
		json_int(j, "since_ns", f->since_ns);
		json_int(j, "last_ns", f->last_ns);
		json_str(j, "explain", f->explain);
		json_flag(j, "differ", f->differ);
		json_close(j);
	}
	json_close(j);
}

static void put_buffers(struct json *j, const struct history *h)
{
	__u64 unknown;
	bool known = hist_total(h->lives.count), knows_ends = history_ends_unknown(h, &unknown);

	json_open(j, "buffers");
	json_uint(j, "registered", h->buffers);
	json_uint(j, "older", h->older);
	json_uint(j, "dropped", h->dropped);
	json_uint(j, "left", h->left);
	json_known(j, "end_unknown", knows_ends, unknown);
	json_uint(j, "left_distinct", h->left_distinct);
	json_uint(j, "left_bytes", h->left_bytes);
	json_known(j, "unused", !h->uses_lost, h->unused);
	json_known(j, "unused_bytes", !h->uses_lost, h->unused_bytes);
	json_known(j, "life_p50_ns", known, hist_percentile(h->lives.count, 500));
	json_known(j, "life_p99_ns", known, hist_percentile(h->lives.count, 990));
	json_close(j);
}

void view_summary_json(const struct view_summary *v)
{
	const struct origin *a = v->origin;
	const struct history *h = v->h;
	struct json j = { 0 };

	json_begin(&j, v->to->out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", a->kernel);
	json_str(&j, "machine", a->machine);
	json_str(&j, "host", a->hosts[0] ? a->hosts : NULL);
	if (a->boot_id[0])
		json_str(&j, "boot_id", a->boot_id);
	json_uint(&j, "cpus", a->cpus);
	json_uint(&j, "page_bytes", a->page_bytes);
	json_uint(&j, "format", a->format);
	json_str(&j, "tier", tier_name(a->tier));
	view_not_seen_json(&j, a->not_seen);
	json_str(&j, "command", a->command);
	view_asked_json(&j, &a->asked);
	if (v->begin_ns)
		json_int(&j, "begin_ns", v->begin_ns);
	else
		json_null(&j, "begin_ns");
	json_int(&j, "duration_ns", h->duration_ns);
	json_uint(&j, "parts", v->parts);
	json_uint(&j, "unrecorded_ns", v->unrecorded_ns);
	json_flag(&j, "cut_off", v->cut_at);
	json_uint(&j, "events", h->facts);
	json_uint(&j, "shown", h->shown);
	json_uint(&j, "lost", h->lost);
	json_uint(&j, "left_out", v->left_out);
	json_uint(&j, "skipped_slots", h->unread.slots);
	json_uint(&j, "unsteady_rings", h->unread.rings);
	put_processes(&j, h);
	put_users(&j, h);
	put_calls(&j, h);
	put_buffers(&j, h);
	json_open(&j, "fixed");
	put_row(&j, &h->fixed, h->fixed_medians);
	json_close(&j);
	if (a->fixed_only) {
		json_null(&j, "plain");
	} else {
		json_open(&j, "plain");
		put_row(&j, &h->plain, h->plain_medians);
		json_close(&j);
	}
	json_uint(&j, "io_lost", h->io_lost);
	json_uint(&j, "no_cause", h->io_no_cause);
	view_call_failures_json(&j, h, SIZE_MAX);
	view_io_failures_json(&j, v->io);
	view_findings_json(&j, v->f, false);
	json_open_list(&j, "rings");
	view_ring_list_json(&j, v->select, v->at_end, false);
	json_close(&j);
	json_end(&j);
	json_free(&j);
}
