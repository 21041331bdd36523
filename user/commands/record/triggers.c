// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/untrusted.h"
#include "checks/over_time.h"
#include "commands/ours.h"
#include "commands/record/triggers.h"
#include "model/fact.h"
#include "views/trace_filter.h"

#define MAX_FOUND 4096	/* findings kept in mind, so that each is told once */

static const char *const names[NR_TRIGGERS] = {
	[TRIGGER_FAILURE] = "failure", [TRIGGER_FINDING] = "finding", [TRIGGER_SLOW] = "slow",
	[TRIGGER_SIGNAL] = "signal",
};

struct triggers {
	const struct trigger_options *o;
	const struct selection *select;
	struct over_time *over_time;	/* NULL: findings are no trigger */
	size_t nr_all, nr_found;	/* findings so far; of them, those that are no mere notes */
};

bool trigger_is_name(const char *name, size_t len)
{
	for (int i = TRIGGER_NONE + 1; i < NR_TRIGGERS; i++)
		if (strlen(names[i]) == len && !strncmp(names[i], name, len))
			return true;
	return false;
}

const char *trigger_name(enum trigger t)
{
	return names[t];
}

bool trigger_parse(struct trigger_options *o, const char *text)
{
	size_t len = strcspn(text, " ");

	for (int i = TRIGGER_NONE + 1; i < NR_TRIGGERS; i++) {
		if (strlen(names[i]) != len || strncmp(names[i], text, len))
			continue;
		if (i == TRIGGER_SLOW ? !text[len] || parse_duration(text + len + 1, &o->slow_ns) || !o->slow_ns :
					text[len])
			return false;
		return o->any = o->on[i] = true;
	}
	return false;
}

struct triggers *triggers_new(const struct trigger_options *o, const struct selection *select)
{
	struct triggers *t = must_alloc(1, sizeof(*t));

	t->o = o;
	t->select = select;
	if (o->on[TRIGGER_FINDING])
		t->over_time = over_time_new(select);
	return t;
}

/* The name of one comes from a table of ours; what is about no process is a user's. */
static void say_which(const struct finding *f, char *who, size_t room)
{
	if (f->pid)
		snprintf(who, room, "%s of pid %u (%s); report --verify tells it", finding_tag_name(f->tag), f->pid,
			 TAME_COMM(f->comm));
	else
		snprintf(who, room, "%s of uid %u; report --verify tells it", finding_tag_name(f->tag), f->uid);
}

static bool has_new_finding(struct triggers *t, const struct live *l, const struct event *e, char *who, size_t room)
{
	const struct findings *f;
	const struct finding *last = NULL;
	bool sorted = e->kind == EVENT_END, is_new;
	size_t nr = 0;

	over_time_event(t->over_time, e);
	f = over_time_findings(t->over_time);
	if (f->nr == t->nr_all)
		return false;
	/* at an end what is new may be anywhere among them, else it comes last */
	for (size_t i = sorted ? 0 : t->nr_all; i < f->nr; i++) {
		if (severity_of_finding(&f->list[i]) == SEVERITY_INFO || !finding_is_ours(l, t->select, &f->list[i]))
			continue;
		nr++;
		last = &f->list[i];
	}
	t->nr_all = f->nr;
	is_new = nr > (sorted ? t->nr_found : 0);
	t->nr_found = sorted ? nr : t->nr_found + nr;
	if (is_new)
		say_which(last, who, room);
	if (f->nr > MAX_FOUND) {
		over_time_free(t->over_time);
		t->over_time = over_time_new(t->select);
		t->nr_all = t->nr_found = 0;
	}
	return is_new;
}

static bool is(const struct event *e, const struct trace_filter *filter, char *who, size_t room)
{
	const struct fact *f = e->fact;

	if (e->kind != EVENT_FACT || !e->shown || !trace_filter_shows(filter, e->ledger, f))
		return false;
	snprintf(who, room, "%s of pid %u (%s)", fact_name(f), f->pid, TAME_COMM(f->comm));
	return true;
}

enum trigger triggers_event(struct triggers *t, const struct live *l, const struct event *e, char *who, size_t room)
{
	const struct trace_filter failed = { .failed = true }, slow = { .slow_ns = t->o->slow_ns };

	if (t->over_time && has_new_finding(t, l, e, who, room))
		return TRIGGER_FINDING;
	if (t->o->on[TRIGGER_FAILURE] && is(e, &failed, who, room))
		return TRIGGER_FAILURE;
	if (t->o->on[TRIGGER_SLOW] && is(e, &slow, who, room))
		return TRIGGER_SLOW;
	return TRIGGER_NONE;
}

void triggers_free(struct triggers *t)
{
	if (!t)
		return;
	if (t->over_time)
		over_time_free(t->over_time);
	free(t);
}
