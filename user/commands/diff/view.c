// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "base/pid.h"
#include "base/table.h"
#include "base/wrap.h"
#include "commands/diff/view.h"

#define WIDTH	80
#define NAME	20	/* columns of a process's name, tamed, at most */
#define CELL	80
#define NAMED	2	/* whose what got worse is, of all that it is of: a line has no room for more */

static const char *put_name(char buf[CELL], struct untrusted comm)
{
	tame(buf, CELL, comm);
	buf[text_fitting(untrusted(buf), NAME)] = 0;
	return buf;
}

/* "812", as far as a process has such a number. */
static const char *pid_text(char buf[FMT_LEN], __u64 pid, __s64 ns_pid)
{
	return fmt_pid(buf, pid, ns_pid);
}

static char sign(const void *was, const void *is)
{
	return !was ? '+' : !is ? '-' : '~';
}

/* ---- text -------------------------------------------------------------------------------- */

static void put_amount(struct table *t, __u64 had, __u64 has, const char *(*format)(char buf[FMT_LEN], __u64 value))
{
	char now[FMT_LEN], change[FMT_LEN];

	if (had == has)
		table_cell(t, "%s", format(now, has));
	else
		table_cell(t, "%s %c%s", format(now, has), has > had ? '+' : '-',
			   format(change, has > had ? has - had : had - has));
}

static const char *fmt_count(char buf[FMT_LEN], __u64 nr)
{
	snprintf(buf, FMT_LEN, "%llu", nr);
	return buf;
}

static void put_sums(struct table *t, const struct sums *had, const struct sums *has, bool pinned)
{
	put_amount(t, had->buffers, has->buffers, fmt_count);
	put_amount(t, had->registered_bytes, has->registered_bytes, fmt_bytes);
	if (had->unknown || has->unknown)
		table_cell(t, "?");
	else
		put_amount(t, had->charged_bytes, has->charged_bytes, fmt_bytes);
	if (pinned)
		put_amount(t, had->pinned_bytes, has->pinned_bytes, fmt_bytes);
	else
		table_cell(t, "%s", "");
}

static void put_change(struct table *t, const struct change *c)
{
	static const char *const held[] = { "fd", "registered index", "thread" };
	const struct listed_ring *r = c->is ?: c->was;
	char name[CELL], pid[FMT_LEN], s = sign(c->was, c->is);
	const char *others = c->was && c->is && c->had.registered_bytes == c->has.registered_bytes ? ", another" : "";

	if (c->what == CHANGED_PROCESS && !r->pid)
		table_cell(t, "%c nobody's", s);
	else if (c->what == CHANGED_PROCESS)
		table_cell(t, "%c pid %s %s", s, pid_text(pid, r->pid, r->ns_pid), put_name(name, r->comm));
	else if (c->what == CHANGED_RING)
		table_cell(t, "%c   %s %lld", s, held[r->held], r->number);
	else if (c->first == c->last)
		table_cell(t, "%c     slot %u%s", s, c->first, others);
	else
		table_cell(t, "%c     slots %u-%u%s", s, c->first, c->last, *others ? ", others" : "");
	put_sums(t, &c->had, &c->has, c->what == CHANGED_PROCESS);
}

static void put_total(struct table *t, const struct difference *d)
{
	const struct sums *had = &d->had, *has = &d->has;

	if (had->rings == has->rings)
		table_cell(t, "  %llu ring%s", has->rings, plural(has->rings));
	else
		table_cell(t, "  %llu ring%s %+lld", has->rings, plural(has->rings), (__s64)(has->rings - had->rings));
	put_sums(t, had, has, true);
}

static void print_rings(const struct output *to, const struct difference *d)
{
	const struct sums *has = &d->has;
	char a[FMT_LEN], b[FMT_LEN];
	struct table *t;

	if (!d->nr_changes) {
		if (!to->quiet && !has->rings)
			fprintf(to->out, "neither of the two has a ring\n");
		else if (!to->quiet)
			fprintf(to->out, "no ring changed: %llu ring%s, %llu buffer%s, %s registered, %s charged\n", has->rings,
				plural(has->rings), has->buffers, plural(has->buffers), fmt_bytes(a, has->registered_bytes),
				has->unknown ? "?" : fmt_bytes(b, has->charged_bytes));
		return;
	}
	t = table_new("<WHAT BUFFERS REGISTERED CHARGED PINNED");
	for (size_t i = 0; i < d->nr_changes; i++)
		put_change(t, &d->changes[i]);
	if (!to->quiet)
		put_total(t, d);
	table_print(t, to->out, !to->no_header, 0);
}

/* Of two recordings: all that either has. */
static void print_counters(const struct output *to, const struct run_report *a, const struct run_report *b)
{
	static const char *(*const format[])(char buf[FMT_LEN], __u64 value) = {
		[UNIT_COUNT] = fmt_count, [UNIT_BYTES] = fmt_bytes, [UNIT_TIME] = fmt_ns,
	};
	struct table *t = table_new("<WHAT BEFORE AFTER RATIO");
	const struct counter_row *row;
	char buf[FMT_LEN];

	table_cell(t, "duration");
	table_cell(t, "%s", fmt_ns(buf, a->duration_ns));
	table_cell(t, "%s", fmt_ns(buf, b->duration_ns));
	table_cell(t, "%s", "");
	for (size_t i = 0; (row = counter_row(i)); i++) {
		double ratio = run_ratio(a, b, i), low, high;

		if (!row->label || (!a->of[i].value && !b->of[i].value))
			continue;
		table_cell(t, "%s", row->label);
		table_cell(t, "%s", a->of[i].known ? format[row->unit](buf, a->of[i].value) : "-");
		table_cell(t, "%s", b->of[i].known ? format[row->unit](buf, b->of[i].value) : "-");
		if (ratio && run_spread(a, b, i, &low, &high))
			table_cell(t, "%.2f %.2f-%.2f", ratio, low, high);
		else if (ratio)
			table_cell(t, "%.2f", ratio);
		else
			table_cell(t, "-");
	}
	table_print(t, to->out, !to->no_header, 0);
}

static void print_finding(FILE *out, const struct finding_change *c)
{
	const struct listed_finding *f = c->is ?: c->was;
	size_t size = TAME_FACTOR * f->detail.len + 1;
	char name[CELL], pid[FMT_LEN], *text;

	fprintf(out, "%c ", sign(c->was, c->is));
	put_tamed(out, f->severity);
	putc_unlocked(' ', out);
	put_tamed(out, f->tag);
	if (f->pid)
		fprintf(out, ": pid %s %s", pid_text(pid, f->pid, f->ns_pid), put_name(name, f->comm));
	else
		fprintf(out, ": uid %llu", f->uid);
	if (f->fd >= 0)
		fprintf(out, ", fd %lld", f->fd);
	if (f->index >= 0)
		fprintf(out, ", slot %lld", f->index);
	fputc('\n', out);
	if (!c->is || !f->detail.len)
		return;
	text = must_alloc(size, 1);
	fputs("        ", out);
	wrap(out, tame(text, size, f->detail), 8, 8, WIDTH);
	free(text);
}

/* "worse: charged: many +96K, fio +8K and 3 more" */
static void print_worse(FILE *out, const struct worse *w)
{
	char name[CELL], grown[FMT_LEN];

	fprintf(out, "worse: %s", w->what);
	for (size_t i = 0; i < w->nr_by && i < NAMED; i++)
		fprintf(out, "%s %s +%s", i ? "," : ":", w->by[i].comm.len ? put_name(name, w->by[i].comm) : "nobody's",
			(w->bytes ? fmt_bytes : fmt_count)(grown, w->by[i].has - w->by[i].had));
	if (w->nr_by > NAMED)
		fprintf(out, " and %zu more", w->nr_by - NAMED);
	fputc('\n', out);
}

void view_difference_text(const struct output *to, const struct difference *d, const struct snapshot s[2],
			  const struct conclusion *c)
{
	FILE *out = to->out;

	if (d->other_boot)
		fputs("these are of different machines, or the machine was started anew: no process is in both\n", out);
	if (s[0].has_rings && s[1].has_rings)
		print_rings(to, d);
	if (s[0].run.there && s[1].run.there)
		print_counters(to, &s[0].run, &s[1].run);
	for (size_t i = 0; i < d->nr_findings; i++)
		print_finding(out, &d->findings[i]);
	if (d->compared_findings && !d->nr_findings && !to->quiet)
		fprintf(out, "no finding came or went: %zu finding%s\n", s[1].nr_findings, plural(s[1].nr_findings));
	for (size_t i = 0; i < c->nr_unsettled; i++) {
		fputs("unsettled: ", out);
		wrap(out, c->unsettled[i], 11, 8, WIDTH);
	}
	for (size_t i = 0; i < c->nr_apart && !to->quiet; i++)
		fprintf(out, "not compared, as only one has any: %s\n", c->apart[i]);
	for (size_t i = 0; i < c->nr_worse; i++)
		print_worse(out, &c->worse[i]);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void put_sums_json(struct json *j, const struct sums *s, bool whole)
{
	if (whole)
		json_uint(j, "rings", s->rings);
	json_uint(j, "buffers", s->buffers);
	json_uint(j, "registered_bytes", s->registered_bytes);
	json_known(j, "charged_bytes", !s->unknown, s->charged_bytes);
	if (whole)
		json_uint(j, "pinned_bytes", s->pinned_bytes);
	json_close(j);
}

static const char *change_name(const void *was, const void *is)
{
	return !was ? "came" : !is ? "went" : "changed";
}

static void put_owner(struct json *j, __u64 pid, __s64 ns_pid, struct untrusted comm)
{
	json_uint(j, "pid", pid);
	json_ns_pid(j, ns_pid);
	json_text(j, "comm", comm.bytes ? comm : untrusted(""));
}

static void put_change_json(struct json *j, const struct change *c)
{
	static const char *const what[] = { "process", "ring", "slots" };
	static const char *const held[] = { "fd", "registered_index", "tid" };
	const struct listed_ring *r = c->is ?: c->was;
	bool process = c->what == CHANGED_PROCESS;

	json_item_open(j);
	json_str(j, "what", what[c->what]);
	json_str(j, "change", change_name(c->was, c->is));
	put_owner(j, r->pid, r->ns_pid, r->comm);
	json_known(j, "start_ns", r->start_ns, r->start_ns);
	if (!process) {
		json_key(j, held[r->held]);
		json_item_int(j, r->number);
	}
	if (c->what == CHANGED_SLOTS) {
		json_uint(j, "first", c->first);
		json_uint(j, "last", c->last);
	}
	json_open(j, "had");
	put_sums_json(j, &c->had, process);
	json_open(j, "has");
	put_sums_json(j, &c->has, process);
	json_close(j);
}

static void put_finding_json(struct json *j, const struct finding_change *c)
{
	const struct listed_finding *f = c->is ?: c->was;

	json_item_open(j);
	json_str(j, "change", change_name(c->was, c->is));
	json_text(j, "tag", f->tag);
	json_text(j, "severity", f->severity);
	put_owner(j, f->pid, f->ns_pid, f->comm);
	json_int(j, "fd", f->fd);
	json_int(j, "index", f->index);
	json_uint(j, "uid", f->uid);
	json_text(j, "detail", f->detail);
	json_close(j);
}

static void put_counter_json(struct json *j, const struct run_report *a, const struct run_report *b, size_t i)
{
	const struct counter_row *row = counter_row(i);
	double ratio = run_ratio(a, b, i), low, high;

	json_item_open(j);
	json_str(j, "of", row->group);
	json_str(j, "name", row->name);
	json_known(j, "had", a->of[i].known, a->of[i].value);
	json_known(j, "has", b->of[i].known, b->of[i].value);
	if (ratio)
		json_double(j, "ratio", ratio);
	else
		json_null(j, "ratio");
	if (ratio && run_spread(a, b, i, &low, &high)) {
		json_double(j, "ratio_low", low);
		json_double(j, "ratio_high", high);
	}
	json_close(j);
}

static void put_grown_json(struct json *j, const struct worse *w)
{
	for (size_t i = 0; i < w->nr_by; i++) {
		json_item_open(j);
		json_str(j, "what", w->what);
		json_text(j, "comm", w->by[i].comm.bytes ? w->by[i].comm : untrusted(""));
		if (w->bytes) {
			json_uint(j, "had_bytes", w->by[i].had);
			json_uint(j, "has_bytes", w->by[i].has);
		} else {
			json_uint(j, "had", w->by[i].had);
			json_uint(j, "has", w->by[i].has);
		}
		json_close(j);
	}
}

void view_difference_json(const struct output *to, const struct difference *d, const struct snapshot s[2],
			  const struct conclusion *c)
{
	struct json j = { 0 };

	json_begin(&j, to->out);
	json_int(&j, "schema", 2);
	json_flag(&j, "other_boot", d->other_boot);
	json_open(&j, "had");
	put_sums_json(&j, &d->had, true);
	json_open(&j, "has");
	put_sums_json(&j, &d->has, true);
	json_open_list(&j, "changes");
	for (size_t i = 0; i < d->nr_changes; i++)
		put_change_json(&j, &d->changes[i]);
	json_close(&j);
	json_open_list(&j, "findings");
	for (size_t i = 0; i < d->nr_findings; i++)
		put_finding_json(&j, &d->findings[i]);
	json_close(&j);
	json_open_list(&j, "counters");
	for (size_t i = 0; s[0].run.there && s[1].run.there && counter_row(i); i++)
		if (s[0].run.of[i].known || s[1].run.of[i].known)
			put_counter_json(&j, &s[0].run, &s[1].run, i);
	json_close(&j);
	json_open_list(&j, "worse");
	for (size_t i = 0; i < c->nr_worse; i++)
		json_item_str(&j, c->worse[i].what);
	json_close(&j);
	json_open_list(&j, "grew");
	for (size_t i = 0; i < c->nr_worse; i++)
		put_grown_json(&j, &c->worse[i]);
	json_close(&j);
	json_open_list(&j, "not_compared");
	for (size_t i = 0; i < c->nr_apart; i++)
		json_item_str(&j, c->apart[i]);
	json_close(&j);
	json_open_list(&j, "unsettled");
	for (size_t i = 0; i < c->nr_unsettled; i++)
		json_item_str(&j, c->unsettled[i]);
	json_close(&j);
	json_end(&j);
	json_free(&j);
}
