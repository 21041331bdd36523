// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/fmt.h"
#include "base/json.h"
#include "base/wrap.h"
#include "checks/failure_io.h"
#include "model/fact.h"
#include "views/io_line.h"
#include "views/stat.h"

/* Bytes that were asked for are known, and fewer came. */
static bool is_short(const struct fact_io *f)
{
	return f->io_flags & IO_F_RANGE && f->result >= 0 && (__u64)f->result < f->len_bytes;
}

static void put_user_data(FILE *out, const struct fact_io *f)
{
	__u64 user_data;

	if (fact_user_data(f, &user_data))
		fprintf(out, ", user_data 0x%llx", user_data);
}

static void put_user_data_json(struct json *j, const struct fact_io *f)
{
	__u64 user_data;

	if (fact_user_data(f, &user_data))
		json_addr(j, "user_data", user_data);
	else
		json_null(j, "user_data");
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
	put_user_data(out, f);
}

void view_notice_text(FILE *out, const struct fact_io *f)
{
	char took[FMT_LEN];

	fprintf(out, "%s: its memory is free, %s after its submission%s", io_op_name(f->opcode),
		fmt_ns(took, f->latency_ns), f->io_flags & IO_F_COPIED ? ", the data was copied" : "");
	put_user_data(out, f);
}

void view_notice_json(struct json *j, const struct fact_io *f)
{
	json_str(j, "opcode", io_op_name(f->opcode));
	json_uint(j, "latency_ns", f->latency_ns);
	json_flag(j, "fixed", true);
	json_flag(j, "copied", f->io_flags & IO_F_COPIED);
	put_user_data_json(j, f);
}

void view_io_why(FILE *out, const struct fact_io *f, const struct ledger *l, int indent, int width)
{
	char text[EXPLAIN_LEN];

	if (f->result >= 0)
		return;
	explain_io_fact(text, f, l);
	fprintf(out, "%*s", indent, "");
	wrap(out, text, indent, indent, width);
}

/* Which bound, and how far it was passed where that is a distance. */
static void put_fault(struct json *j, const struct fact_io *f)
{
	static const char *const names[] = {
		[IO_BOUND_INDEX] = "index", [IO_BOUND_EMPTY] = "empty", [IO_BOUND_WRAP] = "wrap",
		[IO_BOUND_BEGIN] = "begin", [IO_BOUND_END] = "end", [IO_BOUND_TAG] = "tag",
	};
	const struct io_import import = io_import_of_fact(f);
	enum io_bound bound;
	char text[EXPLAIN_LEN];
	__u64 by;

	bound = io_import_bound(&import, &by);
	json_open(j, "fault");
	json_str(j, "bound", names[bound]);
	json_known(j, "by", by, by);
	json_uint(j, "slots", f->nr_slots);
	json_addr(j, "buffer_addr", f->buf_addr);
	json_uint(j, "buffer_len_bytes", f->buf_len_bytes);
	explain_import(text, sizeof(text), &import);
	json_str(j, "detail", text);
	json_close(j);
}

void view_io_json(struct json *j, const struct fact_io *f, const struct ledger *l)
{
	char text[EXPLAIN_LEN];

	json_str(j, "opcode", io_op_name(f->opcode));
	json_known(j, "index", !(f->io_flags & IO_F_NAMELESS), f->index);
	if (f->io_flags & IO_F_RANGE)
		json_addr(j, "addr", f->addr);
	else
		json_null(j, "addr");
	json_known(j, "offset_bytes", f->io_flags & IO_F_OFFSET, f->offset_bytes);
	json_known(j, "len_bytes", f->io_flags & IO_F_RANGE, f->len_bytes);
	json_int(j, "result", f->result);
	if (f->result < 0)
		json_str(j, "errno", fact_errno_name(f->result));
	json_known(j, "latency_ns", f->latency_ns, f->latency_ns);
	json_flag(j, "fixed", true);
	json_flag(j, "punted", f->io_flags & IO_F_PUNTED);
	json_flag(j, "refused", f->io_flags & IO_F_REFUSED);
	put_user_data_json(j, f);
	if (f->io_flags & IO_F_NO_IMPORT)
		put_fault(j, f);
	if (f->result >= 0)
		return;
	explain_io_fact(text, f, l);
	json_str(j, "explain", text);
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
	json_key(arg, name);
	json_item_uint((struct json *)arg, count);
}

static void print_loss(const char *name, const char *text, __u64 count, void *arg)
{
	(void)name;
	fprintf(arg, "%llu %s\n", count, text);
}

static void put_opcode(struct json *j, const struct io_model *m, unsigned int op)
{
	struct io_row sum = { 0 };

	for (size_t i = 0; i < m->nr_rows; i++)
		if (IO_WHO_OP(m->rows[i].c.who) == op)
			io_row_add(&sum, &m->rows[i]);
	io_row_free(&sum);
	if (!sum.c.ops)
		return;
	json_item_open(j);
	json_str(j, "opcode", io_op_name(op));
	json_uint(j, "ops", sum.c.ops);
	json_uint(j, "bytes", sum.c.bytes);
	json_uint(j, "errors", sum.c.errors);
	json_uint(j, "cancelled", sum.c.cancelled);
	json_close(j);
}

static void end_json(const struct view_trace *v, const struct io_model *m, const char *starts_by)
{
	struct io_row all = io_model_total(m);
	struct json j = { 0 };

	json_begin(&j, v->to->out);
	json_int(&j, "schema", 2);
	json_str(&j, "event", "io-total");
	json_uint(&j, "ops", all.c.ops);
	json_uint(&j, "fixed_ops", all.fixed_ops);
	json_uint(&j, "shown", v->ios);
	if (v->io_unshown)
		json_uint(&j, "not_selected", v->io_unshown);
	json_uint(&j, "sample", v->origin->sample);
	json_str(&j, "starts_by", starts_by);
	json_known(&j, "in_flight", tells_in_flight(starts_by), m->in_flight);
	json_open_list(&j, "opcodes");
	for (unsigned int op = 0; op <= IO_OP_UNKNOWN; op++)
		put_opcode(&j, m, op);
	json_close(&j);
	if (m->of_all)
		json_flag(&j, "losses_of_all", true);
	json_open(&j, "losses");
	view_stat_losses(m, note_loss, &j);
	json_close(&j);
	json_end(&j);
	json_free(&j);
	io_row_free(&all);
}

static void end_text(const struct view_trace *v, const struct io_model *m, const char *starts_by)
{
	struct io_row all = io_model_total(m);
	const __u64 plain = all.c.ops - all.fixed_ops;
	char bytes[FMT_LEN];

	fprintf(stderr, "%llu I/O%s over registered buffers, %s", all.fixed_ops, plural(all.fixed_ops),
		fmt_bytes(bytes, all.fixed_bytes));
	if (plain)
		fprintf(stderr, ", and %llu plain, %s", plain, fmt_bytes(bytes, all.c.bytes - all.fixed_bytes));
	fprintf(stderr, "%s%llu failed", plain ? "; " : ", ", all.c.errors);
	if (all.c.cancelled)
		fprintf(stderr, ", %llu cancelled", all.c.cancelled);
	fprintf(stderr, "; %llu shown", v->ios);
	if (v->origin->sample > 1)
		fprintf(stderr, " (one in %u on each cpu)", v->origin->sample);
	if (m->in_flight && tells_in_flight(starts_by))
		fprintf(stderr, "; %llu under way%s", m->in_flight, m->of_all ? OF_ALL_RECORDED : "");
	fputc('\n', stderr);
	if (v->io_unshown)
		fprintf(stderr, "%llu counted and not shown: the ring is of the selection, but the task that submitted %s is not (by process, user, name or cgroup)\n",
			v->io_unshown, v->io_unshown == 1 ? "it" : "them");
	view_stat_losses(m, print_loss, stderr);
	io_row_free(&all);
}

void view_io_end(const struct view_trace *v, const struct io_model *m, const char *starts_by)
{
	if (!output_is_read(v->to))
		return;
	if (v->to->json)
		end_json(v, m, starts_by);
	if (!v->to->quiet)
		end_text(v, m, starts_by);
}
