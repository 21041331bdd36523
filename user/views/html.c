// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/embedded.h"
#include "base/json_util.h"
#include "model/fact.h"
#include "model/histogram.h"
#include "views/findings.h"
#include "views/html.h"
#include "views/trace_text.h"

/* So many of the kernel's buckets are one on the page: two to a power of two. */
#define MERGE	(HIST_STEPS / 2)
#define BUCKETS	(HIST_BUCKETS / MERGE)

static void json_add(json_object *o, const char *name, json_object *value)
{
	json_object_object_add(o, name, value);
}

static json_object *json_array(void)
{
	return json_object_new_array();
}

static void array_uint(json_object *a, __u64 value)
{
	json_object_array_add(a, json_object_new_uint64(value));
}

/* Times on the page count from its begin. */
static __u64 since(const struct page *p, __u64 t_ns)
{
	return t_ns > p->begin_ns ? t_ns - p->begin_ns : 0;
}

static void who(char text[64], const struct page_ring *r)
{
	snprintf(text, 64, r->fd >= 0 ? "%s (%u) fd %d" : "%s (%u)", r->comm, r->pid, r->fd);
}

static json_object *about_json(const struct page *p)
{
	json_object *o = json_object_new_object();
	const struct page_ring *first = p->nr_rings ? &p->rings[0] : NULL;
	char text[96];

	for (size_t i = 1; i < p->nr_rings && first; i++)
		if (p->rings[i].pid != first->pid)
			first = NULL;
	if (first)
		snprintf(text, sizeof(text), "%s (%u)", first->comm, first->pid);
	else
		snprintf(text, sizeof(text), "%zu rings", p->nr_rings);
	json_str(o, "what", text);
	json_str(o, "kernel", p->about->kernel);
	json_str(o, "tier", tier_name(p->about->tier));
	json_add(o, "begin_unix_s",
		 json_object_new_double(((__s64)p->begin_ns + p->realtime_ns) / 1e9));
	json_uint(o, "duration_ns", since(p, p->end_ns));
	json_uint(o, "events", p->facts);
	json_uint(o, "lost", p->lost);
	json_flag(o, "clean_end", p->clean_end);
	json_uint(o, "sample", p->about->sample);
	json_flag(o, "fixed_only", p->about->fixed_only);
	json_str(o, "version", VERSION);
	return o;
}

static json_object *totals_json(const struct page *p)
{
	json_object *o = json_object_new_object();

	json_uint(o, "rings", p->rings_nr);
	json_uint(o, "buffers", p->buffers);
	json_uint(o, "calls", p->calls_nr);
	json_uint(o, "calls_failed", p->calls_failed);
	json_int(o, "peak_charged_pages", p->peak_charged_pages);
	json_uint(o, "peak_registered_bytes", p->peak_registered_bytes);
	if (p->io_seen) {
		json_uint(o, "io_ops", p->total[PAGE_FIXED].ops + p->total[PAGE_PLAIN].ops);
		json_uint(o, "fixed_ops", p->total[PAGE_FIXED].ops);
	} else {
		json_null(o, "io_ops");
		json_null(o, "fixed_ops");
	}
	json_uint(o, "lives_left_out", p->lives_left);
	json_uint(o, "calls_left_out", p->calls_left);
	json_uint(o, "failures_left_out", p->failures_left);
	return o;
}

static json_object *account_json(const struct page *p, const struct page_account *a)
{
	json_object *o = json_object_new_object(), *points = json_array();
	char name[64];

	if (a->is_mm && !a->pid)
		snprintf(name, sizeof(name), "Pinned memory of a process without a name");
	else if (a->is_mm)
		snprintf(name, sizeof(name), "Pinned memory (VmPin) of %s (%u)", a->comm, a->pid);
	else
		snprintf(name, sizeof(name), "Locked memory of uid %u", a->uid);
	json_str(o, "name", name);
	if (a->is_mm || a->limit_bytes == ~0ULL)
		json_null(o, "limit_bytes");
	else
		json_uint(o, "limit_bytes", a->limit_bytes);
	json_int(o, "peak_pages", a->peak_pages);
	for (size_t i = 0; i < a->nr; i++) {
		json_object *point = json_array();

		array_uint(point, since(p, a->points[i].t_ns));
		json_object_array_add(point, json_object_new_int64(a->points[i].pages));
		json_object_array_add(points, point);
	}
	json_add(o, "points", points);
	return o;
}

static json_object *life_json(const struct page *p, const struct page_life *l)
{
	json_object *o = json_object_new_object();

	json_uint(o, "ring", l->ring - 1);
	json_uint(o, "slot", l->slot);
	json_flag(o, "older", l->older);
	json_uint(o, "from", since(p, l->from_ns));
	if (l->ended)
		json_uint(o, "to", since(p, l->to_ns));
	else
		json_null(o, "to");
	json_addr(o, "addr", l->addr);
	json_uint(o, "len_bytes", l->len_bytes);
	json_uint(o, "folio_bytes", 1ULL << l->folio_shift);
	if (l->charged_pages == ACCT_UNKNOWN)
		json_null(o, "charged_pages");
	else
		json_uint(o, "charged_pages", l->charged_pages);
	/* where I/O was not recorded, none seen says nothing */
	if (p->about->sample)
		json_uint(o, "ops", l->ops);
	else
		json_null(o, "ops");
	return o;
}

static json_object *call_json(const struct page *p, const struct page_call *c)
{
	json_object *o = json_object_new_object();

	json_uint(o, "t", since(p, c->t_ns));
	json_str(o, "kind", c->kind);
	json_int(o, "result", c->result);
	json_uint(o, "duration_ns", c->duration_ns);
	json_uint(o, "bytes", c->bytes);
	json_uint(o, "pid", c->pid);
	json_str(o, "comm", c->comm);
	if (c->result < 0) {
		json_str(o, "errno", fact_errno_name(c->result));
		json_str(o, "explain", c->explain ? c->explain : "");
	}
	return o;
}

static int by_ops(const void *a, const void *b)
{
	const struct page_life *const *x = a, *const *y = b;

	return ((*x)->ops < (*y)->ops) - ((*x)->ops > (*y)->ops);
}

/* Of the buffers that are used most. */
static json_object *offsets_json(const struct page *p)
{
	const struct page_life **used = calloc(p->nr_lives + 1, sizeof(*used));
	json_object *list = json_array();
	size_t nr = 0;

	for (size_t i = 0; used && i < p->nr_lives; i++)
		if (p->lives[i].ops)
			used[nr++] = &p->lives[i];
	if (nr)
		qsort(used, nr, sizeof(*used), by_ops);
	for (size_t i = 0; i < nr && i < PAGE_BUFFERS; i++) {
		json_object *o = json_object_new_object(), *bins = json_array();
		char name[96], ring[64];

		who(ring, &p->rings[used[i]->ring - 1]);
		snprintf(name, sizeof(name), "%s slot %u", ring, used[i]->slot);
		json_str(o, "name", name);
		json_uint(o, "len_bytes", used[i]->len_bytes);
		json_uint(o, "ops", used[i]->ops);
		for (size_t k = 0; k < LIFE_BINS; k++)
			array_uint(bins, used[i]->bins[k]);
		json_add(o, "bins", bins);
		json_object_array_add(list, o);
	}
	free(used);
	return list;
}

/* ---- latency ------------------------------------------------------------------------------- */

static const struct { const char *key, *name; } kinds[NR_PAGE_KINDS] = {
	[PAGE_FIXED] = { "fixed", "over registered buffers" },
	[PAGE_PLAIN] = { "plain", "plain" },
};

static void put_percentile(json_object *o, const char *name, const struct page_io *io,
			   unsigned int permille)
{
	__u64 ns = io->timed ? hist_percentile(io->hist, permille) : 0;

	if (io->timed)
		json_object_object_add(o, name, json_object_new_uint64(ns < io->max_ns ? ns : io->max_ns));
	else
		json_object_object_add(o, name, NULL);
}

static json_object *total_json(const char *name, const struct page_io *io)
{
	json_object *o = json_object_new_object();

	json_str(o, "name", name);
	json_uint(o, "ops", io->ops);
	put_percentile(o, "p50_ns", io, 500);
	put_percentile(o, "p90_ns", io, 900);
	put_percentile(o, "p99_ns", io, 990);
	put_percentile(o, "p999_ns", io, 999);
	put_percentile(o, "max_ns", io, 1000);
	return o;
}

static json_object *column_json(const struct page *p, const struct page_column *c)
{
	json_object *o = json_object_new_object();
	char name[32];

	json_uint(o, "from", since(p, c->from_ns));
	json_uint(o, "to", since(p, c->to_ns));
	for (size_t k = 0; k < NR_PAGE_KINDS; k++) {
		json_object *cells = json_array();

		for (size_t b = 0; b < BUCKETS; b++) {
			json_object *cell;
			__u64 n = 0;

			for (size_t i = 0; i < MERGE; i++)
				n += c->io[k].hist[b * MERGE + i];
			if (!n)
				continue;
			cell = json_array();
			array_uint(cell, b);
			array_uint(cell, n);
			json_object_array_add(cells, cell);
		}
		json_add(o, kinds[k].key, cells);
		snprintf(name, sizeof(name), "%s_p50_ns", kinds[k].key);
		put_percentile(o, name, &c->io[k], 500);
		snprintf(name, sizeof(name), "%s_p99_ns", kinds[k].key);
		put_percentile(o, name, &c->io[k], 990);
	}
	return o;
}

static json_object *latency_json(const struct page *p)
{
	json_object *o = json_object_new_object(), *edges = json_array();
	json_object *totals = json_array(), *columns = json_array();
	size_t first = BUCKETS, last = 0;

	for (size_t k = 0; k < NR_PAGE_KINDS; k++) {
		if (p->total[k].ops)
			json_object_array_add(totals, total_json(kinds[k].name, &p->total[k]));
		for (size_t i = 0; i < HIST_BUCKETS; i++) {
			if (!p->total[k].hist[i])
				continue;
			if (i / MERGE < first)
				first = i / MERGE;
			if (i / MERGE > last)
				last = i / MERGE;
		}
	}
	for (size_t b = 0; b <= BUCKETS; b++)
		array_uint(edges, b < BUCKETS ? hist_low(b * MERGE) : 1ULL << (HIST_TOP_BIT + 1));
	for (size_t i = 0; i < p->nr_columns; i++)
		json_object_array_add(columns, column_json(p, &p->columns[i]));
	json_add(o, "edges_ns", edges);
	/* the axis is logarithmic: it cannot begin at 0 */
	json_uint(o, "min_ns", first && first < BUCKETS ? hist_low(first * MERGE) : 1);
	json_uint(o, "max_ns", last + 1 < BUCKETS ? hist_low((last + 1) * MERGE) : 1ULL << (HIST_TOP_BIT + 1));
	json_add(o, "totals", totals);
	json_add(o, "intervals", columns);
	return o;
}

/* ---- the page --------------------------------------------------------------------------------- */

#define EACH(o, name, p, list, nr, make) do {					\
	json_object *__a = json_array();					\
										\
	for (size_t __i = 0; __i < (nr); __i++)					\
		json_object_array_add(__a, make(p, &(list)[__i]));		\
	json_add(o, name, __a);							\
} while (0)

static json_object *ring_json(const struct page *p, const struct page_ring *r)
{
	json_object *o = json_object_new_object();
	char name[64];

	(void)p;
	who(name, r);
	json_str(o, "name", name);
	json_uint(o, "pid", r->pid);
	json_uint(o, "uid", r->uid);
	return o;
}

static json_object *gap_json(const struct page *p, const struct page_gap *g)
{
	json_object *a = json_array();

	array_uint(a, since(p, g->from_ns));
	array_uint(a, since(p, g->to_ns));
	array_uint(a, g->lost);
	return a;
}

static json_object *findings_json(const struct findings *fs)
{
	json_object *list = json_array();

	for (size_t i = 0; i < fs->nr; i++) {
		json_object *o = json_object_new_object();

		view_finding_json(o, &fs->list[i]);
		json_int(o, "since_ns", fs->list[i].since_ns);
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *page_json(const struct page *p, const struct findings *fs)
{
	json_object *o = json_object_new_object(), *accounts = json_array();

	json_int(o, "schema", 2);
	json_add(o, "about", about_json(p));
	json_add(o, "findings", findings_json(fs));
	json_add(o, "totals", totals_json(p));
	for (size_t i = 0; i < p->nr_accounts; i++)
		/* a level that never left 0 is no chart */
		if (p->accounts[i]->peak_pages > 0)
			json_object_array_add(accounts, account_json(p, p->accounts[i]));
	json_add(o, "accounts", accounts);
	EACH(o, "rings", p, p->rings, p->nr_rings, ring_json);
	EACH(o, "lives", p, p->lives, p->nr_lives, life_json);
	EACH(o, "calls", p, p->calls, p->nr_calls, call_json);
	json_add(o, "offsets", offsets_json(p));
	json_add(o, "latency", latency_json(p));
	EACH(o, "gaps", p, p->gaps, p->nr_gaps, gap_json);
	return o;
}

/* Inside <script> no '<' may begin what ends it. */
static void put_data(FILE *out, const char *json)
{
	for (; *json; json++) {
		if (*json == '<')
			fputs("\\u003c", out);
		else
			putc(*json, out);
	}
}

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < nr_texts; i++)
		if (!strcmp(texts[i].name, name))
			return texts[i].text;
	abort();	/* a mistake of ours: the build carries them all */
}

static void put_page(FILE *out, const char *data)
{
	static const char *const scripts[] = {
		"page/base.js", "page/charts.js", "page/lives.js", "page/main.js",
	};
	const char *at = text_of("page/report.html"), *mark;

	while ((mark = strchr(at, '@'))) {
		fwrite(at, 1, mark - at, out);
		if (!strncmp(mark, "@CSS@", 5)) {
			fputs(text_of("page/report.css"), out);
			at = mark + 5;
		} else if (!strncmp(mark, "@DATA@", 6)) {
			put_data(out, data);
			at = mark + 6;
		} else if (!strncmp(mark, "@JS@", 4)) {
			for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
				fputs(text_of(scripts[i]), out);
			at = mark + 4;
		} else {
			putc('@', out);
			at = mark + 1;
		}
	}
	fputs(at, out);
}

void view_html(FILE *out, const struct page *p, const struct findings *fs)
{
	json_object *o = page_json(p, fs);

	put_page(out, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}
