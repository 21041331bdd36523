// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>
#include "base/fmt.h"
#include "base/json.h"
#include "base/signals.h"
#include "base/system.h"
#include "base/table.h"
#include "commands/bench/stats.h"
#include "commands/bench/view.h"
#include "model/histogram.h"

static const char *const page_names[NR_PAGES] = { "4K", "thp", "hugetlb" };
static const char *const page_titles[NR_PAGES] = {
	"4 KiB pages", "transparent huge pages", "hugetlb pages",
};

static const char *io_skipped(const struct bench_io *c)
{
	return *c->skipped ? c->skipped : c->rounds ? NULL : "interrupted before its first round";
}

static const char *register_skipped(const struct bench_register *c)
{
	return *c->skipped ? c->skipped : c->nr ? NULL : "interrupted before it";
}

/* ---- text ------------------------------------------------------------------------------ */

static void print_heading(const struct bench *b)
{
	const struct bench_file *f = &b->file;
	char size[FMT_LEN];

	fprintf(b->o->output.out, "%s of %s%s%s, kernel %s, buffers of 4 KiB pages%s\n\n",
		fmt_bytes_long(size, f->bytes), f->temporary ? "a temporary file in " : "",
		f->path, f->memory ? " (in memory, no disk)" : "", system_release(),
		b->defer_taskrun ? ", ring with DEFER_TASKRUN" : "");
}

static void ratio_cell(struct table *t, struct spread s)
{
	table_cell(t, "%.2f %.2f-%.2f", s.median, s.q1, s.q3);
}

static void print_io(const struct bench *b)
{
	struct table *t = table_new(*b->no_pins ?
		"<I/O BLOCK DEPTH PLAIN/S FIXED/S <RATIO CPU FIXED <RATIO P99 FIXED" :
		"<I/O BLOCK DEPTH PLAIN/S FIXED/S <RATIO CPU FIXED <RATIO P99 FIXED PINS FIXED");

	for (size_t i = 0; i < b->nr_io; i++) {
		const struct bench_io *c = &b->io[i];
		const struct bench_arm *p = &c->arm[PLAIN], *f = &c->arm[FIXED];
		unsigned int n = c->rounds;
		char text[FMT_LEN];

		if (io_skipped(c))
			continue;
		table_cell(t, "%s %s", c->direct ? "direct" : "buffered",
			   c->write ? "write" : "read");
		table_cell(t, "%s", fmt_bytes(text, c->block_bytes));
		table_cell(t, "%u", c->depth);
		table_cell(t, "%.0f", spread_of(p->iops, n).median);
		table_cell(t, "%.0f", spread_of(f->iops, n).median);
		ratio_cell(t, ratio_of(f->iops, p->iops, n));
		table_cell(t, "%s", fmt_ns(text, spread_of(p->cpu_ns, n).median));
		table_cell(t, "%s", fmt_ns(text, spread_of(f->cpu_ns, n).median));
		ratio_cell(t, ratio_of(f->cpu_ns, p->cpu_ns, n));
		table_cell(t, "%s", fmt_ns(text, hist_percentile(p->hist, 990)));
		table_cell(t, "%s", fmt_ns(text, hist_percentile(f->hist, 990)));
		for (enum arm arm = 0; !*b->no_pins && arm < NR_ARMS; arm++) {
			if (c->arm[arm].pins < 0)
				table_cell(t, "-");
			else
				table_cell(t, "%.1f", c->arm[arm].pins);
		}
	}
	table_print(t, b->o->output.out, true, 0);
}

static void call_cells(struct table *t, const struct bench_register *c, enum bench_timed call)
{
	struct spread s = spread_of(c->ns[call], c->nr);
	char low[FMT_LEN], middle[FMT_LEN], high[FMT_LEN];

	table_cell(t, "%s", fmt_ns(middle, s.median));
	table_cell(t, "(%s-%s)", fmt_ns(low, s.q1), fmt_ns(high, s.q3));
}

static void print_register(const struct bench *b)
{
	struct table *t = table_new("BUFFER <PAGES REGISTER <QUARTILES CLONE <QUARTILES UNREGISTER <QUARTILES TIMES");

	for (size_t i = 0; i < b->nr_regs; i++) {
		const struct bench_register *c = &b->regs[i];
		char text[FMT_LEN];

		if (register_skipped(c))
			continue;
		table_cell(t, "%s", fmt_bytes(text, c->bytes));
		table_cell(t, "%s", page_titles[c->pages]);
		call_cells(t, c, TIMED_REGISTER);
		if (*c->no_clone) {
			table_cell(t, "-");
			table_cell(t, "%s", "");
		} else {
			call_cells(t, c, TIMED_CLONE);
		}
		call_cells(t, c, TIMED_UNREGISTER);
		table_cell(t, "%u", c->nr);
	}
	fputc('\n', b->o->output.out);
	table_print(t, b->o->output.out, true, 0);
}

/* Each reason once, with all that were left out for it. */
static void print_skipped(const struct bench *b)
{
	FILE *out = b->o->output.out;
	char text[FMT_LEN];

	for (size_t i = 0; i < b->nr_io; i++) {
		const char *why = io_skipped(&b->io[i]);
		bool told = !why;

		for (size_t k = 0; k < i && !told; k++)
			told = io_skipped(&b->io[k]) && !strcmp(io_skipped(&b->io[k]), why);
		for (size_t k = i; k < b->nr_io && !told; k++) {
			const struct bench_io *c = &b->io[k];

			if (io_skipped(c) && !strcmp(io_skipped(c), why))
				fprintf(out, "%s%s %s %s x %u", k == i ? "left out: " : ", ",
					c->direct ? "direct" : "buffered",
					c->write ? "write" : "read",
					fmt_bytes(text, c->block_bytes), c->depth);
		}
		if (!told)
			fprintf(out, ": %s\n", why);
	}
	for (size_t i = 0; i < b->nr_regs; i++)
		if (register_skipped(&b->regs[i]))
			fprintf(out, "left out: register %s in %s: %s\n",
				fmt_bytes(text, b->regs[i].bytes), page_titles[b->regs[i].pages],
				register_skipped(&b->regs[i]));
	for (size_t i = 0; i < b->nr_regs; i++)
		if (*b->regs[i].no_clone) {
			fprintf(out, "left out: clone: %s\n", b->regs[i].no_clone);
			break;
		}
}

static unsigned int fewest_rounds(const struct bench *b)
{
	unsigned int n = BENCH_MAX;

	for (size_t i = 0; i < b->nr_io; i++)
		if (!io_skipped(&b->io[i]) && b->io[i].rounds < n)
			n = b->io[i].rounds;
	return n;
}

static void print_legend(const struct bench *b)
{
	FILE *out = b->o->output.out;

	fprintf(out, "\nRATIO: fixed to plain, the median of the rounds (at least %u) with its quartiles; a range around 1 shows no difference.\n"
		"/S: operations per second. CPU: process time per operation, the bench's own loop (the same for both) included.\n"
		"P99: from submission to completion, within %.1f%%.\n",
		fewest_rounds(b), 100 * HIST_ERROR);
	if (fewest_rounds(b) < BENCH_ROUNDS)
		fprintf(out, "Fewer than %d rounds: give more time with -d before you trust the spread.\n",
			BENCH_ROUNDS);
	if (*b->no_pins)
		fprintf(out, "Pins per operation are not shown: %s.\n", b->no_pins);
	else
		fprintf(out, "PINS: page references that pin_user_pages() took per operation, counted system-wide.\n");
}

static void view_text(const struct bench *b)
{
	bool any = false;

	print_heading(b);
	for (size_t i = 0; i < b->nr_io; i++)
		any |= !io_skipped(&b->io[i]);
	if (any)
		print_io(b);
	if (b->nr_regs)
		print_register(b);
	if (!b->o->output.quiet && any)
		print_legend(b);
	print_skipped(b);
	if (interrupted)
		fprintf(b->o->output.out, "interrupted: the tables show what was measured before\n");
}

/* ---- JSON --------------------------------------------------------------------------------- */

/* Four digits after the point: more would only be noise. */
#define json_real(j, name, value)	json_fixed(j, name, value, 4)
/* "" is null. */
#define json_reason(j, name, text)	json_str(j, name, (text) && *(text) ? (text) : NULL)

/* The members of an object that was opened, and its end. */
static void put_spread(struct json *j, struct spread s)
{
	json_real(j, "median", s.median);
	json_real(j, "min", s.min);
	json_real(j, "q1", s.q1);
	json_real(j, "q3", s.q3);
	json_real(j, "max", s.max);
	json_close(j);
}

/* As put_spread(). */
static void put_arm(struct json *j, const struct bench_arm *a, unsigned int rounds)
{
	json_uint(j, "ops", a->ops);
	json_real(j, "iops", spread_of(a->iops, rounds).median);
	json_real(j, "cpu_ns_per_op", spread_of(a->cpu_ns, rounds).median);
	json_uint(j, "p50_ns", hist_percentile(a->hist, 500));
	json_uint(j, "p99_ns", hist_percentile(a->hist, 990));
	if (a->pins < 0)
		json_null(j, "pins_per_op");
	else
		json_real(j, "pins_per_op", a->pins);
	json_close(j);
}

static void put_io(struct json *j, const struct bench_io *c)
{
	const struct bench_arm *p = &c->arm[PLAIN], *f = &c->arm[FIXED];
	const char *skipped = io_skipped(c);

	json_item_open(j);
	json_str(j, "operation", c->write ? "write" : "read");
	json_flag(j, "direct", c->direct);
	json_uint(j, "block_bytes", c->block_bytes);
	json_uint(j, "depth", c->depth);
	json_str(j, "skipped", skipped);
	json_uint(j, "rounds", skipped ? 0 : c->rounds);
	if (!skipped) {
		json_open(j, "plain");
		put_arm(j, p, c->rounds);
		json_open(j, "fixed");
		put_arm(j, f, c->rounds);
		json_open(j, "ratio");
		json_open(j, "iops");
		put_spread(j, ratio_of(f->iops, p->iops, c->rounds));
		json_open(j, "cpu_ns_per_op");
		put_spread(j, ratio_of(f->cpu_ns, p->cpu_ns, c->rounds));
		json_real(j, "p99_ns", (double)hist_percentile(f->hist, 990) /
			  hist_percentile(p->hist, 990));
		json_close(j);
	}
	json_close(j);
}

static void put_register(struct json *j, const struct bench_register *c)
{
	const char *skipped = register_skipped(c);

	json_item_open(j);
	json_uint(j, "buffer_bytes", c->bytes);
	json_str(j, "pages", page_names[c->pages]);
	json_uint(j, "page_bytes", c->page_bytes);
	json_str(j, "skipped", skipped);
	json_reason(j, "clone_skipped", c->no_clone);
	json_uint(j, "times", skipped ? 0 : c->nr);
	if (!skipped) {
		json_open(j, "register_ns");
		put_spread(j, spread_of(c->ns[TIMED_REGISTER], c->nr));
		if (*c->no_clone) {
			json_null(j, "clone_ns");
		} else {
			json_open(j, "clone_ns");
			put_spread(j, spread_of(c->ns[TIMED_CLONE], c->nr));
		}
		json_open(j, "unregister_ns");
		put_spread(j, spread_of(c->ns[TIMED_UNREGISTER], c->nr));
	}
	json_close(j);
}

static void view_json(const struct bench *b)
{
	struct json j = { 0 };

	json_begin(&j, b->o->output.out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", system_release());
	json_open(&j, "file");
	json_str(&j, "path", b->file.temporary ? NULL : b->file.path);
	json_str(&j, "folder", b->file.temporary ? b->file.path : NULL);
	json_flag(&j, "temporary", b->file.temporary);
	json_flag(&j, "device", b->file.device);
	json_flag(&j, "in_memory", b->file.memory);
	json_uint(&j, "used_bytes", b->file.bytes);
	json_close(&j);
	json_flag(&j, "defer_taskrun", b->defer_taskrun);
	json_uint(&j, "buffer_page_bytes", sysconf(_SC_PAGESIZE));
	json_str(&j, "pins_scope", "system");
	json_reason(&j, "pins_skipped", b->no_pins);
	json_flag(&j, "interrupted", !!interrupted);
	json_open_list(&j, "io");
	for (size_t i = 0; i < b->nr_io; i++)
		put_io(&j, &b->io[i]);
	json_close(&j);
	json_open_list(&j, "register");
	for (size_t i = 0; i < b->nr_regs; i++)
		put_register(&j, &b->regs[i]);
	json_close(&j);
	json_end(&j);
	json_free(&j);
}

void view_bench(const struct bench *b)
{
	if (b->o->output.json)
		view_json(b);
	else
		view_text(b);
}
