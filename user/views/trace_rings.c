// SPDX-License-Identifier: GPL-2.0
#include "base/fmt.h"
#include "base/pid.h"
#include "base/table.h"
#include "base/untrusted.h"
#include "views/trace_rings.h"

#define MAX_LINES	20

static void print_rings(FILE *out, const struct ring_pasts *p, __u64 held)
{
	struct table *t = table_new(held ? "PID <COMM FD CALLS FAILED BUFFERS MOST HELD" :
				    "PID <COMM FD CALLS FAILED BUFFERS MOST");
	__u64 more = p->more + (p->nr > MAX_LINES ? p->nr - MAX_LINES : 0);
	char buf[FMT_LEN];

	for (size_t i = 0; i < p->nr && i < MAX_LINES; i++) {
		const struct ring_past *r = p->list[i];

		table_cell(t, "%s", PID_TEXT(r->pid, r->ns_pid));
		table_cell(t, "%s", TAME_COMM(r->comm));
		if (r->fd < 0)
			table_cell(t, "-");
		else
			table_cell(t, "%d", r->fd);
		table_cell(t, "%llu", r->calls);
		table_cell(t, "%llu", r->failed);
		table_cell(t, "%llu", r->buffers);
		table_cell(t, "%s", fmt_bytes(buf, r->most_bytes));
		if (held)
			table_cell(t, "%llu", r->held);
	}
	table_print(t, out, true, 0);
	if (more)
		fprintf(out, "and %llu more ring%s\n", more, plural(more));
}

static FILE *next_part(FILE *out, bool *more)
{
	fputs(*more ? ", " : "found: ", out);
	*more = true;
	return out;
}

/* Nothing failed that was seen: whether that is all. */
static void print_rest(FILE *out, const struct view_trace *v, bool missed)
{
	if (v->lost)
		fprintf(out, "unsettled: %llu event%s lost; what was seen did not fail", v->lost,
			v->lost == 1 ? " was" : "s were");
	else if (v->io_lost)
		fprintf(out, "unsettled: %llu I/O%s not counted; what was seen did not fail", v->io_lost,
			v->io_lost == 1 ? " was" : "s were");
	else if (missed)
		fputs("unsettled: not all that the program started was followed; what was seen did not fail", out);
	else
		fputs("nothing found: of what was seen nothing failed", out);
}

void view_trace_rings(FILE *out, const struct view_trace *v, struct ring_pasts *p, bool missed)
{
	__u64 held = ring_pasts_held(p);
	bool found = false;

	if (!p->nr && !v->calls && !v->not_made)
		return;
	ring_pasts_sort(p);
	if (p->nr)
		print_rings(out, p, held);
	fputs("verdict: ", out);
	if (v->failed)
		fprintf(next_part(out, &found), "%llu of %llu call%s failed", v->failed, v->calls, plural(v->calls));
	if (v->not_made)
		fprintf(next_part(out, &found), "%llu ring%s could not be created", v->not_made, plural(v->not_made));
	if (v->io_errors)
		fprintf(next_part(out, &found), "%llu I/O%s failed", v->io_errors, plural(v->io_errors));
	/* as the totals above count them among what failed */
	if (v->io_errors && v->io_cancelled)
		fprintf(out, " and %llu %s cancelled", v->io_cancelled, v->io_cancelled == 1 ? "was" : "were");
	if (held)
		fprintf(next_part(out, &found), "requests that have not ended hold %llu buffer%s whose slot was given up",
			held, plural(held));
	if (!found)
		print_rest(out, v, missed);
	fputc('\n', out);
}
