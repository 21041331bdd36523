// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/fmt.h"
#include "base/table.h"
#include "base/wrap.h"
#include "model/fact.h"
#include "views/not_seen.h"
#include "views/findings.h"
#include "views/io_failures.h"
#include "views/summary.h"

#define ALL_SHOWS "--all shows them"
#define WIDTH		100

const char *history_call_name(unsigned int kind)
{
	static const char *const names[] = { "register", "update", "clone", "unregister",
					     "ring-create", "enter" };

	return names[kind];
}

/* When, where and how it was recorded. */
static void print_origin(FILE *out, const struct view_summary *v)
{
	const __s64 duration_ns = v->h->duration_ns > 0 ? v->h->duration_ns : 0;
	const struct origin *a = v->origin;
	char took[FMT_LEN], when[FMT_LEN];

	fprintf(out, "%s, %s of %s%sLinux %s %s, %u cpu%s (tier: %s", fmt_date(when, v->begin_ns),
		v->parts ? fmt_ns(took, duration_ns) : "nothing", a->hosts, a->hosts[0] ? ", " : "", a->kernel,
		a->machine, a->cpus, plural(a->cpus), tier_name(a->tier));
	view_not_seen_text(out, a->not_seen);
	fputc(')', out);
	if (v->parts > 1)
		fprintf(out, ", in %u parts%s", v->parts,
			a->differs ? "; kernel and command are of the last" : "");
	/* the first had sentences where there is evidence now */
	if (a->format == 1)
		fputs(", format 1", out);
	fprintf(out, "\n%s\n", a->command);
}

static void print_head(FILE *out, const struct view_summary *v)
{
	const struct history *h = v->h;
	char between[FMT_LEN];

	if (v->begin_ns)
		print_origin(out, v);
	else
		fputs("its begin is missing: when, where and how it was recorded is not known\n", out);
	fprintf(out, "%llu event%s, ", h->facts, plural(h->facts));
	if (h->shown != h->facts)
		fprintf(out, "%llu of them shown, ", h->shown);
	if (h->lost)
		fprintf(out, "%llu lost: the numbers below are incomplete", h->lost);
	else
		fprintf(out, "none lost");
	if (v->unrecorded_ns)
		fprintf(out, "; %s between parts was not recorded", fmt_ns(between, v->unrecorded_ns));
	if (v->left_out)
		fprintf(out, "; ended at --max-size: %llu waiting event%s left out, later ones not recorded", v->left_out,
			plural(v->left_out));
	fputs(v->cut_at ? "; its end is missing\n" : "\n", out);
}

/* Where the next part of a line goes; .more: parts were before it. */
static FILE *next_part(FILE *out, bool *more)
{
	if (*more)
		fputs("; ", out);
	*more = true;
	return out;
}

/* Of whoever was asked for, before the recording began. */
static bool had_rings(const struct history *h)
{
	for (const struct process_history *p = h->processes; p; p = p->hh.next)
		if (p->older_rings)
			return true;
	return false;
}

/* What matters, before any table: one line. */
static void print_verdict(const struct view_summary *v)
{
	const struct history *h = v->h;
	const struct finding_counts found = findings_count(v->f);
	__u64 calls = 0, ios = h->fixed.c.errors + h->plain.c.errors;
	const struct user_history *user;
	FILE *out = v->to->out;
	bool more = false;
	double percent;

	for (unsigned int i = 0; i < NR_HISTORY_CALLS; i++)
		calls += h->calls[i].failed;
	user = history_nearest_limit(h, &percent);
	if (!h->shown && !h->fixed.c.ops && !h->plain.c.ops)
		fputs(had_rings(h) ? "no event was recorded" : v->cut_at && !h->facts ? "no event of it is left" :
		      "nothing was recorded", next_part(out, &more));
	if (calls)
		fprintf(next_part(out, &more), "%llu call%s failed", calls, plural(calls));
	if (ios)
		fprintf(next_part(out, &more), "%llu I/O%s failed", ios, plural(ios));
	if (user)
		fprintf(next_part(out, &more), "user %u reached %.0f %% of its limit", user->uid, percent);
	if (v->f->nr)
		view_finding_counts(next_part(out, &more), &found);
	if (!more)
		fputs("of what was seen no call and no I/O failed", out);
	fputc('\n', out);
}

static void print_processes(const struct view_summary *v)
{
	const struct history *h = v->h;
	struct table *t = table_new(h->older ?
				    "PID <COMM UID RINGS CALLS FAILED BUFFERS BYTES OLDER PINNED IN-CALLS I/O FIXED" :
				    "PID <COMM UID RINGS CALLS FAILED BUFFERS BYTES PINNED IN-CALLS I/O FIXED");
	const struct process_history *p = h->processes;
	char buf[FMT_LEN];
	size_t n = 0;

	fprintf(v->to->out, "\nWho registered what\n");
	for (; p && n < v->top; p = p->hh.next, n++) {
		table_cell(t, "%u", p->pid);
		table_cell(t, "%s", TAME_COMM(p->comm));
		table_cell(t, "%u", p->uid);
		table_cell(t, "%llu", p->rings + p->older_rings);
		table_cell(t, "%llu", p->calls);
		table_cell(t, "%llu", p->failed);
		table_cell(t, "%llu", p->buffers);
		table_cell(t, "%s", fmt_bytes(buf, p->bytes));
		if (h->older)
			table_cell(t, "%llu%s", p->older_buffers, p->older_more ? "+" : "");
		table_cell(t, "%s", fmt_pages(buf, p->peak_pinned_pages));
		table_cell(t, "%s", p->timed ? fmt_ns(buf, p->call_ns) : "-");
		table_cell(t, "%llu", p->ops);
		if (p->ops && !v->origin->fixed_only)
			table_cell(t, "%.0f%%", 100.0 * p->fixed_ops / p->ops);
		else
			table_cell(t, "-");
	}
	table_print(t, v->to->out, !v->to->no_header && n, 2);
	if (!n)
		fprintf(v->to->out, "  nothing was recorded of %s\n",
			selection_asks(h->select) ? "what was asked for" : "any process");
	if (p)
		fprintf(v->to->out, "  and %zu more; --all shows them\n", HASH_COUNT(h->processes) - n);
	if (h->older)
		fprintf(v->to->out, "  OLDER: buffers that were registered before the recording began%s\n",
			h->older_more ? "; + at least so many" : "");
	for (const struct user_history *u = h->users; u; u = u->hh.next) {
		fprintf(v->to->out, "  user %u had up to %s locked at %s", u->uid,
			fmt_pages(buf, u->peak_pages), u->at_begin ? "the start" : "a call");
		if (u->limit_bytes != ~0ULL)
			fprintf(v->to->out, ", of %s", fmt_bytes(buf, u->limit_bytes));
		fputc('\n', v->to->out);
	}
}

static void print_costs(const struct view_summary *v)
{
	const struct history *h = v->h;
	struct table *t = table_new("<CALL CALLS FAILED BUFFERS BYTES P50 P99 MAX TIME PER-MIB");
	char buf[FMT_LEN];
	bool any = false;

	for (unsigned int i = 0; i < NR_HISTORY_CALLS; i++) {
		const struct call_history *c = &h->calls[i];

		if (!c->calls)
			continue;
		any = true;
		table_cell(t, "%s", history_call_name(i));
		table_cell(t, "%llu", c->calls);
		table_cell(t, "%llu", c->failed);
		table_cell(t, "%llu", c->buffers);
		table_cell(t, "%s", fmt_bytes(buf, c->bytes));
		table_cell(t, "%s", c->timed ? fmt_ns(buf, hist_percentile_to(c->hist, 500, c->max_ns)) : "-");
		table_cell(t, "%s", c->timed ? fmt_ns(buf, hist_percentile_to(c->hist, 990, c->max_ns)) : "-");
		table_cell(t, "%s", c->timed ? fmt_ns(buf, c->max_ns) : "-");
		table_cell(t, "%s", c->timed ? fmt_ns(buf, c->ns) : "-");
		table_cell(t, "%s", c->timed && c->bytes ?
			   fmt_ns(buf, whole(c->ns * (double)(1 << 20) / c->bytes)) : "-");
	}
	if (any)
		fprintf(v->to->out, "\nAt what cost\n");
	table_print(t, v->to->out, !v->to->no_header && any, 2);
}

/* Before a number, where tables were left out of it. */
static const char *least(bool more)
{
	return more ? "at least " : "";
}

static void print_unread(FILE *out, const struct unread_tables *u)
{
	if (u->slots)
		fprintf(out, "  %llu slot%s of tables %s not read, as a user has more than are read of one user\n", u->slots,
			plural(u->slots), u->slots == 1 ? "was" : "were");
	if (u->rings)
		fprintf(out, "  the table%s of %llu ring%s %s not read, as %s changed too fast\n", plural(u->rings),
			u->rings, plural(u->rings), u->rings == 1 ? "was" : "were", u->rings == 1 ? "it" : "they");
}

static void print_lives(FILE *out, const struct history *h)
{
	__u64 lives = hist_total(h->lives.count), unknown;
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN];

	if (!h->buffers && !h->older && !h->dropped && !h->left && !h->unread.slots && !h->unread.rings)
		return;
	fprintf(out, "\nFor how long\n  %llu buffer%s registered, ", h->buffers, plural(h->buffers));
	if (h->older)
		fprintf(out, "%s%llu %s there before, ", least(h->older_more), h->older, h->older == 1 ? "was" : "were");
	fprintf(out, "%llu dropped", h->dropped);
	if (lives && lives < h->dropped)
		fprintf(out, ", %llu of them, whose registration was seen,", lives);
	if (lives)
		fprintf(out, " after %s (median), %s (99 %%), %s at most",
			fmt_ns(a, hist_percentile(h->lives.count, 500)),
			fmt_ns(b, hist_percentile(h->lives.count, 990)), fmt_ns(c, hist_max(h->lives.count)));
	fprintf(out, "; %s%llu left at the end", least(h->left_more), h->left);
	if (h->left && h->left_distinct == h->left)
		fprintf(out, ", of %s%s", least(h->left_more), fmt_bytes(a, h->left_bytes));
	else if (h->left)
		fprintf(out, ": %s%llu buffer%s of %s, as several slots hold one", least(h->left_more), h->left_distinct,
			plural(h->left_distinct), fmt_bytes(a, h->left_bytes));
	if (history_ends_unknown(h, &unknown) && unknown)
		fprintf(out, "; of %llu the end was not recorded", unknown);
	fputc('\n', out);
	print_unread(out, &h->unread);
}

static void print_row(FILE *out, const char *what, const struct io_row *row)
{
	char a[FMT_LEN], b[FMT_LEN];

	if (!row->c.ops)
		return;
	fprintf(out, "  %s: %llu operations, %s", what, row->c.ops, fmt_bytes_long(a, row->c.bytes));
	if (row->hist && row->c.timed)
		fprintf(out, ", %s (median), %s (99 %%)",
			fmt_ns(a, hist_permille(row->hist, 500, row->c.max_ns)),
			fmt_ns(b, hist_permille(row->hist, 990, row->c.max_ns)));
	if (row->hist && row->c.coarse)
		fprintf(out, "; %llu latenc%s to a power of two only: the histogram table had no more room",
			row->c.coarse, row->c.coarse == 1 ? "y" : "ies");
	if (row->c.shorts)
		fprintf(out, "; %llu short", row->c.shorts);
	if (row->c.errors)
		fprintf(out, "; %llu failed", row->c.errors);
	if (row->c.cancelled)
		fprintf(out, "; %llu cancelled", row->c.cancelled);
	fputc('\n', out);
}

static void print_use(const struct view_summary *v)
{
	const struct history *h = v->h;
	FILE *out = v->to->out;
	char size[FMT_LEN];

	if (!h->fixed.c.ops && !h->plain.c.ops && !h->unused)
		return;
	fprintf(out, "\nWhat was used\n");
	print_row(out, "over registered buffers", &h->fixed);
	print_row(out, "plain", &h->plain);
	if (h->uses_lost)
		fprintf(out, "  which buffers saw no I/O is not known: they, or their uses, were too many\n");
	else if (h->unused)
		fprintf(out, "  %llu buffer%s of %s saw no I/O that was counted%s\n", h->unused,
			plural(h->unused), fmt_bytes(size, h->unused_bytes),
			h->older ? "; those that were there before are counted, too" : "");
	if (v->origin->fixed_only)
		fprintf(out, "  plain I/O was not counted, because --io was given to record\n");
	if (h->io_lost)
		fprintf(out, "  %llu I/O%s%s missing in these counts; --stat says why\n", h->io_lost, plural(h->io_lost),
			selection_asks(h->select) ? " of all that was recorded, whose is not known, may be" :
			h->io_lost == 1 ? " is" : " are");
}

static void print_failures(const struct view_summary *v)
{
	const struct history *h = v->h;
	FILE *out = v->to->out;
	const struct failure_history *f = h->failures;
	char since[FMT_LEN], last[FMT_LEN];
	size_t n = 0;

	if (f)
		fprintf(out, "\nWhat failed, and why\n");
	for (; f && n < v->top; f = f->hh.next, n++) {
		fprintf(out, "  %llu %s%s of pid %u (%s): %s, %s%s after the start", f->count,
			history_call_name(f->key.op), plural(f->count), f->key.pid, TAME_COMM(f->comm),
			f->key.result < 0 ? fact_errno_name(f->key.result) : "not all done",
			f->count > 1 ? "first " : "", fmt_ns(since, f->since_ns > 0 ? f->since_ns : 0));
		if (f->count > 1)
			fprintf(out, ", last %s", fmt_ns(last, f->last_ns > 0 ? f->last_ns : 0));
		fputc('\n', out);
		if (f->explain) {
			const char *of = f->differ ? "the first: " : "";

			fprintf(out, "      %s", of);
			wrap(out, f->explain, 6 + strlen(of), 6, WIDTH);
		}
	}
	if (f)
		fprintf(out, "  and %zu more kind%s; " ALL_SHOWS "\n", HASH_COUNT(h->failures) - n,
			plural(HASH_COUNT(h->failures) - n));
	if (h->more_failures)
		fprintf(out, "  and %llu calls of further kinds, which were not kept apart\n",
			h->more_failures);
}

/* Some I/O failed. */
static bool has_failed_io(const struct io_failures *io)
{
	return io->nr && io_failed(&io->list[0]);
}

/* What was counted as failed, and is in no line above. */
static void print_no_cause(const struct view_summary *v)
{
	const struct history *h = v->h;
	const bool more = has_failed_io(v->io), known = h->causes_lost >= h->io_no_cause;
	FILE *out = v->to->out;

	if (!h->io_no_cause)
		return;
	if (!more && !h->failures)
		fprintf(out, "\nWhat failed, and why\n");
	fprintf(out, "  %llu ", h->io_no_cause);
	if (more)
		fputs("more", out);
	else
		fprintf(out, "I/O%s that failed", plural(h->io_no_cause));
	fprintf(out, " %s no cause%s%s\n", h->io_no_cause == 1 ? "has" : "have", known ? ": " : " that is known",
		known ? "the table of causes had no more room" : h->causes_lost ? "; the table of causes had no more room" : "");
}

static void print_findings(const struct view_summary *v)
{
	const struct history *h = v->h;
	const struct findings *f = v->f;
	FILE *out = v->to->out;
	bool leaks = v->origin->tier > TIER_TRACEPOINTS;

	fprintf(out, "\nWhat is wrong\n");
	if (!h->shown && !had_rings(h) && selection_asks(h->select))
		fprintf(out, "  nothing was checked: nothing was recorded of what was asked for\n");
	else if (!v->parts)
		fprintf(out, "  nothing was checked: it breaks off before the first look at all rings\n");
	else if (!f->nr)
		fprintf(out, "  %snothing found in %s%s\n",
			h->failures || h->io_no_cause || has_failed_io(v->io) ? "besides the failures above, " : "",
			leaks ? "charges, limits and leaks" :
			"charges and limits; leak detection needs the functions, kprobes or patched tier",
			h->lost ? "; between a loss and the next look at all rings nothing was checked" :
			v->left_out || v->cut_at ? "; what came after its last event is not known" :
			v->unrecorded_ns ? "; what happened between parts is not known" :
			h->unread.slots || h->unread.rings ? "; what is in tables that were not read is not known" : "");
	view_findings_text(out, f, v->top == SIZE_MAX ? SIZE_MAX : VIEW_FINDINGS, ALL_SHOWS, output_is_coloured(v->to));
}

void view_summary_text(const struct view_summary *v)
{
	FILE *out = v->to->out;

	print_head(out, v);
	print_verdict(v);
	print_processes(v);
	print_costs(v);
	print_lives(out, v->h);
	print_use(v);
	print_failures(v);
	view_io_failed_text(out, v->io, v->top, ALL_SHOWS, v->h->failures ? NULL : "What failed, and why");
	print_no_cause(v);
	view_io_slower_text(out, v->io, v->top, ALL_SHOWS, "What took a slower way, and why");
	print_findings(v);
}
