// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace list: every ring of every process and its registered buffers, now. */
#include "base/err.h"
#include "base/fmt.h"
#include "base/json.h"
#include "commands/option.h"
#include "commands/run.h"
#include "model/totals.h"
#include "views/rings.h"

struct list_options {
	struct output output;
	struct selection select;
	struct capture_how how;
};

static void print(const struct list_options *o, const struct ledger *l, unsigned int unsteady)
{
	if (o->output.json) {
		struct json j = { 0 };

		json_begin(&j, o->output.out);
		/* the walk is the same on every tier and is all that a snapshot takes */
		view_rings_json(&j, &o->output, &o->select, l, TIER_TRACEPOINTS, false);
		json_uint(&j, "unsteady_rings", unsteady);
		json_end(&j);
		json_free(&j);
		return;
	}
	view_rings_text(&o->output, &o->select, l);
	if (unsteady)
		fprintf(o->output.out, "%u ring%s changed too fast to be read; run it again\n", unsteady,
			plural(unsteady));
}

static int list(void *options)
{
	struct list_options *o = options;
	const struct capture_wants wants = { .how = &o->how, .select = &o->select };
	struct run r = { .to = &o->output };
	struct ledger *l = ledger_new();
	int status = run_open(&r, &wants);

	if (!status && walk_rings(r.capture.walk, l))
		status = run_cannot();
	if (!status)
		print(o, l, walk_unsteady(r.capture.walk));
	if (!status && !o->output.quiet && !ledger_totals(l, &o->select).rings)
		fprintf(stderr, PROGRAM_NAME ": no ring%s was found\n",
			selection_asks(&o->select) ? " of the selection" : "");
	if (!status && !o->output.quiet && walk_is_inside(r.capture.walk) && !o->select.nr_pids)
		fprintf(stderr, PROGRAM_NAME ": rings of processes outside of this pid namespace are not shown\n");
	run_close(&r);
	ledger_free(l);
	return status;
}

static const struct option_row options[] = {
	ROWS_SELECTION(struct list_options),
	ROW_BTF(struct list_options),
	ROW_JSON,
	ROW_OUTPUT,
	ROW_NO_HEADER,
	ROWS_SAID,
	{ 0 }
};

const struct command list_command = {
	.name = "list",
	.summary = "every ring of every process and its registered buffers, now",
	.text = "Shows each ring, who holds it, whose limit it counts against and how much of that is "
		"used, and each registered buffer with its folio size and charge.\v"
		"Examples:\n"
		"  fixbuf-trace list                  # all rings\n"
		"  fixbuf-trace list -p 812,977       # those of two processes\n"
		"  fixbuf-trace list --json -o a.json # for a program\n",
	.options = options,
	.options_size = sizeof(struct list_options),
	.run = list,
};
