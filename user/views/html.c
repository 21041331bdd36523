// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/alloc.h"
#include "base/embedded.h"
#include "base/err.h"
#include "base/json.h"
#include "base/pid.h"
#include "model/fact.h"
#include "model/histogram.h"
#include "model/history.h"
#include "model/page_uses.h"
#include "views/findings.h"
#include "views/html.h"
#include "views/io_failures.h"
#include "views/summary.h"
#include "views/trace_text.h"

/* So many of the kernel's buckets are one on the page: two to a power of two. */
#define MERGE	(HIST_STEPS / 2)
#define BUCKETS	(HIST_BUCKETS / MERGE)

/* Kinds of calls that failed: more would make the page large, and nobody reads them. */
#define FAILURES	500

/* Times on the page count from its begin. */
static __u64 since(const struct page *p, __u64 t_ns)
{
	return t_ns > p->begin_ns ? t_ns - p->begin_ns : 0;
}

#define WHO	(32 + FMT_LEN + TAMED_COMM_SIZE)

static void who(char text[WHO], const struct page_ring *r)
{
	snprintf(text, WHO, r->fd >= 0 ? "%s, pid %s, fd %d" : "%s, pid %s", TAME_COMM(r->comm),
		 PID_TEXT(r->pid, r->ns_pid), r->fd);
}

static void put_about(struct json *j, const struct page *p)
{
	const struct page_ring *first = p->nr_rings ? &p->rings[0] : NULL;
	char text[WHO];

	for (size_t i = 1; i < p->nr_rings && first; i++)
		if (p->rings[i].pid != first->pid || p->rings_nr > p->nr_rings)
			first = NULL;
	if (first)
		snprintf(text, sizeof(text), "%s, pid %s", TAME_COMM(first->comm),
			 PID_TEXT(first->pid, first->ns_pid));
	else
		snprintf(text, sizeof(text), "%llu rings", p->rings_nr);
	json_open(j, "about");
	json_str(j, "machine", p->about->hosts);
	json_str(j, "what", text);
	json_str(j, "kernel", p->about->kernel);
	json_uint(j, "page_bytes", p->about->page_bytes);
	json_str(j, "tier", tier_name(p->about->tier));
	if (p->begin_ns)
		json_double(j, "begin_unix_s", ((double)p->begin_ns + p->realtime_ns) / 1e9);
	else
		json_null(j, "begin_unix_s");
	json_uint(j, "duration_ns", since(p, p->end_ns));
	json_uint(j, "recorded_ns", p->recorded_ns);
	json_uint(j, "unrecorded_ns", p->unrecorded_ns);
	json_uint(j, "events", p->facts);
	json_uint(j, "lost", p->lost);
	json_uint(j, "left_out", p->left_out);
	json_flag(j, "clean_end", p->ended && !p->cut_off);
	json_flag(j, "leaks", p->about->tier > TIER_TRACEPOINTS);
	json_uint(j, "sample", p->about->sample);
	json_flag(j, "fixed_only", p->about->fixed_only);
	json_str(j, "version", VERSION);
	json_close(j);
}

static void put_totals(struct json *j, const struct page *p, const struct history *h)
{
	const struct page_io *io = p->total;

	json_open(j, "totals");
	json_uint(j, "rings", p->rings_nr);
	json_uint(j, "buffers", p->buffers);
	json_uint(j, "older_buffers", p->older_buffers);
	json_flag(j, "older_more", h->older_more);
	json_flag(j, "left_more", h->left_more);
	json_uint(j, "skipped_slots", h->unread.slots);
	json_uint(j, "unsteady_rings", h->unread.rings);
	json_uint(j, "near_percent", HISTORY_NEAR_PERCENT);
	json_uint(j, "calls", p->calls_nr);
	json_uint(j, "calls_failed", p->calls_failed);
	json_int(j, "peak_charged_pages", p->peak_charged_pages);
	json_uint(j, "peak_registered_bytes", p->peak_registered_bytes);
	json_known(j, "io_ops", p->io_seen, io[PAGE_FIXED].ops + io[PAGE_PLAIN].ops);
	json_known(j, "fixed_ops", p->io_seen, io[PAGE_FIXED].ops);
	json_uint(j, "lives_left_out", p->lives_left);
	json_uint(j, "calls_left_out", p->calls_left);
	json_uint(j, "io_failed", h->fixed.c.errors + h->plain.c.errors);
	json_uint(j, "io_no_cause", h->io_no_cause);
	json_uint(j, "causes_lost", h->causes_lost);
	json_close(j);
}

/* The kinds that are first in .h, and how many calls are of others. */
static void put_failures(struct json *j, const struct history *h)
{
	__u64 left = h->more_failures;
	size_t n = 0;

	view_call_failures_json(j, h, FAILURES);
	for (const struct failure_history *f = h->failures; f; f = f->hh.next)
		left += n++ < FAILURES ? 0 : f->count;
	json_uint(j, "failures_left_out", left);
}

static void put_account(struct json *j, const struct page *p, const struct page_account *a)
{
	json_item_open(j);
	json_known(j, "uid", !a->is_mm || a->pid, a->uid);
	json_known(j, "pid", a->is_mm && a->pid, a->pid);
	if (a->is_mm) {
		json_ns_pid(j, a->ns_pid);
		json_str(j, "comm", TAME_COMM(a->comm));
	}
	json_flag(j, "process", a->is_mm);
	json_known(j, "limit_bytes", !a->is_mm && a->limit_bytes != ~0ULL, a->limit_bytes);
	json_int(j, "peak_pages", a->peak_pages);
	json_open_list(j, "points");
	for (size_t i = 0; i < a->nr; i++) {
		json_item_list(j);
		json_item_uint(j, since(p, a->points[i].t_ns));
		json_item_int(j, a->points[i].pages);
		json_close(j);
	}
	json_close(j);
	json_close(j);
}

static void put_life(struct json *j, const struct page *p, const struct page_life *l)
{
	json_item_open(j);
	json_uint(j, "ring", l->ring - 1);
	json_uint(j, "slot", l->slot);
	json_flag(j, "older", l->older);
	json_uint(j, "from", since(p, l->from_ns));
	json_known(j, "to", l->ended, since(p, l->to_ns));
	json_addr(j, "addr", l->addr);
	json_uint(j, "len_bytes", l->len_bytes);
	json_uint(j, "folio_bytes", 1ULL << l->folio_shift);
	json_known(j, "charged_pages", l->charged_pages != ACCT_UNKNOWN, l->charged_pages);
	/* where I/O was not recorded, none seen says nothing */
	json_known(j, "ops", p->about->sample, l->ops);
	json_close(j);
}

static void put_call(struct json *j, const struct page *p, const struct page_call *c)
{
	json_item_open(j);
	json_uint(j, "t", since(p, c->t_ns));
	json_str(j, "kind", c->kind);
	json_uint(j, "duration_ns", c->duration_ns);
	json_uint(j, "bytes", c->bytes);
	json_uint(j, "pid", c->pid);
	json_ns_pid(j, c->ns_pid);
	json_str(j, "comm", TAME_COMM(c->comm));
	json_close(j);
}

static void put_use(struct json *j, const struct page *p, const struct page_use *u)
{
	struct page_ring ring = p->rings[u->ring - 1];
	char name[WHO + 16], of[WHO];

	/* it had a descriptor on each */
	if (u->rings_differ)
		ring.fd = -1;
	who(of, &ring);
	snprintf(name, sizeof(name), "%s slot %llu", of, u->key.slot);
	json_item_open(j);
	json_str(j, "name", name);
	json_addr(j, "addr", u->key.addr);
	json_uint(j, "len_bytes", u->key.len_bytes);
	json_uint(j, "times", u->times);
	json_uint(j, "ops", u->ops);
	json_open_list(j, "bins");
	for (size_t k = 0; k < LIFE_BINS; k++)
		json_item_uint(j, u->bins[k]);
	json_close(j);
	json_close(j);
}

/* Of the buffers that are used most. */
static void put_offsets(struct json *j, const struct page *p)
{
	struct page_use *uses = page_uses(p);
	size_t nr = 0;

	json_open_list(j, "offsets");
	for (const struct page_use *u = uses; u && nr < PAGE_BUFFERS; u = u->hh.next, nr++)
		put_use(j, p, u);
	json_close(j);
	json_uint(j, "offsets_left_out", HASH_COUNT(uses) - nr);
	page_uses_free(uses);
}

/* ---- latency ------------------------------------------------------------------------------- */

static __u64 percentile(const struct page_io *io, unsigned int permille)
{
	return hist_percentile_to(io->hist, permille, io->max_ns);
}

static void put_io(struct json *j, const struct page_io *io)
{
	json_uint(j, "ops", io->ops);
	json_known(j, "p50_ns", io->timed, percentile(io, 500));
	json_known(j, "p90_ns", io->timed, percentile(io, 900));
	json_known(j, "p99_ns", io->timed, percentile(io, 990));
	json_known(j, "p999_ns", io->timed, percentile(io, 999));
	json_known(j, "max_ns", io->timed, io->max_ns);
	json_uint(j, "coarse", io->coarse);
	json_close(j);
}

/* Fixed and plain of a program, or of all: what there was. */
static void put_kinds(struct json *j, const struct page_io io[NR_PAGE_KINDS])
{
	if (io[PAGE_FIXED].ops) {
		json_open(j, "fixed");
		put_io(j, &io[PAGE_FIXED]);
	}
	if (io[PAGE_PLAIN].ops) {
		json_open(j, "plain");
		put_io(j, &io[PAGE_PLAIN]);
	}
	json_close(j);
}

static void put_programs(struct json *j, const struct page *p)
{
	static const char *const ops[NR_PAGE_OPS] = {
		[PAGE_READ] = "read", [PAGE_WRITE] = "write", [PAGE_SEND] = "send", [PAGE_RECV] = "receive",
	};

	json_open_list(j, "programs");
	for (size_t i = 0; i < p->nr_programs; i++) {
		json_item_open(j);
		json_str(j, "comm", TAME_COMM(p->programs[i].comm));
		json_str(j, "op", ops[p->programs[i].op]);
		put_kinds(j, p->programs[i].io);
	}
	json_close(j);
	json_flag(j, "programs_left_out", p->programs_left);
}

/* What a column has in each bucket of the page that is not empty. */
static void put_cells(struct json *j, const struct page_io *io)
{
	for (size_t b = 0; b < BUCKETS; b++) {
		__u64 n = 0;

		for (size_t i = 0; i < MERGE; i++)
			n += io->hist[b * MERGE + i];
		if (!n)
			continue;
		json_item_list(j);
		json_item_uint(j, b);
		json_item_uint(j, n);
		json_close(j);
	}
}

static void put_column(struct json *j, const struct page *p, const struct page_column *c)
{
	const struct page_io *fixed = &c->io[PAGE_FIXED], *plain = &c->io[PAGE_PLAIN];

	json_item_open(j);
	json_uint(j, "from", since(p, c->from_ns));
	json_uint(j, "to", since(p, c->to_ns));
	json_open_list(j, "fixed");
	put_cells(j, fixed);
	json_close(j);
	json_known(j, "fixed_p50_ns", fixed->timed, percentile(fixed, 500));
	json_known(j, "fixed_p99_ns", fixed->timed, percentile(fixed, 990));
	json_open_list(j, "plain");
	put_cells(j, plain);
	json_close(j);
	json_known(j, "plain_p50_ns", plain->timed, percentile(plain, 500));
	json_known(j, "plain_p99_ns", plain->timed, percentile(plain, 990));
	json_close(j);
}

/* The edge below bucket .b of the page. */
static __u64 edge(size_t b)
{
	return b < BUCKETS ? hist_low(b * MERGE) : 1ULL << (HIST_TOP_BIT + 1);
}

static void put_latency(struct json *j, const struct page *p)
{
	const struct page_io *fixed = &p->total[PAGE_FIXED], *plain = &p->total[PAGE_PLAIN];
	size_t first = BUCKETS, last = 0;

	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		if (!fixed->hist[i] && !plain->hist[i])
			continue;
		if (first == BUCKETS)
			first = i / MERGE;
		last = i / MERGE;
	}
	json_open(j, "latency");
	json_open_list(j, "edges_ns");
	for (size_t b = 0; b <= BUCKETS; b++)
		json_item_uint(j, edge(b));
	json_close(j);
	/* the axis is logarithmic: it cannot begin at 0 */
	json_uint(j, "min_ns", first && first < BUCKETS ? edge(first) : 1);
	json_uint(j, "max_ns", edge(last + 1));
	json_open(j, "all");
	put_kinds(j, p->total);
	put_programs(j, p);
	json_open_list(j, "intervals");
	for (size_t i = 0; i < p->nr_columns; i++)
		put_column(j, p, &p->columns[i]);
	json_close(j);
	json_close(j);
}

/* ---- the page --------------------------------------------------------------------------------- */

static void put_ring(struct json *j, const struct page_ring *r)
{
	char name[WHO];

	who(name, r);
	json_item_open(j);
	json_str(j, "name", name);
	json_uint(j, "pid", r->pid);
	json_ns_pid(j, r->ns_pid);
	json_uint(j, "uid", r->uid);
	json_close(j);
}

static void put_gap(struct json *j, const struct page *p, const struct page_gap *g)
{
	json_item_list(j);
	json_item_uint(j, since(p, g->from_ns));
	json_item_uint(j, since(p, g->to_ns));
	/* 0: it was not recorded */
	json_item_uint(j, g->lost);
	json_close(j);
}

static void put_data(FILE *out, const struct page *p, const struct html_conclusion *c)
{
	struct json j = { .in_html = true };

	json_begin(&j, out);
	json_int(&j, "schema", 2);
	put_about(&j, p);
	view_findings_json(&j, c->f, true);
	put_totals(&j, p, c->h);
	json_open_list(&j, "accounts");
	for (const struct page_account *a = p->accounts; a; a = a->hh.next)
		/* a level that never left 0 is no chart */
		if (a->peak_pages > 0)
			put_account(&j, p, a);
	json_close(&j);
	json_open_list(&j, "rings");
	for (size_t i = 0; i < p->nr_rings; i++)
		put_ring(&j, &p->rings[i]);
	json_close(&j);
	json_open_list(&j, "lives");
	for (size_t i = 0; i < p->nr_lives; i++)
		put_life(&j, p, &p->lives[i]);
	json_close(&j);
	json_open_list(&j, "calls");
	for (size_t i = 0; i < p->nr_calls; i++)
		put_call(&j, p, &p->calls[i]);
	json_close(&j);
	put_failures(&j, c->h);
	view_io_failures_json(&j, c->io);
	put_offsets(&j, p);
	put_latency(&j, p);
	json_open_list(&j, "gaps");
	for (size_t i = 0; i < p->nr_gaps; i++)
		put_gap(&j, p, &p->gaps[i]);
	json_close(&j);
	json_end(&j);
	json_free(&j);
}

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < nr_texts; i++)
		if (!strcmp(texts[i].name, name))
			return texts[i].text;
	abort();	/* a mistake of ours: the build carries them all */
}

/*
 * The page's policy lets only what has this word run or style it, should a name ever get out of
 * the data. Nobody knew the word when the names were made.
 */
struct nonce {
	char text[33];
};

static struct nonce new_nonce(void)
{
	__u64 bits[2];
	struct nonce n;

	if (getrandom(bits, sizeof(bits), 0) != sizeof(bits))
		exit(cannot("no random numbers for the page's policy: %s", strerror(errno)));
	snprintf(n.text, sizeof(n.text), "%016llx%016llx", bits[0], bits[1]);
	return n;
}

struct html {
	FILE *out;
	const char *at;		/* what is left of report.html */
	struct nonce nonce;
	size_t nr;		/* machines written */
};

/* What a mark of report.html stands for. */
static void put_marked(const struct html *h, const char *mark, size_t len)
{
	static const char *const scripts[] = {
		"page/base.js", "page/charts.js", "page/memory.js", "page/latency.js", "page/lives.js",
		"page/main.js",
	};

	if (!strncmp(mark, "CSS", len)) {
		fputs(text_of("page/report.css"), h->out);
	} else if (!strncmp(mark, "JS", len)) {
		for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
			fputs(text_of(scripts[i]), h->out);
	} else if (!strncmp(mark, "NONCE", len)) {
		fputs(h->nonce.text, h->out);
	}
}

/* Up to the mark .until, or to the end. */
static void put_template(struct html *h, const char *until)
{
	const char *mark, *end;

	while ((mark = strchr(h->at, '@')) && (end = strchr(mark + 1, '@'))) {
		fwrite(h->at, 1, mark - h->at, h->out);
		h->at = end + 1;
		if (until && !strncmp(mark + 1, until, end - mark - 1))
			return;
		put_marked(h, mark + 1, end - mark - 1);
	}
	fputs(h->at, h->out);
}

struct html *html_new(FILE *out)
{
	struct html *h = must_alloc(1, sizeof(*h));

	h->out = out;
	h->at = text_of("page/report.html");
	h->nonce = new_nonce();
	put_template(h, "DATA");
	fputc('[', out);
	return h;
}

void html_machine(struct html *h, const struct page *p, const struct html_conclusion *c)
{
	if (h->nr++)
		fputc(',', h->out);
	put_data(h->out, p, c);
}

void html_end(struct html *h)
{
	fputc(']', h->out);
	put_template(h, NULL);
	free(h);
}
