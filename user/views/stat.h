/* SPDX-License-Identifier: GPL-2.0 */
/* What stat shows, as text and as JSON. */
#ifndef FIXBUF_VIEWS_STAT_H
#define FIXBUF_VIEWS_STAT_H

#include "base/json.h"
#include "base/output.h"
#include "checks/advice.h"
#include "model/io_counters.h"
#include "model/io_fault.h"
#include "model/selection.h"

struct view_stat {
	const struct output *to;
	bool by_opcode, by_buffer, hist; /* which tables */
	const struct io_model *m;	/* selected rows; .t_ns: the time they took */
	const struct ledger *l;		/* rings as last seen */
	const struct selection *select;	/* its rings are told also when no I/O of them ended; NULL = not */
	const struct advices *advices;	/* NULL = not asked for */
	const char *starts_by;		/* what tells requests apart: "request" or "user_data" */
	enum io_order order;
	bool header;
	bool total;			/* all since the begin, not an interval */
};

void view_stat_text(const struct view_stat *v);
/* Its members. */
void view_stat_json(struct json *j, const struct view_stat *v);

/* The descriptor at which the process of .c holds its ring, -1 when that is not known. */
int view_stat_fd(const struct view_stat *v, const struct io_counts *c);
/* Rings that were asked for and of which no I/O ended in that time. */
__u64 view_stat_silent(const struct view_stat *v);
/* Which bound a failed import broke, and by how much. */
void view_stat_fault(char *text, size_t size, const struct io_import *i);
/* "3 completions whose submission was not seen" and so on; calls each() for what is not 0. */
void view_stat_losses(const struct io_model *m,
		      void (*each)(const char *name, const char *text, __u64 count, void *arg),
		      void *arg);

#endif
