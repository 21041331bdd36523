// SPDX-License-Identifier: GPL-2.0
#include "explain.h"
#include "json_util.h"
#include "view_io.h"
#include "view_stack.h"
#include "view_trace.h"

static json_object *begin(struct view_trace *v, const struct fact *f)
{
	json_object *o = json_object_new_object();
	int fd = trace_fd(v->ledger, f);

	json_int(o, "schema", 1);
	json_uint(o, "t_ns", f->t_ns);
	json_uint(o, "time_ns", f->t_ns + v->realtime_ns);
	if (f->seq)
		json_uint(o, "seq", f->seq);
	else
		json_null(o, "seq");
	json_uint(o, "cpu", f->cpu);
	json_str(o, "fact", trace_fact_name(f));
	json_uint(o, "pid", f->pid);
	json_uint(o, "tid", f->tid);
	json_str(o, "comm", f->comm);
	json_uint(o, "uid", f->uid);
	if (f->ring)
		json_addr(o, "ring", f->ring);
	else
		json_null(o, "ring");
	if (fd >= 0)
		json_int(o, "fd", fd);
	else
		json_null(o, "fd");
	json_flag(o, "derived", f->flags & FACT_F_DERIVED);
	json_str(o, "tier", tier_name(v->tier));
	if (f->call)
		json_uint(o, "call", f->call);
	return o;
}

static void put_limit(json_object *o, __u64 limit_bytes)
{
	if (limit_bytes == ~0ULL)
		json_null(o, "limit_bytes");
	else
		json_uint(o, "limit_bytes", limit_bytes);
}

static void put_ring(json_object *o, const struct fact_ring *r)
{
	if (r->user)
		json_uint(o, "charged_uid", r->charged_uid);
	else
		json_null(o, "charged_uid");
	json_uint(o, "slots", r->nr_slots);
	json_uint(o, "setup_flags", r->setup_flags);
	json_uint(o, "sq_entries", r->sq_entries);
	json_uint(o, "cq_entries", r->cq_entries);
	json_int(o, "user_locked_pages", r->user_locked_pages);
	json_int(o, "mm_pinned_pages", r->mm_pinned_pages);
}

static void put_entry(json_object *o, const struct fact_entry *e)
{
	json_object *entry = json_object_new_object();

	json_uint(entry, "index", e->index);
	json_str(entry, "state", entry_state_name(e->state));
	json_addr(entry, "addr", e->base);
	json_uint(entry, "len_bytes", e->len_bytes);
	json_addr(entry, "at", e->at);
	if (e->file[0])
		json_str(entry, "file", e->file);
	json_object_object_add(o, "entry", entry);
}

static void put_call(json_object *o, const struct fact_call *c, const struct failure *why)
{
	json_uint(o, "nr", c->nr);
	json_uint(o, "offset", c->offset);
	json_uint(o, "slots", c->nr_slots);
	json_int(o, "result", c->result);
	if (c->result < 0)
		json_str(o, "errno", trace_errno_name(c->result));
	if (c->start_ns)
		json_uint(o, "duration_ns", c->h.t_ns - c->start_ns);
	else
		json_null(o, "duration_ns");
	if (c->src_ring)
		json_addr(o, "src_ring", c->src_ring);
	if (!(c->call_flags & CALL_F_NO_RING)) {
		if (c->user)
			json_uint(o, "charged_uid", c->charged_uid);
		else
			json_null(o, "charged_uid");
		json_flag(o, "before_derived", !(c->call_flags & CALL_F_BEFORE_SEEN));
		json_int(o, "user_before_pages", c->user_before_pages);
		json_int(o, "user_after_pages", c->user_after_pages);
		json_int(o, "mm_before_pages", c->mm_before_pages);
		json_int(o, "mm_after_pages", c->mm_after_pages);
		put_limit(o, c->limit_bytes);
	}
	if (!why)
		return;
	json_str(o, "explain", why->explain);
	if (c->need_pages)
		json_uint(o, "need_pages", c->need_pages);
	if (why->entry)
		put_entry(o, why->entry);
}

static void put_buffer(json_object *o, const struct fact_buffer *b)
{
	json_uint(o, "index", b->index);
	json_flag(o, "empty", b->buf_flags & BUFFER_F_EMPTY);
	if (b->buf_flags & BUFFER_F_EMPTY)
		return;
	json_flag(o, "torn", b->buf_flags & BUFFER_F_TORN);
	if (b->buf_flags & BUFFER_F_TORN)
		return;
	json_addr(o, "buffer", b->buf);
	json_addr(o, "addr", b->addr);
	json_uint(o, "len_bytes", b->len_bytes);
	json_uint(o, "segments", b->segments);
	json_uint(o, "folio_bytes", 1ULL << b->folio_shift);
	if (b->len_bytes)
		json_uint(o, "pages", ((b->addr + b->len_bytes - 1) >> PAGE_SHIFT) -
			  (b->addr >> PAGE_SHIFT) + 1);
	if (b->charged_pages == ACCT_UNKNOWN)
		json_null(o, "charged_pages");
	else
		json_uint(o, "charged_pages", b->charged_pages);
	json_uint(o, "refs", b->refs);
	json_flag(o, "kernel", b->buf_flags & BUFFER_F_KERNEL);
}

static void put_pin(json_object *o, const struct fact_pin *p)
{
	json_addr(o, "buffer", p->buf);
	json_addr(o, "addr", p->addr);
	json_uint(o, "pages", p->pages);
	json_uint(o, "refs", p->refs);
	json_int(o, "result", p->result);
}

static void put_charge(json_object *o, const struct fact_charge *c)
{
	json_addr(o, "buffer", c->buf);
	json_int(o, "pages", c->pages);
	if (c->user) {
		json_int(o, "user_before_pages", c->user_before_pages);
		json_int(o, "user_after_pages", c->user_after_pages);
	}
	if (c->mm) {
		json_int(o, "mm_before_pages", c->mm_before_pages);
		json_int(o, "mm_after_pages", c->mm_after_pages);
	}
	put_limit(o, c->limit_bytes);
	json_int(o, "result", c->result);
}

void view_trace_json(struct view_trace *v, const struct fact *f, const struct failure *why)
{
	json_object *o = begin(v, f);

	switch (f->kind) {
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
		put_ring(o, (const void *)f);
		break;
	case FACT_CALL:
		put_call(o, (const void *)f, why);
		break;
	case FACT_BUFFER:
	case FACT_DROP:
		put_buffer(o, (const void *)f);
		break;
	case FACT_PIN:
	case FACT_UNPIN:
		put_pin(o, (const void *)f);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		put_charge(o, (const void *)f);
		break;
	case FACT_IO_DONE:
		view_io_json(o, (const void *)f);
		break;
	}
	view_stack_json(o, v->stack);
	json_line(v->out, o);
}

void view_trace_json_lost(struct view_trace *v, const struct lost_facts *lost)
{
	json_object *o = json_object_new_object();

	json_int(o, "schema", 1);
	json_str(o, "fact", "lost");
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
	json_line(v->out, o);
}
