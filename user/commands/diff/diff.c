// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace diff: what changed between two looks at rings. */
#include <stdlib.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/json_read.h"
#include "base/signals.h"
#include "commands/diff/narrow.h"
#include "commands/diff/source.h"
#include "commands/diff/view.h"
#include "commands/option.h"
#include "commands/output_file.h"

#define MOST_MEMORY	(1ULL << 30)

/* In the order of the words: of rings, findings, and recordings. */
enum fail_on {
	ON_CHARGED, ON_REGISTERED, ON_BUFFERS, ON_RINGS, ON_PINNED, ON_FINDINGS, ON_INFO, ON_WARNING, ON_ERROR,
	ON_FAILED, ON_LATENCY, ON_USUAL
};

static const char *const words_fail_on[] = {
	"charged", "registered", "buffers", "rings", "pinned", "findings", "info", "warning", "error",
	"failed", "latency", NULL
};

struct diff_options {
	struct output output;
	struct diff_files {
		const char *list[2];
		size_t nr;
	} files;
	struct selection select;
	enum fail_on fail_on;
	enum fail_on usual;	/* of rings: without --fail-on */
	bool narrowed;		/* to whom a recording was asked for */
	const char *of_whom;	/* a recording is, for which nobody was asked for; NULL = that is no matter */
};

static bool is_now(const struct diff_options *o)
{
	return o->files.nr == 1;
}

static bool asks(const struct diff_options *o, enum fail_on what)
{
	return o->fail_on == what || (o->fail_on == ON_USUAL && (what == o->usual || what == ON_FINDINGS || what == ON_FAILED));
}

static bool has_rings(const struct snapshot *s)
{
	return s->has_rings;
}

static bool has_findings(const struct snapshot *s)
{
	return s->has_findings;
}

static bool has_run(const struct snapshot *s)
{
	return s->run.there;
}

/* What a word is about, and who prints that. */
static const struct part {
	enum fail_on first, last;
	bool (*is_in)(const struct snapshot *s);
	const char *name, *source;
} parts[] = {
	{ ON_CHARGED, ON_PINNED, has_rings, "rings", "list --json or verify --json" },
	{ ON_FINDINGS, ON_ERROR, has_findings, "findings", "verify --json or report --json" },
	{ ON_FAILED, ON_LATENCY, has_run, "counters of a recording", "report --json" },
};

#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

static bool asks_of(const struct diff_options *o, const struct part *p)
{
	return o->fail_on == ON_USUAL || (o->fail_on >= p->first && o->fail_on <= p->last);
}

static bool in_both(const struct part *p, const struct snapshot s[2])
{
	return p->is_in(&s[0]) && p->is_in(&s[1]);
}

static bool asks_of_findings(const struct diff_options *o)
{
	return o->fail_on == ON_USUAL || (o->fail_on >= ON_FINDINGS && o->fail_on <= ON_ERROR);
}

/* Of this severity or worse, as with --fail-on of verify: without one a warning. */
static bool is_bad(const struct listed_finding *f, enum fail_on what)
{
	if (json_name_is(f->severity, "error") || what == ON_INFO)
		return true;
	return what != ON_ERROR && !json_name_is(f->severity, "info");
}

struct news {
	const struct listed_finding *f;
	int more;	/* 1 = it came, -1 = it went */
};

/* Those of one name and tag together; what is nobody's is a user's. */
static int news_order(const void *a, const void *b)
{
	const struct listed_finding *x = ((const struct news *)a)->f, *y = ((const struct news *)b)->f;

	return text_order(x->tag, y->tag) ?: text_order(x->comm, y->comm) ?:
	       (x->comm.len ? 0 : (x->uid > y->uid) - (x->uid < y->uid));
}

/* As with rings: a program that was started anew, with what was wrong before, is no worse. */
static bool has_bad_news(const struct difference *d, enum fail_on what)
{
	struct news *list = must_alloc(d->nr_findings + 1, sizeof(*list));
	long long more = 0;
	bool worse = false;
	size_t nr = 0;

	for (size_t i = 0; i < d->nr_findings; i++) {
		const struct finding_change *c = &d->findings[i];

		if (is_bad(c->is ?: c->was, what))
			list[nr++] = (struct news){ c->is ?: c->was, c->is ? 1 : -1 };
	}
	qsort(list, nr, sizeof(*list), news_order);
	for (size_t i = 0; i < nr && !worse; i++) {
		bool last = i + 1 == nr || news_order(&list[i], &list[i + 1]);

		more += list[i].more;
		worse = last && more > 0;
		if (last)
			more = 0;
	}
	free(list);
	return worse;
}

static __u64 amount(const struct sums *s, enum fail_on what)
{
	switch (what) {
	case ON_CHARGED:
		return s->charged_bytes;
	case ON_REGISTERED:
		return s->registered_bytes;
	case ON_BUFFERS:
		return s->buffers;
	case ON_RINGS:
		return s->rings;
	default:
		return s->pinned_bytes;
	}
}

static bool grew(const struct sums *had, const struct sums *has, enum fail_on what)
{
	return amount(has, what) > amount(had, what) && !(what == ON_CHARGED && (had->unknown || has->unknown));
}

static int most_first(const void *a, const void *b)
{
	const struct grown *x = a, *y = b;
	__u64 dx = x->has - x->had, dy = y->has - y->had;

	return (dx < dy) - (dx > dy) ?: text_order(x->comm, y->comm);
}

/* Of rings: what the processes of one name have more of is no better for what another's gave up. */
static bool find_grown(struct worse *w, const struct difference *d, enum fail_on what)
{
	for (size_t i = 0; i < d->nr_names; i++) {
		const struct name_change *n = &d->names[i];

		if (!grew(&n->had, &n->has, what))
			continue;
		array_grow(w->by, w->nr_by);
		w->by[w->nr_by++] = (struct grown){ n->comm, amount(&n->had, what), amount(&n->has, what) };
	}
	if (w->nr_by)
		qsort(w->by, w->nr_by, sizeof(*w->by), most_first);
	return w->nr_by || grew(&d->had, &d->has, what);
}

static bool got_worse(struct worse *w, const struct difference *d, const struct snapshot s[2], enum fail_on what)
{
	switch (what) {
	case ON_FINDINGS:
	case ON_INFO:
	case ON_WARNING:
	case ON_ERROR:
		return has_bad_news(d, what);
	case ON_FAILED:
		return run_fails_more(&s[0].run, &s[1].run);
	case ON_LATENCY:
		return run_is_slower(&s[0].run, &s[1].run) > 0;
	default:
		return find_grown(w, d, what);
	}
}

#define UNSETTLED(c, ...) \
	snprintf((c)->unsettled[(c)->nr_unsettled++], sizeof((c)->unsettled[0]), __VA_ARGS__)

static void weigh(struct conclusion *c, const struct diff_options *o, const struct snapshot s[2],
		  const struct difference *d)
{
	for (size_t i = 0; i < NR_PARTS; i++) {
		const struct part *p = &parts[i];

		if (!asks_of(o, p) || p->is_in(&s[0]) == p->is_in(&s[1]))
			;
		else if (o->fail_on == ON_USUAL && is_now(o) && in_both(&parts[0], s))
			c->apart[c->nr_apart++] = p->name;
		else
			UNSETTLED(c, "only one of the two has %s, as %s prints them: they were not compared", p->name, p->source);
		for (enum fail_on what = p->first; what <= p->last; what++) {
			struct worse w = { .what = words_fail_on[what], .bytes = what == ON_CHARGED || what == ON_REGISTERED || what == ON_PINNED };

			if (asks(o, what) && in_both(p, s) && got_worse(&w, d, s, what))
				c->worse[c->nr_worse++] = w;
		}
	}
	if ((selection_asks(&o->select) || o->narrowed) && !s[0].nr_rings && !s[1].nr_rings && !run_has_any(&s[0].run) && !run_has_any(&s[1].run))
		UNSETTLED(c, "nothing of the selection is in either of the two: nothing was compared");
	if (o->of_whom)
		UNSETTLED(c, "%.200s is a recording %s: of what runs now only the processes that it shows were compared; "
			  "give whom to compare with -p, -u, --comm, --cgroup, --unit or --container", s[0].path, o->of_whom);
	for (int i = 0; i < 2; i++) {
		if (s[i].missing)
			UNSETTLED(c, "%.300s does not tell of %llu slots, rings, events or I/Os, which changed too fast, "
				  "were too many or were lost", s[i].path, s[i].missing);
		if (s[i].run.cut_off)
			UNSETTLED(c, "the recording of %.300s breaks off: its end is missing", s[i].path);
		if (asks_of_findings(o) && s[i].is_unsettled)
			UNSETTLED(c, "not all was settled when %.300s was made: more may have been wrong", s[i].path);
	}
	if (asks_of_findings(o) && in_both(&parts[1], s) && !d->compared_findings)
		UNSETTLED(c, "one of the two is a recording, where other things are checked: findings were not compared");
	if (asks(o, ON_CHARGED) && in_both(&parts[0], s) && (d->had.unknown || d->has.unknown))
		UNSETTLED(c, "what some buffers are charged is not told: the kernel keeps it by ring; --fail-on registered compares their length");
	if (o->fail_on == ON_LATENCY && run_is_slower(&s[0].run, &s[1].run) < 0)
		UNSETTLED(c, "too little was timed in both to compare it: a P50 takes 100 calls or I/Os, a P99 10000");
}

static int tell(struct diff_options *o, const struct snapshot s[2])
{
	struct conclusion c = { 0 };
	struct difference d;

	compare(&d, &s[0], &s[1]);
	/* VmPin is no better: from Linux 7.2 on it stays 0 where no limit holds */
	o->usual = d.had.unknown || d.has.unknown ? ON_REGISTERED : ON_CHARGED;
	weigh(&c, o, s, &d);
	if (o->output.json)
		view_difference_json(&o->output, &d, s, &c);
	else
		view_difference_text(&o->output, &d, s, &c);
	difference_free(&d);
	for (size_t i = 0; i < c.nr_worse; i++)
		free(c.worse[i].by);
	return c.nr_worse ? EXIT_FINDINGS : c.nr_unsettled ? EXIT_UNSETTLED : EXIT_DONE;
}

/* What a recording of some leaves out is not new: of what runs now the same is taken, of whom was asked for here. */
static int read_now(struct diff_options *o, struct snapshot s[2])
{
	struct selection asked;
	bool given = selection_asks(&o->select), run = s[0].run.there;
	int status;

	o->narrowed = narrow_asked(&asked, &s[0]);
	if (o->narrowed && !given && !o->output.quiet)
		fprintf(stderr, PROGRAM_NAME ": %s is a recording of some processes (-p, -u, --comm): the same are taken of what runs now\n", s[0].path);
	status = source_now(&s[1], &s[0], &o->output, given ? &o->select : &asked, s[0].has_findings && !s[0].recorded);
	/* what they started is in the file, and not found again by their ids */
	for (int i = 0; i < 2 && !status; i++)
		snapshot_select(&s[i], &asked);
	s[0].run.there = run;
	if (!status && !given && !o->narrowed)
		o->of_whom = narrow_to_shown(&s[1], &s[0]);
	selection_free(&asked);
	return status;
}

static int run(void *options)
{
	struct diff_options *o = options;
	struct selection of_file = o->select;
	struct snapshot s[2] = { 0 };
	int status = 0;

	/* nothing in a file tells who was in a control group */
	of_file.cgroup = NULL;

	if (!o->files.nr || o->files.nr > 2)
		return misuse("name two files to compare, the earlier one first, or one to compare with what runs now; - is standard input");
	if (!is_now(o) && !strcmp(o->files.list[0], "-") && !strcmp(o->files.list[1], "-"))
		return misuse("only one of the two can be standard input; name a file for the other");
	if (!is_now(o) && o->select.cgroup)
		return misuse("--cgroup, --unit and --container choose from what runs now; name one file, or select with -p, -u or --comm");
	if (!is_now(o))
		/* nothing here takes a cleaner end than any filter's */
		signals_leave();
	alloc_limit(MOST_MEMORY, "these take more than 1 GiB of memory, as files do that were made to; compare smaller ones, by list -p, -u or --comm");
	for (size_t i = 0; i < o->files.nr && !status; i++)
		status = source_read(&s[i], o->files.list[i], &of_file);
	if (!status && is_now(o))
		status = read_now(o, s);
	for (size_t i = 0; i < NR_PARTS && !status; i++)
		if (o->fail_on != ON_USUAL && asks_of(o, &parts[i]) && !parts[i].is_in(&s[0]) && !parts[i].is_in(&s[1]))
			status = misuse("--fail-on %s is about %s, and neither file has any; give what %s printed",
					words_fail_on[o->fail_on], parts[i].name, parts[i].source);
	if (!status)
		status = output_file_open(&o->output);
	if (!status)
		status = tell(o, s);
	for (int i = 0; i < 2; i++)
		snapshot_free(&s[i]);
	return status;
}

/* ---- options ------------------------------------------------------------------------- */

static parser(parse_file)
{
	struct diff_files *f = at;

	(void)row;
	if (f->nr < 2)
		f->list[f->nr] = arg;
	f->nr++;
	return true;
}

static const struct option_row options[] = {
	{ .arg = "FILE", .help = "", .parse = parse_file, .value = MANY_FILES,
	  .offset = offsetof(struct diff_options, files) },
	ROWS_SELECTION(struct diff_options),
	{ .name = "fail-on", .arg = "WHAT", .words = words_fail_on, .parse = parse_word,
	  .help = "exit 1 when processes of a name have more of this: charged, registered, pinned (bytes), buffers, rings; error, warning, info: when a finding this bad or worse came, findings: the same as warning; of recordings, failed: a greater part of calls or I/Os, latency: a quarter longer (default: charged, or registered where charges are kept by ring, findings, failed)",
	  .offset = offsetof(struct diff_options, fail_on), .group = GROUP_HOW,
	  .refusal = "'%s' is not what can get worse; give charged, registered, pinned, buffers, rings, a severity (error, warning, info), findings, failed or latency" },
	ROW_JSON,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROWS_SAID,
	{ 0 }
};

static const struct diff_options defaults = { .fail_on = ON_USUAL };

const struct command diff_command = {
	.name = "diff",
	.summary = "what changed between two recordings or looks at rings, or since one",
	.text = "Compares two recordings, or files that list --json, verify --json or report --json printed with "
		"the same options, the earlier one first; or one with what runs now (which takes the privilege of "
		"list). Shows the processes, rings, slots and findings that came (+), went (-) or changed (~), what "
		"they have now and by how much that changed; of recordings what was there at their ends, counters "
		"and latencies. A process is the same by its boot, id and start, a ring by its descriptor, never by "
		"an address. Exits 1 when something got worse by --fail-on, 4 when that cannot be told, as not all "
		"was seen.\v"
		"Examples:\n"
		"  fixbuf-trace diff monday.rec friday.rec     # two recordings\n"
		"  fixbuf-trace diff monday.rec                # what changed since?\n"
		"  fixbuf-trace diff before.json after.json    # each of list --json -o FILE\n"
		"  fixbuf-trace diff --fail-on buffers before.json after.json   # exit 1: more buffers\n"
		"  fixbuf-trace diff --fail-on findings monday.json             # of verify --json\n"
		"  fixbuf-trace diff --fail-on latency old.rec new.rec          # of record\n",
	.options = options, .options_size = sizeof(struct diff_options), .defaults = &defaults, .run = run,
	.opens_output = true,
};
