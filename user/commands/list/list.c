// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace list: every ring of every process and its registered buffers, now. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/signals.h"
#include "base/system.h"
#include "capture/cgroup.h"
#include "capture/kernel.h"
#include "commands/list/list.h"
#include "commands/list/unprivileged.h"
#include "views/holdings.h"
#include "views/rings.h"

#define TOP_ALL UINT_MAX

struct list_json {
	const struct list_options *o;
	const struct ledger *l;
	struct json j;
};

static void print_ring(struct ring *r, void *arg)
{
	struct list_json *to = arg;

	if (!selection_has_ring(&to->o->select, r) || !ring_has_size(r, to->o->min_bytes))
		return;
	cgroup_name_holders(r);
	view_ring_json(&to->j, to->l, r, false, to->o->min_bytes);
}

/* Ring by ring: there may be millions of slots. */
static int print_streamed(const struct list_options *o, struct walk *w, struct list_json *to,
			  struct ledger *l)
{
	const struct ring_told told = { print_ring, to };
	int err;

	/* the walk is the same on every tier and is all that a snapshot takes */
	view_rings_json_begin(&to->j, &o->output, TIER_TRACEPOINTS);
	err = walk_each_ring(w, l, &told);
	if (!err)
		json_close(&to->j);
	return err;
}

static void print_sorted(const struct list_options *o, struct list_json *to, struct ledger *l)
{
	size_t nr = 0;

	holdings_sort_rings(l, o->sort);
	view_rings_json_begin(&to->j, &o->output, TIER_TRACEPOINTS);
	for (struct ring *r = l->rings; r && nr < o->top; r = r->hh.next)
		if (selection_has_ring(&o->select, r) && ring_has_size(r, o->min_bytes)) {
			cgroup_name_holders(r);
			view_ring_json(&to->j, l, r, false, o->min_bytes);
			nr++;
		}
	json_close(&to->j);
}

/* Of the selection's rings: a walk does not tell them. */
static void name_cgroups(const struct list_options *o, const struct ledger *l)
{
	for (struct ring *r = l->rings; r; r = r->hh.next)
		if (selection_has_ring(&o->select, r))
			cgroup_name_holders(r);
}

/* Of the processes that are shown: a column that text has not. */
static void name_owners(const struct ledger *l, const struct holding *list, size_t nr)
{
	for (size_t i = 0; i < nr && !interrupted; i++)
		cgroup_name_holders(ledger_ring(l, list[i].ring->id));
}

static void print_holdings(const struct list_options *o, struct json *j, const struct ledger *l)
{
	enum holdings_by by = o->by - LIST_BY_PROCESS;
	struct holding *list;
	size_t nr;

	if (by == BY_CGROUP)
		name_cgroups(o, l);
	list = holdings_of(l, &o->select, by, o->min_bytes, &nr);
	holdings_sort(list, nr, o->sort);
	for (size_t i = 0; by == BY_CGROUP && i < nr; i++)
		if (list[i].cgroup)
			cgroup_memory(list[i].cgroup, &list[i].cgroup_bytes, &list[i].cgroup_max_bytes);
	if (by == BY_PROCESS && (j || o->output.csv))
		name_owners(l, list, nr < o->top ? nr : o->top);
	if (j)
		view_holdings_json(j, list, nr, o->top, by);
	else if (o->output.csv)
		view_holdings_csv(&o->output, list, nr, o->top, by);
	else if (nr || o->output.quiet)
		view_holdings_text(&o->output, list, nr, o->top, by);
	else
		view_rings_sums(&o->output, &o->select, l, 0, o->top);
	if (!j && !o->output.csv)
		view_skipped_slots(o->output.out, &o->select, l, true);
	free(list);
}

static int print_json(const struct list_options *o, struct walk *w, struct ledger *l)
{
	struct list_json to = { .o = o, .l = l };
	bool streamed = !o->by && !o->sorted && o->top == TOP_ALL;
	int err = streamed ? 0 : walk_rings(w, l);

	json_begin(&to.j, o->output.out);
	if (streamed)
		err = print_streamed(o, w, &to, l);
	else if (!err && o->by) {
		view_snapshot_json(&to.j, &o->output, TIER_TRACEPOINTS);
		print_holdings(o, &to.j, l);
	} else if (!err)
		print_sorted(o, &to, l);
	if (!err) {
		json_uint(&to.j, "unsteady_rings", walk_unsteady(w));
		json_uint(&to.j, "skipped_slots", ledger_totals(l, &o->select).skipped_slots);
		json_end(&to.j);
	}
	json_free(&to.j);
	return err;
}

/* As text or as CSV, in which what is no row goes to standard error. */
static int print_text(const struct list_options *o, struct walk *w, struct ledger *l)
{
	const struct rings_shown shown = { o->min_bytes, o->top };
	FILE *beside = o->output.csv ? stderr : o->output.out;
	unsigned int unsteady;
	int err = walk_rings(w, l);

	if (err)
		return err;
	holdings_sort_rings(l, o->sort);
	if (o->by) {
		print_holdings(o, NULL, l);
	} else {
		name_cgroups(o, l);
		(o->output.csv ? view_rings_csv : view_rings_text)(&o->output, &o->select, l, &shown);
	}
	if (o->output.csv)
		view_skipped_slots(stderr, &o->select, l, true);
	if (interrupted)
		return -EINTR;
	unsteady = walk_unsteady(w);
	if (unsteady)
		fprintf(beside, "%u ring%s changed too fast to be read; run it again\n", unsteady,
			plural(unsteady));
	return 0;
}

int list_look(const struct list_options *o, struct walk *w, struct ledger *l)
{
	return o->output.json ? print_json(o, w, l) : print_text(o, w, l);
}

static bool has_rings(const struct list_options *o, const struct ledger *l)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (selection_has_ring(&o->select, r))
			return true;
	return false;
}

static int list(void *options)
{
	struct list_options *o = options;
	const struct capture_wants wants = { .how = &o->how, .select = &o->select, .memory = true };
	struct run r = { .to = &o->output, .duration_ns = o->duration_ns };
	struct ledger *l = ledger_new();
	int status = o->by == LIST_BY_CGROUP && cgroup_may_group("give --by process or --by user") ?
		     cannot("%s", err_text()) : run_open(&r, &wants);

	if (o->output.json)
		o->output.boot_id = system_boot_id();
	if (!status && list_look(o, r.capture.walk, l))
		status = run_cannot();
	if (!status && !o->output.quiet && !has_rings(o, l))
		fprintf(stderr, PROGRAM_NAME ": no ring%s was found\n",
			selection_asks(&o->select) ? " of the selection" : "");
	if (!status && !o->output.quiet && walk_is_inside(r.capture.walk) && !o->select.nr_pids)
		fprintf(stderr, PROGRAM_NAME ": rings of processes outside of this pid namespace are not shown\n");
	if (status == EXIT_CANNOT && system_has_proc() && !kern_is_allowed() && !o->output.json && !o->output.csv)
		list_unprivileged(&o->output, &o->select, o->by || o->sorted || o->min_bytes || o->top != TOP_ALL || o->watch);
	if (!status && o->watch)
		status = list_watch(o, &r, l);
	else
		ledger_free(l);
	run_close(&r);
	return status;
}

/* In the order of enum holdings_by, behind that of rings. */
static const char *const words_by[] = { "ring", "process", "user", "cgroup", NULL };
/* In the order of enum holdings_sort. */
static const char *const words_sort[] = { "size", "charged", "refs", "pid", "uid", NULL };

static parser(parse_sort)
{
	struct list_options *o = at;
	int sort;

	if (!parse_word(row, arg, &sort))
		return false;
	o->sort = sort;
	o->sorted = true;
	return true;
}

static const struct option_row options[] = {
	ROWS_SELECTION(struct list_options),
	{ .name = "by", .arg = "WHAT", .words = words_by, .parse = parse_word,
	  .help = "a line for each process, user or cgroup, with sums; ring (default): all of each ring",
	  .offset = offsetof(struct list_options, by), .group = GROUP_VIEW,
	  .refusal = "'%s' is not what list sums up; give process, user, cgroup or ring" },
	{ .name = "sort", .arg = "WHAT", .words = words_sort, .parse = parse_sort,
	  .help = "most first by size (default in text), charged or refs; by pid or uid",
	  .group = GROUP_VIEW, .refusal = "'%s' is no order; give size, charged, refs, pid or uid" },
	{ .name = "min-size", .arg = "BYTES", .words = words_size, .parse = parse_bytes,
	  .help = "only buffers of that size or more, and who has such", .group = GROUP_VIEW,
	  .offset = offsetof(struct list_options, min_bytes),
	  .refusal = "'%s' is not a size; give 65536, 64K or 1M" },
	{ .name = "top", .arg = "N", .words = words_count, .parse = parse_number,
	  .help = "only the first N", .group = GROUP_VIEW,
	  .offset = offsetof(struct list_options, top),
	  .refusal = "'%s' is not a number from 1 to 1000000000" },
	{ .name = "watch", .help = "look again and again, and show what changed: rings, buffers, charges",
	  .parse = parse_flag, .offset = offsetof(struct list_options, watch), .group = GROUP_HOW },
	ROW_INTERVAL(struct list_options, "how often --watch looks (default 2s)"),
	ROW_DURATION(struct list_options),
	ROW_BTF(struct list_options),
	ROW_JSON,
	ROW_CSV,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROWS_SAID,
	{ 0 }
};

#define WATCH_RINGS(option) \
	"--watch tells of each ring by itself; leave " option " out"
#define WATCH_ONLY(option) option " is about --watch; add it, or leave " option " out"

static const struct option_rule rules[] = {
	{ "interval", NEEDS, "watch", WATCH_ONLY("-i") },
	{ "duration", NEEDS, "watch", WATCH_ONLY("-d") },
	{ "by", EXCLUDES, "watch", WATCH_RINGS("--by") },
	{ "sort", EXCLUDES, "watch", WATCH_RINGS("--sort") },
	{ "top", EXCLUDES, "watch", WATCH_RINGS("--top") },
	{ "csv", EXCLUDES, "watch", "--watch tells what changed, as text, or each look, as JSON; leave --csv out" },
	RULE_CSV,
	{ 0 }
};

static const struct list_options defaults = { .top = TOP_ALL, .interval_ns = 2 * NS_PER_S };

const struct command list_command = {
	.name = "list",
	.summary = "every ring of every process and its registered buffers, now",
	.text = "Shows each ring, who holds it, whose limit it counts against and how much of that is "
		"used, and each registered buffer with its folio size and charge.\v"
		"Examples:\n"
		"  fixbuf-trace list                  # all rings\n"
		"  fixbuf-trace list -p 812,977       # those of two processes\n"
		"  fixbuf-trace list --by user        # who has how much, and how much is left\n"
		"  fixbuf-trace list --by cgroup      # the same of containers and units, and their memory.max\n"
		"  fixbuf-trace list --by process --top 10 --sort charged\n"
		"  fixbuf-trace list --watch -i 2s    # and then what changes\n"
		"  fixbuf-trace list --json -o a.json # for a program\n"
		"  fixbuf-trace list --csv -o a.csv   # for a spreadsheet\n",
	.options = options, .rules = rules,
	.options_size = sizeof(struct list_options), .defaults = &defaults,
	.run = list,
};
