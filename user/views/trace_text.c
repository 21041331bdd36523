// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/untrusted.h"
#include "base/wrap.h"
#include "checks/failure.h"
#include "model/fact.h"
#include "model/io_counters.h"
#include "model/io_loss.h"
#include "model/setup_flags.h"
#include "views/io_line.h"
#include "views/not_seen.h"
#include "views/stack.h"
#include "views/stat.h"
#include "views/trace_text.h"

#define WIDTH 118

static void put_time(struct view_trace *v, __u64 t_ns)
{
	char text[FMT_LEN];

	if (v->to->timestamps)
		fprintf(v->to->out, "%s ", fmt_time_of_day(text, t_ns + v->origin->realtime_ns));
}

/* Below the initial pid namespace both ids: "-" is of a process that is not seen there. */
static void put_pid(struct view_trace *v, const struct fact *f)
{
	__u32 ns_pid = fact_ns_pid(f);
	char mark = f->flags & FACT_F_DERIVED ? '~' : ' ';

	if (!v->origin->pid_ns)
		fprintf(v->to->out, "%c%7u ", mark, f->pid);
	else if (!ns_pid || ns_pid == NS_PID_HIDDEN)
		fprintf(v->to->out, "%c%7s %7u ", mark, ns_pid ? "-" : "?", f->pid);
	else
		fprintf(v->to->out, "%c%7u %7u ", mark, ns_pid, f->pid);
}

static void put_head(struct view_trace *v, const struct fact *f)
{
	int fd = fact_fd(v->ledger, f);
	char digits[16] = "-";

	if (fd >= 0)
		snprintf(digits, sizeof(digits), "%d", fd);
	put_time(v, f->t_ns);
	put_pid(v, f);
	put_padded(v->to->out, f->comm.bytes[0] ? TAME_COMM(f->comm) : "-", 15);
	fprintf(v->to->out, " %4s %-11s ", digits, fact_name(f));
}

static const char *limit_pages(char buf[FMT_LEN], __u64 limit_bytes)
{
	if (limit_bytes == ~0ULL)
		return "unlimited";
	snprintf(buf, FMT_LEN, "%llu", limit_bytes / PAGE_BYTES);
	return buf;
}

static void put_levels(struct view_trace *v, const struct fact_call *c)
{
	char limit[FMT_LEN];
	const char *guess = c->call_flags & CALL_F_BEFORE_SEEN ? "" : "~";

	if (c->user)
		fprintf(v->to->out, ", locked %s%lld -> %lld of %s pages (user %u)", guess,
			c->user_before_pages, c->user_after_pages,
			limit_pages(limit, c->limit_bytes), c->charged_uid);
	else if (c->mm)
		fprintf(v->to->out, ", pinned %s%lld -> %lld pages (no limit)", guess,
			c->mm_before_pages, c->mm_after_pages);
}

static void put_what(struct view_trace *v, const struct fact_call *c)
{
	const struct ring *r = ledger_ring(v->ledger, c->h.ring);
	int src;

	switch (c->op) {
	case CALL_UNREGISTER:
		fprintf(v->to->out, "%u slot%s", r ? r->nr_slots : 0, plural(r ? r->nr_slots : 0));
		break;
	case CALL_UPDATE:
		if (!fact_args_known(c))
			fprintf(v->to->out, "slots ?");
		else if (c->nr == 1)
			fprintf(v->to->out, "slot %u", c->offset);
		else
			fprintf(v->to->out, "%u slots from %u on", c->nr, c->offset);
		break;
	case CALL_CLONE:
		src = fact_holder_fd(v->ledger, c->src_ring, c->h.pid);
		if (!fact_args_known(c))
			fprintf(v->to->out, "slots ?");
		else if (c->nr)
			fprintf(v->to->out, "%u slots", c->nr);
		else
			fprintf(v->to->out, "all slots");
		if (src >= 0)
			fprintf(v->to->out, " of fd %d", src);
		break;
	case CALL_ENTER:
		fprintf(v->to->out, "submit %u, wait for %u", c->nr, c->offset);
		if (c->arg_flags)
			fprintf(v->to->out, ", flags 0x%x", c->arg_flags);
		break;
	default:
		if (fact_args_known(c))
			fprintf(v->to->out, "%u buffer%s", c->nr, plural(c->nr));
		else
			fprintf(v->to->out, "? buffers");
	}
}

static void put_call(struct view_trace *v, const struct fact_call *c)
{
	char took[FMT_LEN];

	put_what(v, c);
	if (c->result < 0)
		fprintf(v->to->out, ": %s", fact_errno_name(c->result));
	else if (c->op == CALL_UPDATE)
		fprintf(v->to->out, c->result < c->nr ? ": only %lld done" : ": ok", c->result);
	else
		fprintf(v->to->out, ": ok");
	if (c->start_ns)
		fprintf(v->to->out, ", %s", fmt_ns(took, c->h.t_ns - c->start_ns));
	if (c->result >= 0)
		put_levels(v, c);
}

static void put_buffer(struct view_trace *v, const struct fact_buffer *b)
{
	char size[FMT_LEN], folio[FMT_LEN];

	fprintf(v->to->out, "[%u] ", b->index);
	if (b->buf_flags & BUFFER_F_TORN) {
		fprintf(v->to->out, "changed while it was read");
		return;
	}
	if (b->buf_flags & BUFFER_F_EMPTY) {
		fprintf(v->to->out, "empty");
		return;
	}
	fmt_bytes(size, b->len_bytes);
	if (b->buf_flags & BUFFER_F_KERNEL) {
		fprintf(v->to->out, "%s of a block driver", size);
		return;
	}
	fprintf(v->to->out, "0x%llx %s, %u segment%s", b->addr, size, b->segments, plural(b->segments));
	if (b->folio_shift > PAGE_SHIFT)
		fprintf(v->to->out, " in %s folios", fmt_bytes(folio, 1ULL << b->folio_shift));
	if (b->charged_pages != ACCT_UNKNOWN)
		fprintf(v->to->out, ", %llu page%s charged", b->charged_pages, plural(b->charged_pages));
	if (b->refs > 1 && b->h.kind == FACT_BUFFER)
		fprintf(v->to->out, ", in %u tables", b->refs);
}

static void put_charge(struct view_trace *v, const struct fact_charge *c)
{
	const struct ring *r = ledger_ring(v->ledger, c->h.ring);
	char limit[FMT_LEN];

	fprintf(v->to->out, "%lld page%s", c->pages, plural(c->pages));
	if (c->user && r && r->user)
		fprintf(v->to->out, ", user %u %lld -> %lld", r->user->uid, c->user_before_pages,
			c->user_after_pages);
	if (c->user && c->limit_bytes != ~0ULL)
		fprintf(v->to->out, " of %s", limit_pages(limit, c->limit_bytes));
	if (c->mm)
		fprintf(v->to->out, ", process %lld -> %lld", c->mm_before_pages, c->mm_after_pages);
	if (c->result < 0)
		fprintf(v->to->out, ": %s", fact_errno_name(c->result));
}

static void put_ring(struct view_trace *v, const struct fact_ring *r)
{
	char flags[SETUP_FLAGS_TEXT];

	if (r->h.kind == FACT_RING_CLOSE) {
		fprintf(v->to->out, "%u slot%s registered", r->nr_slots, plural(r->nr_slots));
		return;
	}
	fprintf(v->to->out, "%u sq, %u cq entries", r->sq_entries, r->cq_entries);
	if (r->setup_flags)
		fprintf(v->to->out, ", %s", setup_flags_text(flags, r->setup_flags));
	if (r->user)
		fprintf(v->to->out, ", charged to user %u", r->charged_uid);
	else
		fprintf(v->to->out, ", no limit");
}

static void put_setup(struct view_trace *v, const struct fact_setup *s)
{
	char took[FMT_LEN], flags[SETUP_FLAGS_TEXT];

	if (s->seen & SEEN_ARGS)
		fprintf(v->to->out, "%u entries", s->entries);
	else
		fprintf(v->to->out, "? entries");
	if (s->seen & SEEN_STRUCT && s->setup_flags)
		fprintf(v->to->out, ", %s", setup_flags_text(flags, s->setup_flags));
	fprintf(v->to->out, ": %s", fact_errno_name(s->result));
	if (s->start_ns)
		fprintf(v->to->out, ", %s", fmt_ns(took, s->h.t_ns - s->start_ns));
}

static void put_in_use(struct view_trace *v, const struct fact_in_use *u)
{
	char size[FMT_LEN], took[FMT_LEN];

	fprintf(v->to->out, "[%u] 0x%llx %s: ", u->index, u->addr, fmt_bytes(size, u->len_bytes));
	if (u->requests && u->other_slots)
		fprintf(v->to->out, "%u request%s hold%s it, as %u other slot%s do%s; stays pinned and charged until none does",
			u->requests, plural(u->requests), u->requests == 1 ? "s" : "",
			u->other_slots, plural(u->other_slots), u->other_slots == 1 ? "es" : "");
	else if (u->requests)
		fprintf(v->to->out, "%u request%s hold%s it, stays pinned and charged until %s end%s",
			u->requests, plural(u->requests), u->requests == 1 ? "s" : "",
			u->requests == 1 ? "it" : "they", u->requests == 1 ? "s" : "");
	else
		fprintf(v->to->out, "no request holds it any more, %s after the call",
			fmt_ns(took, u->h.t_ns - u->since_ns));
}

static void put_pin(struct view_trace *v, const struct fact_pin *p)
{
	char took[FMT_LEN];

	fprintf(v->to->out, "0x%llx %llu page%s", p->addr, p->pages, plural(p->pages));
	if (p->duration_ns)
		fprintf(v->to->out, ", %s", fmt_ns(took, p->duration_ns));
	if (p->result < 0)
		fprintf(v->to->out, ": %s", fact_errno_name(p->result));
}

static void count(struct view_trace *v, const struct fact *f)
{
	if (f->kind == FACT_CALL) {
		v->calls++;
		v->failed += ((const struct fact_call *)f)->result < 0;
	} else if (f->kind == FACT_RING_CREATE) {
		v->rings++;
	} else if (f->kind == FACT_SETUP) {
		v->not_made++;
	}
}

static void show_fact(struct view_trace *v, const struct fact *f, const struct failure *why)
{
	int indent = v->to->timestamps ? 22 : 9;

	if (!fact_name(f))
		return;
	count(v, f);
	if (!trace_filter_shows(v->filter, v->ledger, f))
		return;
	v->ios += fact_is_io(f) && f->kind != FACT_IO_NOTICE;
	if (v->to->json) {
		view_trace_json(v, f, why);
		return;
	}
	put_head(v, f);
	switch (f->kind) {
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
		put_ring(v, (const void *)f);
		break;
	case FACT_CALL:
		put_call(v, (const void *)f);
		break;
	case FACT_SETUP:
		put_setup(v, (const void *)f);
		break;
	case FACT_BUFFER:
	case FACT_DROP:
		put_buffer(v, (const void *)f);
		break;
	case FACT_IN_USE:
		put_in_use(v, (const void *)f);
		break;
	case FACT_PIN:
	case FACT_UNPIN:
		put_pin(v, (const void *)f);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		put_charge(v, (const void *)f);
		break;
	case FACT_IO_DONE:
	case FACT_IO_FAILED:
		view_io_text(v->to->out, (const void *)f);
		break;
	case FACT_IO_NOTICE:
		view_notice_text(v->to->out, (const void *)f);
		break;
	}
	fputc('\n', v->to->out);
	if (why) {
		fprintf(v->to->out, "%*s", indent, "");
		wrap(v->to->out, why->explain, indent, indent, WIDTH);
	}
	if (fact_is_io(f))
		view_io_why(v->to->out, (const void *)f, v->ledger, indent, WIDTH);
	view_stack_text(v->to->out, v->stack);
}

static const char *of_all(const struct view_trace *v)
{
	return v->of_all ? OF_ALL_RECORDED : "";
}

static void show_lost(struct view_trace *v, const struct lost_events *lost)
{
	v->lost += lost->count;
	v->skipped += lost->cpu == SKIPPED_CPU ? lost->count : 0;
	if (v->to->json) {
		view_trace_json_lost(v, lost);
		return;
	}
	if (lost->cpu == SKIPPED_CPU) {
		fprintf(v->to->out, "%*sthe kernel skipped %llu run%s of our BPF programs, which another task on the CPU was inside: events may be missing%s\n",
			v->to->timestamps ? 54 : 41, "", lost->count, plural(lost->count), of_all(v));
		return;
	}
	fprintf(v->to->out, "%*s%llu event%s lost here on cpu %u, between number %llu and ",
		v->to->timestamps ? 54 : 41, "", lost->count, plural(lost->count), lost->cpu,
		lost->after_seq);
	if (lost->before_seq)
		fprintf(v->to->out, "%llu%s\n", lost->before_seq, of_all(v));
	else
		fprintf(v->to->out, "the end%s\n", of_all(v));
}

/* Before a part that does not begin where the one before ended. */
static void show_unrecorded(struct view_trace *v, const struct event *e)
{
	char took[FMT_LEN];

	if (e->after_loss || !e->origin->unrecorded_ns)
		return;
	if (v->to->json)
		view_trace_json_unrecorded(v, e->t_ns);
	else
		fprintf(v->to->out, "%*s%s was not recorded here\n", v->to->timestamps ? 54 : 41, "",
			fmt_ns(took, e->origin->unrecorded_ns));
}

/* In text with the totals, in JSON as a line. */
static void show_losers(struct view_trace *v, const struct event_end *end)
{
	if (v->to->json && end->nr_losers)
		view_trace_json_losers(v, end);
	v->nr_losers = end->nr_losers < VIEW_LOSERS ? end->nr_losers : VIEW_LOSERS;
	for (size_t i = 0; i < v->nr_losers; i++)
		v->losers[i] = end->losers[i];
}

static void print_losers(const struct view_trace *v)
{
	for (size_t i = 0; i < v->nr_losers; i++) {
		const struct user_loss *u = &v->losers[i];

		fprintf(stderr, "%s%llu ", i ? ", " : " (", u->count);
		if (u->uid == SENDER_KERNEL)
			fputs("of the kernel's workers", stderr);
		else if (u->uid == LOSS_OF_REST)
			fputs("of other users", stderr);
		else
			fprintf(stderr, "of uid %u", u->uid);
	}
	if (v->nr_losers)
		fputc(')', stderr);
}

static void begin(struct view_trace *v)
{
	if (v->begun || v->to->json || v->to->no_header)
		return;
	v->begun = true;
	if (v->to->timestamps)
		fprintf(v->to->out, "%-12s ", "TIME");
	fprintf(v->to->out, " %7s %s%-15s %4s %-11s %s (tier: %s", "PID",
		v->origin->pid_ns ? "OUTSIDE " : "", "COMM", "FD", "EVENT", "WHAT",
		tier_name(v->origin->tier));
	view_not_seen_text(v->to->out, v->origin->not_seen);
	fputs(")\n", v->to->out);
}

void view_trace_event(struct view_trace *v, const struct event *e)
{
	v->origin = e->origin;
	v->ledger = e->ledger;
	v->stack = e->stack;
	v->by = e->by;
	switch (e->kind) {
	case EVENT_LOOK:
		show_unrecorded(v, e);
		begin(v);
		break;
	case EVENT_FACT:
		if (e->shown)
			show_fact(v, e->fact, e->why);
		break;
	case EVENT_LOST:
		show_lost(v, &e->lost);
		break;
	case EVENT_IO:
	case EVENT_MEMORY:
		break;
	case EVENT_END:
		v->stacks_lost += e->end.stacks_lost;
		v->io_unshown = e->end.io_unshown;
		show_losers(v, &e->end);
		if (e->io) {
			struct io_row all = io_model_total(e->io);

			v->io_errors += all.c.errors;
			v->io_cancelled += all.c.cancelled;
			v->io_lost += io_lost(e->io);
			io_row_free(&all);
		}
		if (e->origin->sample && e->end.clean)
			view_io_end(v, e->io, e->origin->by_user_data ? "user_data" : "request");
		/* as all else of that line, it is of the part */
		v->ios = 0;
		break;
	}
}

void view_trace_end(struct view_trace *v)
{
	json_free(&v->json);
	/* a reader that went away has had enough */
	if (v->to->quiet || !output_is_read(v->to))
		return;
	fprintf(stderr, "%llu call%s, %llu failed; %llu ring%s created", v->calls,
		plural(v->calls), v->failed, v->rings, plural(v->rings));
	if (v->not_made)
		fprintf(stderr, ", %llu could not be", v->not_made);
	fprintf(stderr, "; %llu event%s lost", v->lost, plural(v->lost));
	print_losers(v);
	fputs(v->lost ? of_all(v) : "", stderr);
	fputs(v->lost > v->skipped ? ": a larger --ring-buffer makes room\n" : "\n", stderr);
	if (v->stacks_lost)
		fprintf(stderr, "%llu stack%s not kept: the stack map had no more room%s\n",
			v->stacks_lost, plural(v->stacks_lost), of_all(v));
}
