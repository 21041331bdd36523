// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/fmt.h"
#include "base/json_util.h"
#include "model/fact.h"
#include "views/io_line.h"
#include "views/stat.h"

/* What broke the import, as stat puts it. */
static const char *fault_text(char *text, size_t size, const struct fact_io *f)
{
	const struct io_fault_row row = {
		.key = { .ring = f->h.ring, .op = f->opcode, .index = f->index },
		.fault = {
			.addr = f->io_flags & IO_F_RANGE ? f->addr : 0, .len_bytes = f->len_bytes,
			.buf_addr = f->buf_addr, .buf_len_bytes = f->buf_len_bytes,
			.nr_slots = f->nr_slots, .empty = !!(f->io_flags & IO_F_EMPTY),
		},
	};

	view_stat_fault(text, size, &row);
	return text;
}

/* Bytes that were asked for are known, and fewer came. */
static bool is_short(const struct fact_io *f)
{
	return f->io_flags & IO_F_RANGE && f->result >= 0 && (__u64)f->result < f->len_bytes;
}

static void put_result(FILE *out, const struct fact_io *f)
{
	char text[256];

	if (f->result < 0)
		fprintf(out, ": %s", fact_errno_name(f->result));
	else if (is_short(f))
		fprintf(out, ": short, %s", fmt_bytes(text, f->result));
	else if (!(f->io_flags & IO_F_RANGE) && f->result)
		fprintf(out, ": ok, result %d", f->result);
	else
		fprintf(out, ": ok");
	if (f->io_flags & IO_F_REFUSED)
		fprintf(out, ", refused at submission");
	else if (f->latency_ns)
		fprintf(out, ", %s", fmt_ns(text, f->latency_ns));
	if (f->io_flags & IO_F_PUNTED)
		fprintf(out, ", by a worker");
	if (f->io_flags & IO_F_NO_IMPORT)
		fprintf(out, ": %s", fault_text(text, sizeof(text), f));
}

void view_io_text(FILE *out, const struct fact_io *f)
{
	char size[FMT_LEN];

	fprintf(out, "%s ", io_op_name(f->opcode));
	if (f->io_flags & IO_F_NAMELESS)
		fprintf(out, "[?]");
	else
		fprintf(out, "[%u]", f->index);
	if (f->io_flags & IO_F_OFFSET)
		fprintf(out, " +0x%llx", f->offset_bytes);
	else if (f->io_flags & IO_F_RANGE)
		fprintf(out, " 0x%llx", f->addr);
	if (f->io_flags & IO_F_RANGE)
		fprintf(out, " %s", fmt_bytes(size, f->len_bytes));
	put_result(out, f);
}

/* Which bound, and how far it was passed where that is a distance. */
static void put_fault(struct json_text *t, const struct fact_io *f)
{
	__u64 end = f->addr + f->len_bytes, buf_end = f->buf_addr + f->buf_len_bytes, by = 0;
	json_object *o = json_object_new_object(), *fault = json_object_new_object();
	const char *bound = NULL;
	char text[256];

	if (f->index >= f->nr_slots) {
		bound = "index";
		by = f->index - f->nr_slots + 1;
	} else if (f->io_flags & IO_F_EMPTY) {
		bound = "empty";
	} else if (f->io_flags & IO_F_RANGE && end < f->addr) {
		bound = "wrap";
	} else if (f->io_flags & IO_F_RANGE && f->addr < f->buf_addr) {
		bound = "begin";
		by = f->buf_addr - f->addr;
	} else if (f->io_flags & IO_F_RANGE && end > buf_end) {
		bound = "end";
		by = end - buf_end;
	}
	if (bound)
		json_str(fault, "bound", bound);
	else
		json_null(fault, "bound");
	if (by)
		json_uint(fault, "by", by);
	else
		json_null(fault, "by");
	json_uint(fault, "slots", f->nr_slots);
	json_addr(fault, "buffer_addr", f->buf_addr);
	json_uint(fault, "buffer_len_bytes", f->buf_len_bytes);
	json_str(fault, "detail", fault_text(text, sizeof(text), f));
	json_object_object_add(o, "fault", fault);
	text_members(t, o);
}

void view_io_json(struct json_text *t, const struct fact_io *f)
{
	text_str(t, "opcode", io_op_name(f->opcode));
	text_known(t, "index", !(f->io_flags & IO_F_NAMELESS), f->index);
	if (f->io_flags & IO_F_RANGE)
		text_addr(t, "addr", f->addr);
	else
		text_null(t, "addr");
	text_known(t, "offset_bytes", f->io_flags & IO_F_OFFSET, f->offset_bytes);
	text_known(t, "len_bytes", f->io_flags & IO_F_RANGE, f->len_bytes);
	text_int(t, "result", f->result);
	if (f->result < 0)
		text_str(t, "errno", fact_errno_name(f->result));
	text_known(t, "latency_ns", f->latency_ns, f->latency_ns);
	text_flag(t, "fixed", 1);
	text_flag(t, "punted", f->io_flags & IO_F_PUNTED);
	text_flag(t, "refused", f->io_flags & IO_F_REFUSED);
	if (f->io_flags & IO_F_NO_IMPORT)
		put_fault(t, f);
}

/* ---- totals -------------------------------------------------------------------------- */

/* Starts by user_data are kept of every opcode and task. */
static bool tells_in_flight(const char *starts_by)
{
	return strcmp(starts_by, "user_data");
}

static void note_loss(const char *name, const char *text, __u64 count, void *arg)
{
	(void)text;
	json_object_object_add(arg, name, json_object_new_uint64(count));
}

static void print_loss(const char *name, const char *text, __u64 count, void *arg)
{
	(void)name;
	fprintf(arg, "%llu %s\n", count, text);
}

static void end_json(const struct view_trace *v, const struct io_model *m, const char *starts_by)
{
	json_object *o = json_object_new_object(), *ops = json_object_new_array();
	json_object *losses = json_object_new_object();
	struct io_row all = io_model_total(m);

	json_int(o, "schema", 2);
	json_str(o, "event", "io-total");
	json_uint(o, "ops", all.c.ops);
	json_uint(o, "shown", v->ios);
	json_uint(o, "sample", v->sample);
	json_str(o, "starts_by", starts_by);
	if (tells_in_flight(starts_by))
		json_uint(o, "in_flight", m->in_flight);
	else
		json_null(o, "in_flight");
	for (unsigned int op = 0; op <= IO_OP_UNKNOWN; op++) {
		json_object *one;
		struct io_row sum = { 0 };

		for (size_t i = 0; i < m->nr_rows; i++)
			if (IO_WHO_OP(m->rows[i].c.who) == op)
				io_row_add(&sum, &m->rows[i]);
		free(sum.hist);
		if (!sum.c.ops)
			continue;
		one = json_object_new_object();
		json_str(one, "opcode", io_op_name(op));
		json_uint(one, "ops", sum.c.ops);
		json_uint(one, "bytes", sum.c.bytes);
		json_uint(one, "errors", sum.c.errors);
		json_uint(one, "cancelled", sum.c.cancelled);
		json_object_array_add(ops, one);
	}
	json_object_object_add(o, "opcodes", ops);
	view_stat_losses(m, note_loss, losses);
	json_object_object_add(o, "losses", losses);
	json_line(v->to->out, o);
	free(all.hist);
}

static void end_text(const struct view_trace *v, const struct io_model *m, const char *starts_by)
{
	struct io_row all = io_model_total(m);
	char bytes[FMT_LEN];

	fprintf(stderr, "%llu I/O%s over registered buffers, %s, %llu failed; %llu shown",
		all.c.ops, all.c.ops == 1 ? "" : "s", fmt_bytes(bytes, all.c.bytes),
		all.c.errors + all.c.cancelled, v->ios);
	if (v->sample > 1)
		fprintf(stderr, " (one in %u on each cpu)", v->sample);
	if (m->in_flight && tells_in_flight(starts_by))
		fprintf(stderr, "; %llu under way", m->in_flight);
	fputc('\n', stderr);
	view_stat_losses(m, print_loss, stderr);
	free(all.hist);
}

void view_io_end(const struct view_trace *v, const struct io_model *m, const char *starts_by)
{
	if (ferror(v->to->out))
		return;
	if (v->to->json)
		end_json(v, m, starts_by);
	if (!v->to->quiet)
		end_text(v, m, starts_by);
}
