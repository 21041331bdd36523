// SPDX-License-Identifier: GPL-2.0
/* report --folded: "process;outermost;...;innermost weight", one line a stack. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "commands/report/report.h"

#define CALLS 1024	/* under way at a time */

struct line {
	char *text;		/* owned */
	__u64 weight;
	UT_hash_handle hh;
};

struct folded {
	struct report *r;
	struct line *lines;
	struct {
		__u32 call;
		const struct stack *stack;
	} calls[CALLS];		/* what is concluded from a call has no stack of its own */
	__u64 without;		/* weight of what has none at all */
};

static void put_frames(FILE *out, const struct frames *f, const char *mark)
{
	for (size_t i = f->nr; i--;) {
		fputc(';', out);
		if (f->list[i].symbol.bytes)
			put_folded(out, f->list[i].symbol);
		else if (f->list[i].module.bytes)
			put_folded(out, f->list[i].module);
		else
			fprintf(out, "0x%llx", f->list[i].ip);
		fputs(mark, out);
	}
}

static void add(struct folded *f, const struct fact *fact, const struct stack *s, __u64 weight)
{
	char *text = NULL;
	struct line *l;
	size_t len;
	FILE *out = must_have(open_memstream(&text, &len));

	put_folded(out, comm_name(&fact->comm));
	put_frames(out, &s->user, "");
	put_frames(out, &s->kernel, "_[k]");
	/* it has no room for all, or no name */
	if (fclose(out) || !text)
		must_have(NULL);
	HASH_FIND_STR(f->lines, text, l);
	if (l) {
		free(text);
	} else {
		l = must_alloc(1, sizeof(*l));
		l->text = text;
		HASH_ADD_KEYPTR(hh, f->lines, l->text, len, l);
	}
	l->weight += weight;
}

static __u64 weight_of(const struct fact *f, enum folded_by by)
{
	const struct fact_call *call = (const void *)f;
	const struct fact_charge *charge = (const void *)f;
	const struct fact_pin *pin = (const void *)f;

	switch (by) {
	case BY_COUNT:
		return f->kind == FACT_CALL;
	case BY_TIME:
		return f->kind == FACT_CALL && call->start_ns && f->t_ns > call->start_ns ?
		       f->t_ns - call->start_ns : 0;
	case BY_PINNED:
		return f->kind == FACT_PIN && pin->result >= 0 ? pin->pages : 0;
	case BY_CHARGED:
		return f->kind == FACT_CHARGE && charge->pages > 0 && charge->result >= 0 ?
		       charge->pages : 0;
	}
	return 0;
}

static void on_fact(struct folded *f, const struct event *t)
{
	const struct fact *fact = t->fact;
	__u64 weight = weight_of(fact, f->r->o->folded_by);
	const struct stack *stack = t->stack;
	__u32 at = fact->call % CALLS;

	if (fact->kind == FACT_CALL) {
		f->calls[at].call = fact->call;
		f->calls[at].stack = stack;
	} else if (!stack && fact->call && f->calls[at].call == fact->call) {
		stack = f->calls[at].stack;
	}
	if (!weight || !selection_has(&f->r->o->select, fact->pid, fact->uid, &fact->comm))
		return;
	if (stack)
		add(f, fact, stack, weight);
	else
		f->without += weight;
}

static int by_text(const struct line *a, const struct line *b)
{
	return strcmp(a->text, b->text);
}

int report_folded(struct report *r)
{
	struct folded *f = must_alloc(1, sizeof(*f));
	struct line *l, *next;
	struct event t;
	int n;

	f->r = r;
	while ((n = report_next(r, &t)) > 0)
		if (t.kind == EVENT_FACT && t.shown)
			on_fact(f, &t);
		else if (t.kind == EVENT_END)
			memset(f->calls, 0, sizeof(f->calls));
	HASH_SORT(f->lines, by_text);
	HASH_ITER(hh, f->lines, l, next) {
		if (n >= 0)
			fprintf(r->o->output.out, "%s %llu\n", l->text, l->weight);
		HASH_DEL(f->lines, l);
		free(l->text);
		free(l);
	}
	if (n >= 0 && f->without && !r->o->output.quiet)
		fprintf(stderr, "without a stack: %llu%s\n", f->without, r->origin->stacks ? "" :
			"; record with --stacks to have them");
	free(f);
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
