// SPDX-License-Identifier: GPL-2.0
/* What --advise says as text. */
#include "base/fmt.h"
#include "base/wrap.h"
#include "views/stat.h"

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

static void print_advice(FILE *out, const struct advice *a)
{
	fprintf(out, "\n%s\n        ", a->tag);
	wrap_line(out, 8, "%s.", a->detail);
	fputs("        remedy: ", out);
	wrap_line(out, 16, "%s", a->remedy);
}

void view_stat_advice(const struct view_stat *v)
{
	for (size_t i = 0; i < v->advices->nr; i++)
		print_advice(v->to->out, &v->advices->list[i]);
	if (v->unseen) {
		fputc('\n', v->to->out);
		wrap_line(v->to->out, 0, "advice needs a longer run: the rings were gone before their buffers were looked at");
	} else if (!v->advices->nr && !v->advices->nr_unjudged) {
		fprintf(v->to->out, "\nnothing %sto advise\n", v->failures->nr && !v->to->quiet ? "else " : "");
	}
	print_unjudged(v);
	print_untimed(v);
}
