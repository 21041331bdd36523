// SPDX-License-Identifier: GPL-2.0
#include <time.h>
#include "base/clock.h"
#include "base/csv.h"
#include "model/histogram.h"
#include "views/rings.h"
#include "views/stat.h"

/* As spreadsheets and programs read it, without a zone of theirs. */
static void put_time(struct csv *c, __u64 ns)
{
	time_t s = ns / NS_PER_S;
	char text[32], all[48];
	struct tm tm = { 0 };

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(all, sizeof(all), "%s.%03llu", text, ns % NS_PER_S / NS_PER_MS);
	csv_str(c, all);
}

static void put_latencies(struct csv *c, const struct io_row *r)
{
	static const unsigned int permille[] = { 500, 900, 990, 999 };
	bool known = r->hist && r->c.timed;

	csv_uint(c, r->c.timed);
	for (size_t i = 0; i < 4; i++)
		csv_known(c, known, known ? hist_permille(r->hist, permille[i], r->c.max_ns) : 0);
	csv_known(c, r->c.timed, r->c.max_ns);
	csv_known(c, r->c.timed, r->c.timed ? r->c.latency_ns / r->c.timed : 0);
	if (known)
		csv_double(c, io_row_error(r));
	else
		csv_null(c);
}

#define RING_COLUMNS	"time_utc,duration_ns,pid,ns_pid,comm,uid,cgroup,fd,ring,"

static void put_ring(struct csv *c, const struct view_stat *v, const struct io_counts *who)
{
	int fd = view_stat_fd(v, who);

	put_time(c, v->time_ns);
	csv_uint(c, v->m->t_ns);
	/* nobody's: many that ended, or found no place */
	csv_known(c, IO_WHO_TGID(who->who), IO_WHO_TGID(who->who));
	csv_ns_pid(c, view_stat_ns_pid(v, who));
	csv_text(c, comm_name(&who->comm));
	csv_uint(c, who->uid);
	view_cgroup_csv(c, view_stat_holder(v, who));
	csv_known_int(c, fd >= 0, fd);
	if (who->ring == IO_RING_ANY)
		csv_null(c);
	else
		csv_addr(c, who->ring);
}

static void put_row(struct csv *c, const struct view_stat *v, const struct io_row *r)
{
	double s = (double)v->m->t_ns / NS_PER_S;

	put_ring(c, v, &r->c);
	if (v->by_opcode)
		csv_str(c, io_op_name(IO_WHO_OP(r->c.who)));
	csv_uint(c, r->c.ops);
	csv_uint(c, r->c.bytes);
	csv_uint(c, r->fixed_ops);
	csv_uint(c, r->fixed_bytes);
	csv_double(c, s ? r->c.ops / s : 0);
	csv_double(c, s ? r->c.bytes / s : 0);
	csv_uint(c, r->c.errors);
	csv_uint(c, r->c.cancelled);
	csv_uint(c, r->c.shorts);
	csv_uint(c, r->c.punts);
	put_latencies(c, r);
	view_place_csv(c, view_stat_holder(v, &r->c));
	csv_end_row(c);
}

/* Those with I/O that was counted. */
static void put_buffers(struct csv *c, const struct view_stat *v)
{
	if (v->header && !v->to->no_header)
		fputs(RING_COLUMNS "index,addr,len_bytes,ops,bytes,touched_bytes," CSV_PLACE_COLUMNS "\n", v->to->out);
	for (size_t i = 0; i < v->m->nr_buffers; i++) {
		const struct io_buffer_row *b = &v->m->buffers[i];
		const struct io_counts who = view_stat_user(v, b->key.ring, b->born_ns);

		put_ring(c, v, &who);
		csv_uint(c, b->key.index);
		csv_addr(c, b->key.addr);
		csv_uint(c, b->use.len_bytes);
		csv_uint(c, b->use.ops);
		csv_uint(c, b->use.bytes);
		csv_known(c, !b->use.no_offset, b->use.max_end);
		view_place_csv(c, view_stat_holder(v, &who));
		csv_end_row(c);
	}
}

void view_stat_csv(const struct view_stat *v)
{
	struct csv c = { .out = v->to->out };
	struct io_model g = { 0 };

	if (v->by_buffer) {
		put_buffers(&c, v);
		return;
	}
	if (v->header && !v->to->no_header)
		fprintf(v->to->out, RING_COLUMNS "%s"
			"ops,bytes,fixed_ops,fixed_bytes,ops_per_second,bytes_per_second,"
			"errors,cancelled,shorts,punts,timed,p50_ns,p90_ns,p99_ns,p999_ns,max_ns,mean_ns,relative_error," CSV_PLACE_COLUMNS "\n",
			v->by_opcode ? "opcode," : "");
	view_stat_group(v, &g);
	for (size_t i = 0; i < g.nr_rows; i++)
		put_row(&c, v, &g.rows[i]);
	io_model_free(&g);
}
