// SPDX-License-Identifier: GPL-2.0
#include "base/json_util.h"
#include "checks/failure.h"
#include "model/fact.h"
#include "views/io_line.h"
#include "views/stack.h"
#include "views/trace_text.h"

static struct json_text *begin(struct view_trace *v, const struct fact *f)
{
	struct json_text *t = &v->json;
	int fd = fact_fd(v->ledger, f);

	text_begin(t);
	text_int(t, "schema", 2);
	text_uint(t, "t_ns", f->t_ns);
	text_uint(t, "time_ns", f->t_ns + v->realtime_ns);
	text_known(t, "seq", f->seq, f->seq);
	text_uint(t, "cpu", f->cpu);
	text_str(t, "event", fact_name(f));
	text_uint(t, "pid", f->pid);
	text_uint(t, "tid", f->tid);
	text_str(t, "comm", f->comm);
	text_uint(t, "uid", f->uid);
	if (f->ring)
		text_addr(t, "ring", f->ring);
	else
		text_null(t, "ring");
	text_known(t, "fd", fd >= 0, fd);
	text_flag(t, "derived", f->flags & FACT_F_DERIVED);
	text_str(t, "tier", tier_name(v->tier));
	if (f->call)
		text_uint(t, "call", f->call);
	return t;
}

static void put_limit(struct json_text *t, __u64 limit_bytes)
{
	text_known(t, "limit_bytes", limit_bytes != ~0ULL, limit_bytes);
}

static void put_ring(struct json_text *t, const struct fact_ring *r)
{
	text_known(t, "charged_uid", r->user, r->charged_uid);
	text_uint(t, "slots", r->nr_slots);
	text_uint(t, "setup_flags", r->setup_flags);
	text_uint(t, "sq_entries", r->sq_entries);
	text_uint(t, "cq_entries", r->cq_entries);
	text_int(t, "user_locked_pages", r->user_locked_pages);
	text_int(t, "mm_pinned_pages", r->mm_pinned_pages);
}

static void put_entry(struct json_text *t, const struct fact_entry *e)
{
	json_object *o = json_object_new_object(), *entry = json_object_new_object();

	json_uint(entry, "index", e->index);
	json_str(entry, "state", entry_state_name(e->state));
	json_addr(entry, "addr", e->base);
	json_uint(entry, "len_bytes", e->len_bytes);
	json_addr(entry, "at", e->at);
	if (e->file[0])
		json_str(entry, "file", e->file);
	json_object_object_add(o, "entry", entry);
	text_members(t, o);
}

static void put_call(struct json_text *t, const struct fact_call *c, const struct failure *why)
{
	text_uint(t, "nr", c->nr);
	text_uint(t, "offset", c->offset);
	text_uint(t, "slots", c->nr_slots);
	text_int(t, "result", c->result);
	if (c->result < 0)
		text_str(t, "errno", fact_errno_name(c->result));
	text_known(t, "duration_ns", c->start_ns, c->h.t_ns - c->start_ns);
	if (c->src_ring)
		text_addr(t, "src_ring", c->src_ring);
	if (!(c->call_flags & CALL_F_NO_RING)) {
		text_known(t, "charged_uid", c->user, c->charged_uid);
		text_flag(t, "before_derived", !(c->call_flags & CALL_F_BEFORE_SEEN));
		text_int(t, "user_before_pages", c->user_before_pages);
		text_int(t, "user_after_pages", c->user_after_pages);
		text_int(t, "mm_before_pages", c->mm_before_pages);
		text_int(t, "mm_after_pages", c->mm_after_pages);
		put_limit(t, c->limit_bytes);
	}
	if (!why)
		return;
	text_str(t, "explain", why->explain);
	if (c->need_pages)
		text_uint(t, "need_pages", c->need_pages);
	if (why->entry)
		put_entry(t, why->entry);
}

static void put_buffer(struct json_text *t, const struct fact_buffer *b)
{
	text_uint(t, "index", b->index);
	text_flag(t, "empty", b->buf_flags & BUFFER_F_EMPTY);
	if (b->buf_flags & BUFFER_F_EMPTY)
		return;
	text_flag(t, "torn", b->buf_flags & BUFFER_F_TORN);
	if (b->buf_flags & BUFFER_F_TORN)
		return;
	text_addr(t, "buffer", b->buf);
	text_addr(t, "addr", b->addr);
	text_uint(t, "len_bytes", b->len_bytes);
	text_uint(t, "segments", b->segments);
	text_uint(t, "folio_bytes", 1ULL << b->folio_shift);
	if (b->len_bytes)
		text_uint(t, "pages", ((b->addr + b->len_bytes - 1) >> PAGE_SHIFT) -
			  (b->addr >> PAGE_SHIFT) + 1);
	text_known(t, "charged_pages", b->charged_pages != ACCT_UNKNOWN, b->charged_pages);
	text_uint(t, "refs", b->refs);
	text_flag(t, "kernel", b->buf_flags & BUFFER_F_KERNEL);
}

static void put_pin(struct json_text *t, const struct fact_pin *p)
{
	text_addr(t, "buffer", p->buf);
	text_addr(t, "addr", p->addr);
	text_uint(t, "pages", p->pages);
	text_uint(t, "refs", p->refs);
	text_int(t, "result", p->result);
}

static void put_charge(struct json_text *t, const struct fact_charge *c)
{
	text_addr(t, "buffer", c->buf);
	text_int(t, "pages", c->pages);
	if (c->user) {
		text_int(t, "user_before_pages", c->user_before_pages);
		text_int(t, "user_after_pages", c->user_after_pages);
	}
	if (c->mm) {
		text_int(t, "mm_before_pages", c->mm_before_pages);
		text_int(t, "mm_after_pages", c->mm_after_pages);
	}
	put_limit(t, c->limit_bytes);
	text_int(t, "result", c->result);
}

void view_trace_json(struct view_trace *v, const struct fact *f, const struct failure *why)
{
	struct json_text *t = begin(v, f);

	switch (f->kind) {
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
		put_ring(t, (const void *)f);
		break;
	case FACT_CALL:
		put_call(t, (const void *)f, why);
		break;
	case FACT_BUFFER:
	case FACT_DROP:
		put_buffer(t, (const void *)f);
		break;
	case FACT_PIN:
	case FACT_UNPIN:
		put_pin(t, (const void *)f);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		put_charge(t, (const void *)f);
		break;
	case FACT_IO_DONE:
		view_io_json(t, (const void *)f);
		break;
	}
	if (v->stack) {
		json_object *stack = json_object_new_object();

		view_stack_json(stack, v->stack);
		text_members(t, stack);
	}
	text_line(t, v->to->out);
}

void view_trace_json_lost(struct view_trace *v, const struct lost_events *lost)
{
	json_object *o = json_object_new_object();

	json_int(o, "schema", 2);
	json_str(o, "event", "lost");
	json_uint(o, "count", lost->count);
	if (lost->cpu == SKIPPED_CPU)
		json_null(o, "cpu");
	else
		json_uint(o, "cpu", lost->cpu);
	json_uint(o, "after_seq", lost->after_seq);
	if (lost->before_seq)
		json_uint(o, "before_seq", lost->before_seq);
	else
		json_null(o, "before_seq");
	json_line(v->to->out, o);
}
