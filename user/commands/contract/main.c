// SPDX-License-Identifier: GPL-2.0
/* The command contract: runs every check and renders the verdicts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/json.h"
#include "base/signals.h"
#include "base/table.h"
#include "commands/contract/contract.h"
#include "commands/option.h"

struct contract_options {
	struct output output;
};

static const struct {
	const char *name, *text;
} clauses[] = {
	{ "C1", "IORING_REGISTER_BUFFERS maps the buffers, at any time in the ring's life" },
	{ "C2", "unregister drops the set, a new one may follow; EBUSY before it, ENXIO without" },
	{ "C3", "READ_FIXED and WRITE_FIXED stay inside the buffer they name, else EFAULT" },
	{ "C4", "any sub-range of a buffer may be used" },
	{ "C5", "closing the ring drops the set; requests in flight keep their buffer alive" },
	{ "C6", "memory backed by a file is refused, but for shmem and hugetlb" },
	{ "C7", "RLIMIT_MEMLOCK bounds what a user may pin, unless CAP_IPC_LOCK" },
	{ "C8", "sizes and counts are bounded; empty and wrapping ranges are refused" },
	{ "C9", "an entry that fails undoes the whole call" },
	{ "C10", "what is charged is what is pinned, at every moment" },
	{ "L1", "BUFFERS2 with tags: a completion tells that a buffer is free" },
	{ "L2", "sparse tables" },
	{ "L3", "BUFFERS_UPDATE replaces slots" },
	{ "L4", "CLONE_BUFFERS shares buffers between rings" },
	{ "L5", "READV_FIXED and WRITEV_FIXED" },
	{ "L6", "SEND_ZC from a registered buffer" },
	{ "L7", "NOP with a registered buffer" },
};

#define NR_CLAUSES (sizeof(clauses) / sizeof(clauses[0]))

static const struct check *const tables[] = {
	checks_calls,  checks_io,    checks_release, checks_memory,
	checks_limits, checks_exact, checks_later,
};

#define NR_TABLES (sizeof(tables) / sizeof(tables[0]))

static const char *const verdict_names[NR_VERDICTS] = {
	[ABSENT] = "absent", [HOLDS] = "holds", [NOT_TRIED] = "not-tried",
	[DIFFERS] = "differs", [FAILS] = "fails",
};

struct result {
	const struct check *check;
	struct outcome outcome;
};

struct run {
	struct result *results;
	size_t nr;
	enum verdict verdict[NR_CLAUSES];
};

static size_t clause_index(const char *name)
{
	size_t i = 0;

	while (i < NR_CLAUSES && strcmp(clauses[i].name, name))
		i++;
	return i;
}

/* Every check of every table; those that an interrupt leaves out are not counted. */
static void run_all(struct run *run)
{
	size_t room = 0;

	for (size_t t = 0; t < NR_TABLES; t++)
		for (const struct check *c = tables[t]; c->clause; c++)
			room++;
	run->results = must_alloc(room, sizeof(*run->results));
	for (size_t t = 0; t < NR_TABLES; t++) {
		for (const struct check *c = tables[t]; c->clause; c++) {
			struct result *r = &run->results[run->nr];
			size_t clause = clause_index(c->clause);

			r->check = c;
			contract_run_check(c, &r->outcome);
			if (interrupted)
				return;
			run->nr++;
			if (r->outcome.verdict > run->verdict[clause])
				run->verdict[clause] = r->outcome.verdict;
		}
	}
}

static size_t count(const struct run *run, char kind, enum verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < NR_CLAUSES; i++)
		n += clauses[i].name[0] == kind && run->verdict[i] == verdict;
	return n;
}

static size_t failed(const struct run *run)
{
	return count(run, 'C', FAILS) + count(run, 'L', FAILS);
}

/* "4 hold, 1 differs (C6), 1 fails (C10)": which ones, for those worth a look. */
static void print_counts(FILE *out, const struct run *run, char kind)
{
	static const struct {
		enum verdict verdict;
		const char *one, *many;
	} words[] = {
		{ HOLDS, "holds", "hold" },	{ DIFFERS, "differs", "differ" },
		{ FAILS, "fails", "fail" },	{ NOT_TRIED, "not tried", "not tried" },
		{ ABSENT, "absent", "absent" },
	};
	const char *comma = "";

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
		enum verdict v = words[w].verdict;
		size_t n = count(run, kind, v);
		const char *sep = " (";

		if (!n)
			continue;
		fprintf(out, "%s%zu %s", comma, n, n == 1 ? words[w].one : words[w].many);
		comma = ", ";
		for (size_t i = 0; i < NR_CLAUSES && v != HOLDS; i++) {
			if (clauses[i].name[0] != kind || run->verdict[i] != v)
				continue;
			fprintf(out, "%s%s", sep, clauses[i].name);
			sep = ", ";
		}
		fputs(v == HOLDS ? "" : ")", out);
	}
}

static void print_table(const struct contract_options *o, const struct run *run)
{
	struct table *t = table_new("<CLAUSE <CHECK <VERDICT <NOTE");

	for (size_t i = 0; i < run->nr; i++) {
		const struct result *r = &run->results[i];

		table_cell(t, "%s", r->check->clause);
		table_cell(t, "%s", r->check->name);
		table_cell(t, "%s", verdict_names[r->outcome.verdict]);
		table_cell(t, "%s", r->outcome.detail);
	}
	table_print(t, o->output.out, !o->output.no_header, 0);
	if (o->output.quiet || interrupted)
		return;
	fputs("\n10 clauses: ", o->output.out);
	print_counts(o->output.out, run, 'C');
	fputs("; later additions: ", o->output.out);
	print_counts(o->output.out, run, 'L');
	fputc('\n', o->output.out);
	if (failed(run))
		fputs("What fails is a fault of this kernel, not of the programs that run on it.\n",
		      o->output.out);
}

static void put_clause(struct json *j, const struct run *run, size_t clause)
{
	json_item_open(j);
	json_str(j, "clause", clauses[clause].name);
	json_str(j, "text", clauses[clause].text);
	json_str(j, "verdict", verdict_names[run->verdict[clause]]);
	json_open_list(j, "checks");
	for (size_t i = 0; i < run->nr; i++) {
		const struct result *r = &run->results[i];

		if (clause_index(r->check->clause) != clause)
			continue;
		json_item_open(j);
		json_str(j, "name", r->check->name);
		json_str(j, "verdict", verdict_names[r->outcome.verdict]);
		json_str(j, "detail", r->outcome.detail);
		json_close(j);
	}
	json_close(j);
	json_close(j);
}

static void print_json(const struct contract_options *o, const struct run *run)
{
	struct json j = { 0 };
	struct utsname u;

	uname(&u);
	json_begin(&j, o->output.out);
	json_int(&j, "schema", 2);
	json_str(&j, "kernel", u.release);
	json_open_list(&j, "clauses");
	for (size_t i = 0; i < NR_CLAUSES; i++)
		put_clause(&j, run, i);
	json_close(&j);
	json_int(&j, "failed", failed(run));
	json_end(&j);
	json_free(&j);
}

/* Whether there is io_uring at all; 0 or an exit status. */
static int need_io_uring(void)
{
	struct ring_raw r;
	int ret = ring_raw_open(&r, 1, 0);

	ring_raw_close(&r);
	return ring_raw_cannot(ret);
}

static int contract(void *options)
{
	const struct contract_options *o = options;
	struct run run = { 0 };
	int status = need_io_uring();

	if (status)
		return status;
	run_all(&run);
	if (o->output.json && !interrupted)
		print_json(o, &run);
	else if (!o->output.json)
		print_table(o, &run);
	status = failed(&run) ? EXIT_FINDINGS : EXIT_DONE;
	free(run.results);
	if (interrupted)
		return cannot("interrupted before every clause was tried; run it to its end");
	return status;
}

static const struct option_row options[] = {
	ROW_JSON,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROWS_SAID,
	{ 0 }
};

const struct command contract_command = {
	.name = "contract",
	.summary = "runs the contract of registered buffers against this kernel",
	.text = "Tries each clause of the contract with rings of its own and prints whether it holds, "
		"differs in a known way, or fails. Leaves nothing behind.\v"
		"Examples:\n"
		"  fixbuf-trace contract                     # a table, one line per clause\n"
		"  fixbuf-trace contract --json              # for a program\n"
		"  fixbuf-trace contract -o before.txt       # kept, to compare kernels\n",
	.options = options,
	.options_size = sizeof(struct contract_options),
	.run = contract,
};
