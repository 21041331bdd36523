// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <unistd.h>
#include "base/fmt.h"
#include "base/json_util.h"
#include "model/fact.h"
#include "model/tier.h"
#include "views/findings.h"
#include "views/stack.h"
#include "views/trace_text.h"
#include "views/watch.h"

static const char *const kinds[] = {
	[CAUSE_START] = "start", [CAUSE_CALL] = "call", [CAUSE_RELEASE] = "release",
	[CAUSE_LOSS] = "loss", [CAUSE_BETWEEN] = "between", [CAUSE_END] = "end",
};

static void put_who(FILE *out, const struct cause *c)
{
	fprintf(out, "pid %u (%.*s)", c->call.h.pid, FACT_COMM_LEN, c->call.h.comm);
	if (c->fd >= 0)
		fprintf(out, " fd %d", c->fd);
}

static void put_cause(FILE *out, const struct cause *c, enum finding_tag tag)
{
	switch (c->kind) {
	case CAUSE_START:
		fputs("there when the watch began\n", out);
		break;
	case CAUSE_LOSS:
		fputs("seen first after events were lost\n", out);
		break;
	case CAUSE_BETWEEN:
		fputs("seen between calls\n", out);
		break;
	case CAUSE_END:
		fputs("seen when the watch ended\n", out);
		break;
	case CAUSE_RELEASE:
		fputs("at the release of what a ring held, of ", out);
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
			fprintf(out, ", %u slot%s\n", c->slots, c->slots == 1 ? "" : "s");
		break;
	}
}

static json_object *cause_json(const struct cause *c)
{
	const struct fact *h = &c->call.h;
	json_object *o = json_object_new_object();
	bool call = c->kind == CAUSE_CALL;

	json_str(o, "event", call ? fact_name(h) : "ring-close");
	json_uint(o, "t_ns", h->t_ns);
	json_uint(o, "pid", h->pid);
	json_uint(o, "tid", h->tid);
	json_str(o, "comm", h->comm);
	json_uint(o, "uid", h->uid);
	json_addr(o, "ring", h->ring);
	json_int(o, "fd", c->fd);
	if (!call)
		return o;
	json_uint(o, "slots", c->slots);
	if (c->call.op == CALL_UPDATE || c->call.op == CALL_CLONE)
		json_uint(o, "offset", c->call.offset);
	json_int(o, "result", c->call.result);
	json_int(o, "user_after_pages", c->call.user_after_pages);
	json_int(o, "mm_after_pages", c->call.mm_after_pages);
	return o;
}

struct told_cause view_cause(const struct output *to, const struct cause *c, enum finding_tag tag,
			     struct stacks *stacks)
{
	bool call = c->kind == CAUSE_CALL;
	struct told_cause t = { 0 };
	json_object *json;
	size_t len;
	FILE *out;

	if (to->json) {
		t.json = json_object_new_object();
		json_str(t.json, "when", call && finding_traits(tag)->by_program ? "after-call" : kinds[c->kind]);
		if (!call && c->kind != CAUSE_RELEASE) {
			json_null(t.json, "call");
			return t;
		}
		json = cause_json(c);
		if (stacks && call)
			view_stack_json(json, stacks_of(stacks, &c->call.h));
		json_object_object_add(t.json, "call", json);
		return t;
	}
	out = open_memstream(&t.text, &len);
	if (!out)
		return t;
	put_cause(out, c, tag);
	if (stacks && call)
		view_stack_text(out, stacks_of(stacks, &c->call.h));
	fclose(out);
	return t;
}

void told_cause_free(struct told_cause *t)
{
	free(t->text);
	json_object_put(t->json);
	t->text = NULL;
	t->json = NULL;
}

static void take_member(json_object *to, json_object *from, const char *name)
{
	json_object_object_add(to, name, json_object_get(json_object_object_get(from, name)));
}

void view_watch_finding(const struct output *to, const struct finding *f,
			const struct told_cause *cause)
{
	if (to->json) {
		json_object *o = json_object_new_object();

		json_int(o, "schema", 2);
		json_str(o, "event", "finding");
		view_finding_json(o, f);
		take_member(o, cause->json, "when");
		take_member(o, cause->json, "call");
		json_line(to->out, o);
	} else {
		view_finding_text(to->out, f, isatty(fileno(to->out)));
		fprintf(to->out, "        %s", cause->text ? cause->text : "\n");
	}
	fflush(to->out);
}

void view_watch_lost(const struct output *to, __u64 count)
{
	if (to->json) {
		json_object *o = json_object_new_object();

		json_int(o, "schema", 2);
		json_str(o, "event", "lost");
		json_uint(o, "count", count);
		json_line(to->out, o);
	} else {
		fprintf(to->out, "%llu event%s lost: what they broke or mended is not known, "
			"all is looked at anew; a larger --ring-buffer makes room\n", count,
			count == 1 ? " was" : "s were");
	}
	fflush(to->out);
}

void view_watch_end(const struct output *to, const struct watch_totals *t)
{
	char took[FMT_LEN];

	if (to->json) {
		json_object *o = json_object_new_object();

		json_int(o, "schema", 2);
		json_str(o, "event", "summary");
		json_str(o, "tier", tier_name(t->tier));
		json_uint(o, "findings", t->nr[SEVERITY_ERROR] + t->nr[SEVERITY_WARNING] +
			  t->nr[SEVERITY_INFO]);
		json_uint(o, "errors", t->nr[SEVERITY_ERROR]);
		json_uint(o, "warnings", t->nr[SEVERITY_WARNING]);
		json_uint(o, "infos", t->nr[SEVERITY_INFO]);
		json_uint(o, "calls", t->calls);
		json_uint(o, "duration_ns", t->duration_ns);
		json_uint(o, "lost", t->lost);
		json_line(to->out, o);
	} else if (!to->quiet && !ferror(to->out)) {
		fprintf(stderr, "watched for %s (tier: %s): %llu call%s, %u error%s, %u warning%s, "
			"%u note%s; %llu event%s lost\n", fmt_ns(took, t->duration_ns),
			tier_name(t->tier), t->calls, plural(t->calls), t->nr[SEVERITY_ERROR],
			plural(t->nr[SEVERITY_ERROR]), t->nr[SEVERITY_WARNING],
			plural(t->nr[SEVERITY_WARNING]), t->nr[SEVERITY_INFO],
			plural(t->nr[SEVERITY_INFO]), t->lost, plural(t->lost));
	}
}
