// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/fmt.h"
#include "model/io_fold.h"
#include "views/stat.h"

/* So of the selection. */
static bool is_of_rows(const char *name)
{
	return !strcmp(name, "closed_rings") || !strcmp(name, "ended_processes");
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
		  "without latency: the table of starts was full" },
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
		{ "no_cell", l->no_cell, "completion", "not counted: the counter table was full" },
		{ "no_place", l->no_place, "operation",
		  "counted per process (in the row whose ring is -) or, where there was no place for that either, in a row of nobody, '(others)': the counter table had none for their ring's, and other rows are too low; select fewer processes with -p or -u" },
		{ "no_ring", l->no_ring, "ring", "counted per process: the ring table was full" },
		{ "closed_rings", rings.rings, "closed ring",
		  "counted per process: there were too many for a row each" },
		{ "ended_processes", processes.processes, "ended program",
		  "counted per user, with all rings: there were too many for a row each" },
		{ "no_histogram", l->no_hist, "counter",
		  "with percentiles to a power of two: the histogram table was full" },
		{ "no_buffer", l->no_buffer, "buffer use",
		  "not shown by buffer: the buffer table was full" },
		{ "no_address", l->no_address, "plain request",
		  "without an address: the address table was full" },
		{ "no_cause", l->no_cause, "failure", "counted without a cause: the table of causes was full" },
		{ "no_calls", m->calls_lost, "call",
		  "for buffers not counted: the table of calls was full" },
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
