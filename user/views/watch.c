// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>
#include "base/fmt.h"
#include "base/json.h"
#include "base/pid.h"
#include "base/wrap.h"
#include "checks/unmappings.h"
#include "model/fact.h"
#include "model/tier.h"
#include "views/findings.h"
#include "views/stack.h"
#include "views/trace_text.h"
#include "views/verdict.h"
#include "views/watch.h"

#define WIDTH	100

static const char *const kinds[] = {
	[CAUSE_START] = "start", [CAUSE_CALL] = "call", [CAUSE_RELEASE] = "release",
	[CAUSE_UNMAP] = "unmap", [CAUSE_LOSS] = "loss", [CAUSE_BETWEEN] = "between", [CAUSE_END] = "end",
};

static void put_who(FILE *out, const struct cause *c)
{
	fprintf(out, "pid %s (%s)", PID_TEXT(c->call.h.pid, c->call.ns_pid),
		TAME_COMM(c->call.h.comm));
	if (c->fd >= 0)
		fprintf(out, " fd %d", c->fd);
}

static void put_cause(FILE *out, const struct cause *c, enum finding_tag tag)
{
	char size[FMT_LEN];

	switch (c->kind) {
	case CAUSE_START:
		fputs("present when the watch began\n", out);
		break;
	case CAUSE_LOSS:
		fputs("first seen after events were lost\n", out);
		break;
	case CAUSE_BETWEEN:
		fputs("seen between calls\n", out);
		break;
	case CAUSE_END:
		fputs("seen when the watch ended\n", out);
		break;
	case CAUSE_RELEASE:
		fputs("when the buffers of a closed ring were released, of ", out);
		put_who(out, c);
		fputc('\n', out);
		break;
	case CAUSE_UNMAP:
		fprintf(out, "by %s() of %s at 0x%llx, of ", unmap_name(c->unmap.how),
			fmt_bytes(size, c->unmap.len_bytes), c->unmap.addr);
		put_who(out, c);
		fputc('\n', out);
		break;
	case CAUSE_CALL:
		fprintf(out, "%s %s by ", finding_traits(tag)->by_program ? "seen after" : "at",
			fact_name(&c->call.h));
		put_who(out, c);
		if (c->call.op == CALL_UPDATE && c->slots == 1)
			fprintf(out, ", slot %u\n", c->call.offset);
		else
			fprintf(out, ", %u slot%s\n", c->slots, plural(c->slots));
		break;
	}
}

static void put_call_json(struct json *j, const struct cause *c)
{
	const struct fact *h = &c->call.h;
	bool call = c->kind == CAUSE_CALL;

	json_open(j, "call");
	json_str(j, "event", call ? fact_name(h) :
		 c->kind == CAUSE_UNMAP ? unmap_name(c->unmap.how) : "ring-close");
	json_uint(j, "t_ns", h->t_ns);
	json_uint(j, "pid", h->pid);
	json_ns_pid(j, c->call.ns_pid);
	json_uint(j, "tid", h->tid);
	json_comm(j, "comm", &h->comm);
	json_uint(j, "uid", h->uid);
	json_addr(j, "ring", h->ring);
	json_int(j, "fd", c->fd);
	if (call) {
		json_uint(j, "slots", c->slots);
		if (c->call.op == CALL_UPDATE || c->call.op == CALL_CLONE)
			json_uint(j, "offset", c->call.offset);
		json_int(j, "result", c->call.result);
		json_int(j, "user_after_pages", c->call.user_after_pages);
		json_int(j, "mm_after_pages", c->call.mm_after_pages);
		view_stack_json(j, c->stack);
	} else if (c->kind == CAUSE_UNMAP) {
		json_addr(j, "addr", c->unmap.addr);
		json_uint(j, "len_bytes", c->unmap.len_bytes);
		view_stack_json(j, c->stack);
	}
	json_close(j);
}

void view_watch_finding(const struct output *to, const struct finding *f, const struct cause *c)
{
	bool call = c->kind == CAUSE_CALL;
	char took[FMT_LEN];

	if (to->json) {
		struct json j = { 0 };

		json_begin(&j, to->out);
		json_int(&j, "schema", 2);
		json_str(&j, "event", "finding");
		view_finding_json(&j, f);
		json_str(&j, "when", call && finding_traits(f->tag)->by_program ? "after-call" :
			 kinds[c->kind]);
		if (call || c->kind == CAUSE_RELEASE || c->kind == CAUSE_UNMAP)
			put_call_json(&j, c);
		else
			json_null(&j, "call");
		json_uint(&j, "seen_t_ns", c->seen_ns);
		json_known(&j, "in_place_t_ns", c->in_place_ns, c->in_place_ns);
		json_known(&j, "meanwhile_ops", c->meanwhile_known, c->meanwhile_ops);
		json_known(&j, "meanwhile_bytes", c->meanwhile_known, c->meanwhile_bytes);
		json_end(&j);
		json_free(&j);
	} else {
		view_finding_text(to->out, f, output_is_coloured(to));
		fprintf(to->out, "        ");
		put_cause(to->out, c, f->tag);
		if (c->in_place_ns)
			fprintf(to->out, "        its pages were seen in place at most %s before that\n",
				fmt_ns(took, c->seen_ns - c->in_place_ns));
		if (c->meanwhile_known)
			fprintf(to->out, "        between that and now %llu I/O%s of %s went over those pages at most\n",
				c->meanwhile_ops, plural(c->meanwhile_ops),
				fmt_bytes_long(took, c->meanwhile_bytes));
		view_stack_text(to->out, c->stack);
	}
	fflush(to->out);
}

void view_watch_grown(const struct output *to, const struct finding *f)
{
	if (to->json) {
		struct json j = { 0 };

		json_begin(&j, to->out);
		json_int(&j, "schema", 2);
		json_str(&j, "event", "grown");
		view_finding_json(&j, f);
		json_uint(&j, "requests", f->requests);
		json_end(&j);
		json_free(&j);
	} else {
		fprintf(to->out, "told before, and more by now: %s\n        ", finding_tag_name(f->tag));
		wrap(to->out, f->detail, 8, 8, WIDTH);
	}
	fflush(to->out);
}

void view_watch_lost(const struct output *to, __u64 count, __u64 skipped)
{
	if (to->json) {
		struct json j = { 0 };

		json_begin(&j, to->out);
		json_int(&j, "schema", 2);
		json_str(&j, "event", "lost");
		json_uint(&j, "count", count);
		json_end(&j);
		json_free(&j);
	} else {
		fprintf(to->out, "%llu event%s lost: everything is checked again%s\n", count,
			count == 1 ? " was" : "s were",
			count > skipped ? "; a larger --ring-buffer makes room" : "");
	}
	fflush(to->out);
}

static void put_io_json(struct json *j, const struct watch_totals *t)
{
	const struct io_stale_hits *h = &t->lost_to_stale;

	json_open(j, "lost_to_stale_pages");
	json_uint(j, "reads", h->reads);
	json_uint(j, "read_bytes", h->read_bytes);
	json_uint(j, "writes", h->writes);
	json_uint(j, "write_bytes", h->write_bytes);
	json_uint(j, "unplaced", h->unplaced);
	json_uint(j, "uncounted_slots", t->uncounted_slots);
	json_close(j);
	json_open(j, "wrong_buffer");
	json_uint(j, "requests", t->wrong.requests);
	json_uint(j, "bytes", t->wrong.bytes);
	json_close(j);
	json_open(j, "overlap");
	json_uint(j, "certain", t->overlap.certain);
	json_uint(j, "possible", t->overlap.possible);
	json_uint(j, "uncompared", t->overlap.uncompared);
	json_flag(j, "ends_missed", t->overlap.ends_missed);
	json_close(j);
}

static void put_wrong_text(const struct watch_totals *t)
{
	char size[FMT_LEN];

	if (t->wrong.requests)
		fprintf(stderr, "I/O over other memory than lay in its slot when it was submitted: %llu request%s, %s\n",
			t->wrong.requests, plural(t->wrong.requests), fmt_bytes_long(size, t->wrong.bytes));
}

static void put_overlap_text(const struct watch_totals *t)
{
	if (t->overlap.certain || t->overlap.possible)
		fprintf(stderr, "I/O beside other I/O over some of the same bytes: %llu request%s for sure, %llu possibly\n",
			t->overlap.certain, plural(t->overlap.certain), t->overlap.possible);
}

static void put_lost_text(const struct watch_totals *t)
{
	const struct io_stale_hits *h = &t->lost_to_stale;
	char in[FMT_LEN], from[FMT_LEN];

	if (h->reads || h->writes)
		fprintf(stderr, "I/O over pages that the process had no more at their addresses: %llu request%s read %s into them, %llu wrote %s from them\n",
			h->reads, plural(h->reads), fmt_bytes_long(in, h->read_bytes), h->writes,
			fmt_bytes_long(from, h->write_bytes));
	if (h->unplaced)
		fprintf(stderr, "I/O over buffers with stale pages, of which it is not known where in them: %llu request%s\n",
			h->unplaced, plural(h->unplaced));
	if (t->uncounted_slots)
		fprintf(stderr, "I/O over the stale pages of %llu slot%s was not counted: a user has room for %u slots of %u rings; select fewer processes\n",
			t->uncounted_slots, plural(t->uncounted_slots), IO_USER_STALE_SLOTS, IO_USER_STALE_RINGS);
}

void view_watch_end(const struct output *to, const struct watch_totals *t, unsigned int left, enum verdict v,
		    const struct unsettled_list *u)
{
	char took[FMT_LEN], unlooked[FMT_LEN];

	if (to->json) {
		struct json j = { 0 };

		json_begin(&j, to->out);
		json_int(&j, "schema", 2);
		json_str(&j, "event", "summary");
		json_str(&j, "tier", tier_name(t->tier));
		json_uint(&j, "findings", t->found.nr[SEVERITY_ERROR] + t->found.nr[SEVERITY_WARNING] +
			  t->found.nr[SEVERITY_INFO]);
		json_uint(&j, "errors", t->found.nr[SEVERITY_ERROR]);
		json_uint(&j, "warnings", t->found.nr[SEVERITY_WARNING]);
		json_uint(&j, "infos", t->found.nr[SEVERITY_INFO]);
		json_uint(&j, "ignored", t->ignored);
		json_uint(&j, "calls", t->calls);
		json_uint(&j, "looks", t->looks);
		json_uint(&j, "unlooked_ns", t->unlooked_ns);
		json_uint(&j, "duration_ns", t->duration_ns);
		json_uint(&j, "lost", t->lost);
		if (left)
			json_uint(&j, "still_running", left);
		if (t->io)
			put_io_json(&j, t);
		view_verdict_json(&j, v, u);
		json_end(&j);
		json_free(&j);
		return;
	}
	view_unsettled_text(to->out, u, output_is_coloured(to));
	if (!to->quiet && output_is_read(to)) {
		fprintf(stderr, "watched for %s (tier: %s): %llu call%s, ",
			fmt_ns(took, t->duration_ns), tier_name(t->tier), t->calls,
			plural(t->calls));
		view_finding_counts(stderr, &t->found);
		fprintf(stderr, "; %llu event%s lost\n", t->lost, plural(t->lost));
		/* where unmaps are followed a look comes after each, and may come too late, too */
		fprintf(stderr, "pages were compared at %llu look%s, those of a new buffer at its call: "
			"what was wrong only between two looks is not known", t->looks, plural(t->looks));
		if (t->unlooked_ns)
			fprintf(stderr, ", nor what broke in the last %s of a buffer",
				fmt_ns(unlooked, t->unlooked_ns));
		fputc('\n', stderr);
		put_lost_text(t);
		put_wrong_text(t);
		put_overlap_text(t);
		view_findings_ignored(stderr, t->ignored);
	}
}
