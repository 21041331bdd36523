// SPDX-License-Identifier: GPL-2.0
/*
 * fixbuf-trace verify: is every page of every registered buffer pinned, still
 * the page at its address, and charged right?
 */
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "base/signals.h"
#include "base/system.h"
#include "capture/balance.h"
#include "capture/cgroup.h"
#include "capture/heap.h"
#include "capture/inspect.h"
#include "checks/checks.h"
#include "commands/option.h"
#include "commands/run.h"
#include "commands/verify/watch.h"
#include "model/ledger_buffers.h"
#include "model/totals.h"
#include "views/findings.h"
#include "views/rings.h"
#include "views/verdict.h"

/* From 7.2 on the kernel charges nobody for a ring without a limit. */
static bool all_charged(const struct ledger *l, const struct selection *select)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (r->nr_slots && !ring_is_charged(r) && selection_has_ring(select, r))
			return false;
	return true;
}

/* What was looked at, when nothing was found. */
static void print_nothing(FILE *out, const struct verify_options *o, const struct look *look,
			  const struct ring_totals *t, size_t ignored)
{
	if (!t->rings)
		fputs("nothing to check: no ring was found\n", out);
	else if (look->unsettled.nr)
		fputs("unsettled, see above\n", out);
	else if (ignored)
		fputs("nothing else was found\n", out);
	else if (look->pages && all_charged(look->ledger, &o->select))
		fputs("every page is pinned, in place and charged\n", out);
	else if (look->pages)
		fputs("every page is pinned and in place; this kernel does not charge those of "
		      "rings without a limit (CAP_IPC_LOCK)\n", out);
	else
		fputs("nothing is registered\n", out);
}

static void print_totals(FILE *out, const struct findings *fs)
{
	const struct finding_counts c = findings_count(fs);
	size_t suspected = fs->nr;

	for (int s = SEVERITY_INFO; s <= SEVERITY_ERROR; s++)
		suspected -= c.nr[s];
	view_finding_counts(out, &c);
	if (suspected)
		fprintf(out, ", %zu not confirmed", suspected);
	fputc('\n', out);
}

/* Who has them, list shows: its column IN-USE. */
static void print_in_use(const struct verify_options *o, const struct ledger *l, FILE *out)
{
	size_t slots = 0, requests = 0;

	for (const struct ring *r = l->rings; r; r = r->hh.next)
		for (__u32 i = 0, n; selection_has_ring(&o->select, r) && i < r->nr_slots; i++)
			if (slot_requests(r, i, &n) && n) {
				slots++;
				requests += n;
			}
	if (slots)
		fprintf(out, "in use: %zu slot%s, by %zu request%s that %s under way\n", slots, plural(slots), requests,
			plural(requests), requests == 1 ? "is" : "are");
}

static void print_text(const struct verify_options *o, const struct look *look, size_t ignored,
		       __u64 took_ns)
{
	struct ring_totals t = ledger_totals(look->ledger, &o->select);
	bool colour = output_is_coloured(&o->output);
	FILE *out = o->output.out;
	char buf[FMT_LEN];

	view_findings_text(out, &look->findings, VIEW_FINDINGS, "--json has each", colour);
	view_unsettled_text(out, &look->unsettled, colour);
	if (o->output.quiet)
		return;
	fprintf(out, "%s%zu ring%s, %zu buffer%s, %llu page%s checked in %s: ",
		look->findings.nr || look->unsettled.nr ? "\n" : "", t.rings, plural(t.rings),
		t.buffers, plural(t.buffers), look->pages, plural(look->pages), fmt_ns(buf, took_ns));
	if (look->findings.nr)
		print_totals(out, &look->findings);
	else
		print_nothing(out, o, look, &t, ignored);
	print_in_use(o, look->ledger, out);
	view_findings_ignored(out, ignored);
}

static void print_json(const struct verify_options *o, const struct look *look, enum verdict v,
		       size_t ignored, __u64 took_ns)
{
	struct json j = { 0 };

	for (struct ring *r = look->ledger->rings; r; r = r->hh.next)
		cgroup_name_holders(r);
	json_begin(&j, o->output.out);
	/* the walk is the same on every tier and is all that a snapshot takes */
	view_rings_json(&j, &o->output, &o->select, look->ledger, TIER_TRACEPOINTS, true);
	view_verdict_json(&j, v, &look->unsettled);
	view_findings_json(&j, &look->findings, false);
	json_uint(&j, "ignored", ignored);
	json_uint(&j, "pages", look->pages);
	json_uint(&j, "duration_ns", took_ns);
	json_uint(&j, "unsteady_rings", look->unsteady_rings);
	json_uint(&j, "unsteady_buffers", look->unsteady_buffers);
	json_uint(&j, "denied_buffers", look->denied_buffers);
	json_uint(&j, "not_compared_pages", look->not_compared_pages);
	json_uint(&j, "lost", look->ledger->lost);
	json_end(&j);
	json_free(&j);
}

static int now(struct verify_options *o)
{
	const struct check_options checks = { .every_page = o->every_page, .select = &o->select };
	const struct capture_wants wants = { .how = &o->how, .select = &o->select, .pages = true };
	struct progress p = { .on = isatty(STDERR_FILENO) && !o->output.quiet };
	struct run r = { .to = &o->output };
	struct look look = { 0 };
	int status = run_open(&r, &wants);

	if (o->output.json)
		o->output.boot_id = system_boot_id();
	if (!status) {
		p.begun_ns = clock_now_ns();
		/* a signal ends the readings of accounts early: what they left is not sure */
		if (look_closely(r.capture.walk, r.capture.pages, &o->select, &checks, &look, &p) ||
		    look_at_balance(r.capture.walk, &o->select, &look.findings,
				    &look.unsettled) || interrupted)
			status = interrupted ? 128 + interrupted : cannot("%s", err_text());
		progress_end(&p);
	}
	if (!status) {
		enum verdict v;
		size_t ignored;

		look_at_heaps(r.capture.pages, look.ledger, &o->select);
		check_heap(look.ledger, &look.findings);
		ignored_settle(&o->ignored, &look.findings, o->fail_on, &look.unsettled);
		ignored = ignored_drop(&o->ignored, &look.findings);
		v = verdict_of(findings_worst(&look.findings), o->fail_on, &look.unsettled);
		if (o->output.json)
			print_json(o, &look, v, ignored, clock_now_ns() - p.begun_ns);
		else
			print_text(o, &look, ignored, clock_now_ns() - p.begun_ns);
		status = verdict_status(v, o->allow_unsettled, 0);
	}
	look_free(&look);
	run_close(&r);
	return status;
}

static int verify(void *options)
{
	struct verify_options *o = options;

	return o->watch ? watch(o) : now(o);
}

static const struct option_row options[] = {
	ROW_PROGRAM(struct verify_options),
	ROWS_SELECTION(struct verify_options),
	ROW_NO_FOLLOW(struct verify_options, "with --watch and "),
	ROW_RUN_AS(struct verify_options),
	ROW_FAIL_ON(struct verify_options),
	ROW_ALLOW_UNSETTLED(struct verify_options),
	ROWS_IGNORE(struct verify_options, ""),
	{ .name = "pages", .help = "one finding per page instead of merged ranges",
	  .parse = parse_flag, .offset = offsetof(struct verify_options, every_page),
	  .group = GROUP_HOW },
	{ .name = "watch", .help = "keep watching, and show each finding at the call that caused it",
	  .parse = parse_flag, .offset = offsetof(struct verify_options, watch), .group = GROUP_HOW },
	ROW_INTERVAL(struct verify_options, "how often --watch looks at all pages again: 1s unless told; "
		     "the looks take a tenth of one CPU at most"),
	ROW_IO(struct verify_options, "with --watch: also I/O over stale pages, or over other buffers than it was for, or beside other I/O over its memory"),
	ROW_DURATION(struct verify_options),
	ROW_TIER(struct verify_options),
	ROW_BTF(struct verify_options),
	ROW_STACKS(struct verify_options, "show who called: the kernel's and the program's stack"),
	ROW_RING_BUFFER(struct verify_options, "buffer for events that wait to be read (default 4096)"),
	ROW_JSON,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROW_COLOUR,
	ROWS_SAID,
	{ 0 }
};

#define WATCH_ONLY(what) \
	"verify takes " what " with --watch only; add --watch, or leave it out"

static const struct option_rule rules[] = {
	{ "--", EXCLUDES, "pid", PROGRAM_OR_PIDS },
	{ "no-follow", NEEDS, "pid", NO_FOLLOW_WHAT },
	{ "run-as", NEEDS, "--", RUN_AS_WHAT },
	{ "--", NEEDS, "watch", WATCH_ONLY("a program after --") },
	{ "duration", NEEDS, "watch", WATCH_ONLY("-d") },
	{ "no-follow", NEEDS, "watch", WATCH_ONLY("--no-follow") },
	{ "interval", NEEDS, "watch", WATCH_ONLY("-i") },
	{ "io", NEEDS, "watch", WATCH_ONLY("--io") },
	{ "stacks", NEEDS, "watch", WATCH_ONLY("--stacks") },
	{ "tier", NEEDS, "watch", WATCH_ONLY("--tier") },
	{ "ring-buffer", NEEDS, "watch", WATCH_ONLY("--ring-buffer") },
	{ 0 }
};

static const struct verify_options defaults = { .fail_on = SEVERITY_WARNING };

const struct command verify_command = {
	.name = "verify",
	.summary = "checks page pinning, mapping and accounting, now; exits 1 on a finding, 4 unsettled",
	.text = "Checks page by page that each registered buffer is pinned, that its pages are still "
		"those mapped at its address, and that the sum is charged right. With --watch it goes on "
		"and checks after each call, at a fork of who has registered buffers, and every second (-i; a "
		"look that took t of CPU time is followed by a pause of 9 t or more), until Ctrl-C, the "
		"time of -d or the end of PROGRAM; -i, -d, --stacks, --tier, --ring-buffer and PROGRAM "
		"are for --watch only. The exit status is "
		"PROGRAM's own unless it is 0, else 1 when something was found, else 4 when something "
		"that was asked for could not be looked at or confirmed.\v"
		"Examples:\n"
		"  fixbuf-trace verify                    # everything; exit status 1 on a finding\n"
		"  fixbuf-trace verify -p 812 --pages     # one process, page by page\n"
		"  fixbuf-trace verify --fail-on error    # warnings do not fail\n"
		"  fixbuf-trace verify --watch -- ./server # at which call it breaks\n",
	.options = options, .rules = rules,
	.options_size = sizeof(struct verify_options), .defaults = &defaults,
	.run = verify,
};
