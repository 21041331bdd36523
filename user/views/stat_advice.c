// SPDX-License-Identifier: GPL-2.0
/* What --advise says as text. */
#include <stdlib.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/wrap.h"
#include "base/table.h"
#include "base/untrusted.h"
#include "views/stat.h"

#define MOST_ENTERS	16	/* rings of which the table tells, the busiest first; JSON has all */

/* Where no call was seen to begin: "nothing to advise" would say that they were fast. */
static void print_untimed(const struct view_stat *v)
{
	__u64 calls = registerings_untimed(&v->advices->registerings);

	if (!calls)
		return;
	fputc('\n', v->to->out);
	wrap_line(v->to->out, 0, "how long %s%llu registration%s took is not known: %s not seen to begin (--syscalls sees that)",
		  v->m->calls_lost ? "at least " : "", calls, plural(calls), calls == 1 ? "it was" : "they were");
}

/* Addresses say nothing there; fixed I/O was judged. */
static void print_unjudged(const struct view_stat *v)
{
	size_t nr = v->advices->nr_unjudged;

	if (!nr)
		return;
	fputc('\n', v->to->out);
	wrap_line(v->to->out, 0, "plain I/O on %zu ring%s was not judged: a process that used %s has other memory than who made %s, or which it has is not known",
		  nr, plural(nr), nr == 1 ? "it" : "one", nr == 1 ? "it" : "that one");
}

/* A success that posts no completion shows its buffer to nobody. */
static void print_idle_unjudged(const struct view_stat *v)
{
	if (!v->advices->nr_idle_unjudged)
		return;
	fputc('\n', v->to->out);
	wrap_line(v->to->out, 0, "whether buffers are idle could not be told: %llu request%s with IOSQE_CQE_SKIP_SUCCESS may have used them",
		  v->m->muted_fixed, plural(v->m->muted_fixed));
}

static void print_advice(FILE *out, const struct advice *a)
{
	fprintf(out, "\n%s\n        ", a->tag);
	wrap_line(out, 8, "%s.", a->detail);
	fputs("        remedy: ", out);
	wrap_line(out, 16, "%s", a->remedy);
}

static int most_enters_first(const void *a, const void *b)
{
	const struct io_enters *x = &((const struct io_enters_row *)a)->enters;
	const struct io_enters *y = &((const struct io_enters_row *)b)->enters;

	return x->enters < y->enters ? 1 : -(x->enters > y->enters);
}

struct io_enters_row *view_stat_enters(const struct view_stat *v, size_t *nr)
{
	struct io_enters_row *list = must_alloc(v->m->nr_enters + 1, sizeof(*list));

	*nr = 0;
	for (size_t i = 0; i < v->m->nr_enters; i++)
		if (v->m->enters[i].enters.enters &&
		    IO_WHO_TGID(view_stat_user(v, v->m->enters[i].ring, v->m->enters[i].born_ns).who))
			list[(*nr)++] = v->m->enters[i];
	qsort(list, *nr, sizeof(*list), most_enters_first);
	return list;
}

static void print_enters(const struct view_stat *v)
{
	struct table *t = table_new("PID <COMM <RING SUBMISSIONS CALLS PER-CALL <BY");
	struct io_enters_row *list;
	size_t nr;

	list = view_stat_enters(v, &nr);
	for (size_t i = 0; i < nr && i < MOST_ENTERS; i++) {
		const struct io_enters *e = &list[i].enters;
		struct io_counts user = view_stat_user(v, list[i].ring, list[i].born_ns);

		view_stat_whose(v, t, &user);
		table_cell(t, "%llu", e->submissions);
		table_cell(t, "%llu", e->enters);
		table_cell(t, "%.1f", (double)e->submissions / e->enters);
		table_cell(t, "%s", e->sqpoll ? "the kernel's thread" : "io_uring_enter");
	}
	if (nr)
		fprintf(v->to->out, "\nsubmissions per io_uring_enter%s\n",
			nr > MOST_ENTERS ? ", of the busiest rings" : "");
	table_print(t, v->to->out, nr && !v->to->no_header, 0);
	free(list);
}

void view_stat_advice(const struct view_stat *v)
{
	for (size_t i = 0; i < v->advices->nr; i++)
		print_advice(v->to->out, &v->advices->list[i]);
	if (v->unseen) {
		fputc('\n', v->to->out);
		wrap_line(v->to->out, 0, "advice needs a longer run: the rings were gone before their buffers were looked at");
	} else if (!v->advices->nr && !v->advices->nr_unjudged && !v->advices->nr_idle_unjudged) {
		fprintf(v->to->out, "\nnothing %sto advise\n", v->failures->nr && !v->to->quiet ? "else " : "");
	}
	print_unjudged(v);
	print_idle_unjudged(v);
	print_untimed(v);
	print_enters(v);
}
