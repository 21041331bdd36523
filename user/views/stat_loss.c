// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/fmt.h"
#include "base/wrap.h"
#include "model/io_fold.h"
#include "views/stat.h"

#define MOST_LOSERS 8	/* in text */

/* So of the selection. */
static bool is_of_rows(const char *name)
{
	return !strcmp(name, "closed_rings") || !strcmp(name, "ended_processes");
}

const char *view_stat_loss_in(enum io_table table)
{
	static const char *const names[IO_TABLE_STARTS + 1] = {
		[IO_TABLE_RINGS] = "no_ring", [IO_TABLE_OTHERS] = "no_cell", [IO_TABLE_HISTS] = "no_histogram",
		[IO_TABLE_FAILURES] = "no_cause", [IO_TABLE_CALLS] = "no_calls",
		[IO_TABLE_BUFFERS] = "no_buffer", [IO_TABLE_ADDRESSES] = "no_address",
		[IO_TABLE_STARTS] = "evicted_starts",
	};

	/* what finds no cell of its own goes to another: of the last of them alone something is lost */
	return names[table] ? names[table] : "no_place";
}

void view_stat_losses(const struct io_model *m,
		      void (*each)(const char *name, const char *text, __u64 count, void *arg),
		      void *arg)
{
	const struct io_folded rings = io_model_folded(m, false), processes = io_model_folded(m, true);
	const struct io_loss *l = &m->loss;
	const struct {
		const char *name;
		__u64 count;
		const char *noun, *text;
	} all[] = {
		{ "no_start", l->no_start, "completion",
		  "without latency: the submission was not seen (before the watch, refused, or of a request that was to tell of failures alone)" },
		{ "evicted_starts", l->evicted, "submission",
		  "without latency: the table of starts had no more room" },
		{ "reused_requests", l->reused, "request",
		  "not counted: used again before the end was seen" },
		{ "refused", l->refused, "request", "counted without latency: refused at submission" },
		{ "ambiguous", l->ambiguous, "completion",
		  "counted without latency: two requests with one user_data were under way" },
		{ "muted", l->skipped, "request",
		  "with IOSQE_CQE_SKIP_SUCCESS: counted only on failure" },
		{ "unpolled", l->unpolled, "request",
		  "not counted: on polled rings, whose completions this kernel does not trace" },
		{ "overflowed", l->overflowed, "completion",
		  "counted without opcode or latency: the completion ring was full; as far as the kernel had memory to keep them nothing was lost, they came late (some may be of resource tags or messages, which are no I/O); make it larger (IORING_SETUP_CQSIZE) or reap more often" },
		{ "late", l->late, "completion",
		  "came late, and none was lost as far as the kernel had memory to keep them: the completion ring was full; make it larger (IORING_SETUP_CQSIZE) or reap more often" },
		{ "no_cell", l->no_cell, "completion", "not counted: the counter table had no more room" },
		{ "no_place", l->no_place, "operation",
		  "counted per process (in the row whose ring is -) or, where there was no place for that either, per user, in the row '(others)': the counter table had none for their ring's, and other rows of theirs are too low; select fewer processes with -p or -u" },
		{ "no_ring", l->no_ring, "ring", "counted per process: the ring table had no more room" },
		{ "closed_rings", rings.rings, "closed ring",
		  "counted per process: there were too many for a row each" },
		{ "ended_processes", processes.processes, "ended program",
		  "counted per user, with all rings: there were too many for a row each" },
		{ "no_histogram", l->no_hist, "counter",
		  "with percentiles to a power of two: the histogram table had no more room" },
		{ "no_buffer", l->no_buffer, "buffer use",
		  "not shown by buffer: the table of buffers, or of rings, had no more room" },
		{ "no_address", l->no_address, "plain request",
		  "without an address: the table of addresses, or of rings, had no more room" },
		{ "no_cause", l->no_cause, "failure", "counted without a cause: the table of causes had no more room" },
		{ "no_calls", m->calls_lost, "call",
		  "for buffers not counted: the table of calls, or of rings, had no more room" },
		{ "no_send", l->no_send, "notification",
		  "of zero-copy sends without a time: the submission was not seen (before the watch, or refused)" },
		{ "multishot", l->multishot, "completion",
		  "of multishot requests not counted, nor their bytes: the kernel does not trace which request they are of, a receive, a read, an accept or a poll" },
		{ "missed", m->missed, "I/O event",
		  "of anybody not counted: the same BPF program was already running on that CPU, or preempted there" },
	};
	char text[480];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].count)
			continue;
		snprintf(text, sizeof(text), "%s%s %s%s", all[i].noun, plural(all[i].count), all[i].text,
			 m->of_all && !is_of_rows(all[i].name) ? OF_ALL_RECORDED : "");
		each(all[i].name, text, all[i].count, arg);
	}
}

/* Who has a part of that loss, where it is told. */
static void print_losers(const struct view_stat *v, const char *name, FILE *out)
{
	size_t nr = 0;

	for (size_t i = 0; i < v->nr_losers && nr < MOST_LOSERS; i++) {
		const struct io_loser *l = &v->losers[i];

		if (strcmp(view_stat_loss_in(l->table), name))
			continue;
		fprintf(out, "  of user %u: %llu\n", l->uid, l->count);
		nr++;
	}
}

struct losses {
	const struct view_stat *v;
	FILE *out;
};

static void print_loss(const char *name, const char *text, __u64 count, void *arg)
{
	const struct losses *l = arg;

	wrap_line(l->out, 0, "%llu %s", count, text);
	print_losers(l->v, name, l->out);
}

void view_stat_losses_text(const struct view_stat *v, FILE *out)
{
	view_stat_losses(v->m, print_loss, &(struct losses){ v, out });
}
