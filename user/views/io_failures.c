// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/fmt.h"
#include "base/untrusted.h"
#include "base/wrap.h"
#include "model/fact.h"
#include "views/io_failures.h"

#define WIDTH	100

/* "first 1.20s after the start, last 3.40s" */
static void put_times(FILE *out, const struct io_failed *f)
{
	char first[FMT_LEN], last[FMT_LEN];

	if (f->last_ns <= 0)
		return;
	if (f->continued) {
		fprintf(out, ", %s%s after the start", f->count > 1 ? "the last " : "",
			fmt_ns(last, f->last_ns));
		return;
	}
	fprintf(out, ", %s%s after the start", f->count > 1 ? "first " : "",
		fmt_ns(first, f->first_ns > 0 ? f->first_ns : 0));
	if (f->count > 1)
		fprintf(out, ", last %s", fmt_ns(last, f->last_ns));
}

static void put(FILE *out, const struct io_failures *f, bool failed, size_t most, const char *rest,
		const char *heading)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->nr; i++) {
		const struct io_failed *x = &f->list[i];
		/* others of the kind have other addresses, and other distances from a bound */
		const char *of = failed && x->count > 1 && x->seen.flags & EV_RANGE ? "the first: " : "";

		if (io_failed(x) != failed || nr++ >= most)
			continue;
		if (nr == 1 && heading)
			fprintf(out, "\n%s\n", heading);
		fprintf(out, "  %llu %s of pid %u", x->count, io_op_name(x->opcode), x->pid);
		if (x->comm.bytes[0])
			fprintf(out, " (%s)", TAME_COMM(x->comm));
		fprintf(out, ": %s", io_failed_name(x));
		put_times(out, x);
		fprintf(out, "\n      %s", of);
		wrap(out, x->explain, 6 + strlen(of), 6, WIDTH);
	}
	if (nr > most)
		fprintf(out, "  and %zu more kind%s; %s\n", nr - most, plural(nr - most), rest);
}

void view_io_failed_text(FILE *out, const struct io_failures *f, size_t most, const char *rest, const char *heading)
{
	put(out, f, true, most, rest, heading);
}

void view_io_slower_text(FILE *out, const struct io_failures *f, size_t most, const char *rest, const char *heading)
{
	put(out, f, false, most, rest, heading);
}

static void put_one(struct json *j, const struct io_failed *f)
{
	bool range = f->seen.flags & EV_RANGE;

	json_item_open(j);
	json_known(j, "pid", f->pid, f->pid);
	json_comm(j, "comm", &f->comm);
	json_addr(j, "ring", f->ring);
	json_str(j, "opcode", io_op_name(f->opcode));
	json_flag(j, "fixed", f->fixed);
	json_uint(j, "count", f->count);
	if (io_failed(f))
		json_str(j, "errno", fact_errno_name(f->result));
	/* what ended while the watch began is of its begin, as in the text */
	json_int(j, "first_ns", f->first_ns > 0 ? f->first_ns : 0);
	json_int(j, "last_ns", f->last_ns > 0 ? f->last_ns : 0);
	json_known(j, "index", f->seen.flags & EV_INDEX, f->seen.index);
	if (range)
		json_addr(j, "addr", f->seen.addr);
	else
		json_null(j, "addr");
	json_known(j, "len_bytes", range, f->seen.len_bytes);
	json_flag(j, "refused", f->seen.flags & EV_REFUSED);
	json_str(j, "explain", f->explain);
	json_close(j);
}

static void put_items(struct json *j, const struct io_failures *f, bool failed)
{
	for (size_t i = 0; i < f->nr; i++)
		if (io_failed(&f->list[i]) == failed)
			put_one(j, &f->list[i]);
}

void view_io_failures_json(struct json *j, const struct io_failures *f)
{
	json_open_list(j, "io_failures");
	put_items(j, f, true);
	json_close(j);
	json_open_list(j, "io_slower");
	put_items(j, f, false);
	json_close(j);
}
