// SPDX-License-Identifier: GPL-2.0
#include "base/page_size.h"
#include "base/pid.h"
#include "checks/failure_setup.h"
#include "model/fact.h"
#include "views/io_line.h"
#include "views/not_seen.h"
#include "views/rings.h"
#include "views/stack.h"
#include "views/trace_text.h"

static struct json *begin(struct view_trace *v, const struct fact *f)
{
	struct json *j = &v->json;
	int fd = fact_fd(v->ledger, f);

	json_begin(j, v->to->out);
	json_int(j, "schema", 2);
	json_uint(j, "t_ns", f->t_ns);
	json_uint(j, "time_ns", f->t_ns + v->origin->realtime_ns);
	json_known(j, "seq", f->seq, f->seq);
	json_uint(j, "cpu", f->cpu);
	json_str(j, "event", fact_name(f));
	json_uint(j, "pid", f->pid);
	json_ns_pid(j, fact_ns_pid(f));
	json_uint(j, "tid", f->tid);
	json_comm(j, "comm", &f->comm);
	json_uint(j, "uid", f->uid);
	if (v->by)
		view_cgroup_json(j, v->by);
	if (f->ring)
		json_addr(j, "ring", f->ring);
	else
		json_null(j, "ring");
	json_known(j, "fd", fd >= 0, fd);
	json_flag(j, "derived", f->flags & FACT_F_DERIVED);
	json_str(j, "tier", tier_name(v->origin->tier));
	view_not_seen_json(j, v->origin->not_seen);
	if (f->call)
		json_uint(j, "call", f->call);
	return j;
}

static void put_limit(struct json *j, __u64 limit_bytes)
{
	json_known(j, "limit_bytes", limit_bytes != ~0ULL, limit_bytes);
}

static void put_ring(struct json *j, const struct fact_ring *r)
{
	json_known(j, "charged_uid", r->user, r->charged_uid);
	json_uint(j, "slots", r->nr_slots);
	json_uint(j, "setup_flags", r->setup_flags);
	json_uint(j, "sq_entries", r->sq_entries);
	json_uint(j, "cq_entries", r->cq_entries);
	json_int(j, "user_locked_pages", r->user_locked_pages);
	json_int(j, "mm_pinned_pages", r->mm_pinned_pages);
}

static void put_entry(struct json *j, const struct fact_entry *e)
{
	json_open(j, "entry");
	json_uint(j, "index", e->index);
	json_str(j, "state", entry_state_name(e->state));
	json_addr(j, "addr", e->base);
	json_uint(j, "len_bytes", e->len_bytes);
	json_addr(j, "at", e->at);
	if (e->file.bytes[0])
		json_text(j, "file", file_name(&e->file));
	json_close(j);
}

static void put_call(struct json *j, const struct fact_call *c, const struct failure *why)
{
	json_known(j, "nr", fact_args_known(c), c->nr);
	json_known(j, "offset", fact_args_known(c), c->offset);
	json_uint(j, "slots", c->nr_slots);
	json_int(j, "result", c->result);
	if (c->result < 0)
		json_str(j, "errno", fact_errno_name(c->result));
	if (c->start_ns)
		json_uint(j, "duration_ns", c->h.t_ns - c->start_ns);
	if (c->src_ring)
		json_addr(j, "src_ring", c->src_ring);
	if (!(c->call_flags & CALL_F_NO_RING)) {
		json_known(j, "charged_uid", c->user, c->charged_uid);
		json_flag(j, "before_derived", !(c->call_flags & CALL_F_BEFORE_SEEN));
		json_int(j, "user_before_pages", c->user_before_pages);
		json_int(j, "user_after_pages", c->user_after_pages);
		json_int(j, "mm_before_pages", c->mm_before_pages);
		json_int(j, "mm_after_pages", c->mm_after_pages);
		put_limit(j, c->limit_bytes);
	}
	if (!why)
		return;
	json_str(j, "explain", why->explain);
	if (c->need_pages)
		json_uint(j, "need_pages", c->need_pages);
	if (why->evidence->entry)
		put_entry(j, why->evidence->entry);
}

static void put_enter(struct json *j, const struct fact_call *c, const struct failure *why)
{
	json_uint(j, "to_submit", c->nr);
	json_uint(j, "min_complete", c->offset);
	json_uint(j, "enter_flags", c->arg_flags);
	json_int(j, "result", c->result);
	json_str(j, "errno", fact_errno_name(c->result));
	if (why)
		json_str(j, "explain", why->explain);
}

static void put_setup(struct json *j, const struct fact_setup *s, const struct failure *why)
{
	__u64 pages = setup_own_pages(s);

	json_known(j, "entries", s->seen & SEEN_ARGS, s->entries);
	json_known(j, "setup_flags", s->seen & SEEN_STRUCT, s->setup_flags);
	json_int(j, "result", s->result);
	json_str(j, "errno", fact_errno_name(s->result));
	if (s->start_ns)
		json_uint(j, "duration_ns", s->h.t_ns - s->start_ns);
	json_known(j, "charged_uid", s->user, s->charged_uid);
	json_int(j, "user_locked_pages", s->user_pages);
	put_limit(j, s->limit_bytes);
	if (pages)
		json_uint(j, "need_pages", pages);
	if (why)
		json_str(j, "explain", why->explain);
}

static void put_buffer(struct json *j, const struct fact_buffer *b)
{
	json_uint(j, "index", b->index);
	json_flag(j, "empty", b->buf_flags & BUFFER_F_EMPTY);
	if (b->buf_flags & BUFFER_F_EMPTY)
		return;
	json_flag(j, "torn", b->buf_flags & BUFFER_F_TORN);
	if (b->buf_flags & BUFFER_F_TORN)
		return;
	json_addr(j, "buffer", b->buf);
	json_addr(j, "addr", b->addr);
	json_uint(j, "len_bytes", b->len_bytes);
	json_uint(j, "segments", b->segments);
	json_uint(j, "folio_bytes", 1ULL << b->folio_shift);
	if (b->len_bytes)
		json_uint(j, "pages", ((b->addr + b->len_bytes - 1) >> PAGE_SHIFT) -
			  (b->addr >> PAGE_SHIFT) + 1);
	json_known(j, "charged_pages", b->charged_pages != ACCT_UNKNOWN, b->charged_pages);
	json_uint(j, "refs", b->refs);
	json_flag(j, "kernel", b->buf_flags & BUFFER_F_KERNEL);
}

static void put_in_use(struct json *j, const struct fact_in_use *u)
{
	json_uint(j, "index", u->index);
	json_addr(j, "buffer", u->buf);
	json_addr(j, "addr", u->addr);
	json_uint(j, "len_bytes", u->len_bytes);
	json_uint(j, "requests", u->requests);
	json_uint(j, "other_slots", u->other_slots);
	json_known(j, "held_ns", !u->requests, u->h.t_ns - u->since_ns);
}

static void put_pin(struct json *j, const struct fact_pin *p)
{
	json_addr(j, "buffer", p->buf);
	json_addr(j, "addr", p->addr);
	json_uint(j, "pages", p->pages);
	json_uint(j, "refs", p->refs);
	json_int(j, "result", p->result);
}

static void put_charge(struct json *j, const struct fact_charge *c)
{
	json_addr(j, "buffer", c->buf);
	json_int(j, "pages", c->pages);
	if (c->user) {
		json_int(j, "user_before_pages", c->user_before_pages);
		json_int(j, "user_after_pages", c->user_after_pages);
	}
	if (c->mm) {
		json_int(j, "mm_before_pages", c->mm_before_pages);
		json_int(j, "mm_after_pages", c->mm_after_pages);
	}
	put_limit(j, c->limit_bytes);
	json_int(j, "result", c->result);
}

void view_trace_json(struct view_trace *v, const struct fact *f, const struct failure *why)
{
	struct json *j = begin(v, f);

	switch (f->kind) {
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
		put_ring(j, (const void *)f);
		break;
	case FACT_CALL:
		if (((const struct fact_call *)f)->op == CALL_ENTER)
			put_enter(j, (const void *)f, why);
		else
			put_call(j, (const void *)f, why);
		break;
	case FACT_SETUP:
		put_setup(j, (const void *)f, why);
		break;
	case FACT_BUFFER:
	case FACT_DROP:
		put_buffer(j, (const void *)f);
		break;
	case FACT_IN_USE:
		put_in_use(j, (const void *)f);
		break;
	case FACT_PIN:
	case FACT_UNPIN:
		put_pin(j, (const void *)f);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		put_charge(j, (const void *)f);
		break;
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
		view_io_json(j, (const void *)f, v->ledger);
		break;
	case FACT_IO_NOTICE:
		view_notice_json(j, (const void *)f);
		break;
	}
	view_stack_json(j, v->stack);
	json_end(j);
}

void view_trace_json_lost(struct view_trace *v, const struct lost_events *lost)
{
	struct json *j = &v->json;

	json_begin(j, v->to->out);
	json_int(j, "schema", 2);
	json_str(j, "event", "lost");
	json_uint(j, "count", lost->count);
	json_known(j, "cpu", lost->cpu != SKIPPED_CPU, lost->cpu);
	json_uint(j, "after_seq", lost->after_seq);
	json_known(j, "before_seq", lost->before_seq, lost->before_seq);
	json_end(j);
}

void view_trace_json_unrecorded(struct view_trace *v, __u64 t_ns)
{
	struct json *j = &v->json;

	json_begin(j, v->to->out);
	json_int(j, "schema", 2);
	json_str(j, "event", "unrecorded");
	json_uint(j, "t_ns", t_ns);
	json_uint(j, "time_ns", t_ns + v->origin->realtime_ns);
	json_uint(j, "duration_ns", v->origin->unrecorded_ns);
	json_end(j);
}

void view_trace_json_losers(struct view_trace *v, const struct event_end *end)
{
	struct json *j = &v->json;

	json_begin(j, v->to->out);
	json_int(j, "schema", 2);
	json_str(j, "event", "lost-total");
	json_open_list(j, "users");
	for (size_t i = 0; i < end->nr_losers; i++) {
		const struct user_loss *u = &end->losers[i];

		json_item_open(j);
		json_known(j, "uid", u->uid != SENDER_KERNEL && u->uid != LOSS_OF_REST, u->uid);
		json_uint(j, "count", u->count);
		json_close(j);
	}
	json_close(j);
	json_end(j);
}

void view_trace_left(const struct view_trace *v, unsigned int left)
{
	struct json j = { 0 };

	if (!left || !v->to->json || !output_is_read(v->to))
		return;
	json_begin(&j, v->to->out);
	json_int(&j, "schema", 2);
	json_str(&j, "event", "still-running");
	json_uint(&j, "processes", left);
	json_end(&j);
	json_free(&j);
}
