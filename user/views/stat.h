/* SPDX-License-Identifier: GPL-2.0 */
/* What stat shows, as text and as JSON. */
#ifndef FIXBUF_VIEWS_STAT_H
#define FIXBUF_VIEWS_STAT_H

#include "base/json.h"
#include "base/output.h"
#include "checks/advice.h"
#include "checks/finding.h"
#include "checks/io_failures.h"
#include "model/event.h"
#include "model/io_counters.h"
#include "model/io_loss.h"
#include "model/selection.h"

/* What a screen has room for. */
struct view_room {
	size_t first, rows;	/* of the table of rings: so many from the first on */
	size_t below;		/* rows of each table below it */
	bool filtered;		/* it has not all rings: tables below are of those that it has */
};

struct table;

struct view_stat {
	const struct output *to;
	bool by_opcode, by_buffer, hist; /* which tables */
	const struct io_model *m;	/* selected rows; .t_ns: the time they took */
	const struct io_model *names;	/* all rows until now: buffers of .m may be of a row that counts later; NULL = .m */
	const struct ledger *l;		/* rings as last seen */
	const struct selection *select;	/* its rings are told also when no I/O of them ended; NULL = not */
	const struct advices *advices;	/* NULL = not asked for */
	const struct io_failures *failures;
	const struct findings *findings; /* NULL = not looked for */
	bool unseen;		/* no ring of what was counted was looked at: advice knows too little */
	const char *starts_by;		/* what tells requests apart: "request" or "user_data" */
	unsigned int starts_shared;	/* requests of a call that share a start, at most; 0 = not known */
	enum io_order order;
	const struct view_room *room;	/* NULL = for everything */
	unsigned int columns;		/* of the screen or terminal; 0 = as many as it takes */
	bool header;
	const struct io_loser *losers;	/* of a total: who had more than found a place; the most first */
	size_t nr_losers;
	bool total;			/* all since the begin, not an interval */
	unsigned int left;		/* processes of a program that ran on after its end */
	__u64 after_end_ns;	/* of a recording: so long after its end the counters were read last */
	__u64 time_ns;			/* when it ended, since 1970 */
};

void view_stat_text(const struct view_stat *v);
/* Parts of it: .g are the rows, in their order, into an empty one. */
void view_stat_group(const struct view_stat *v, struct io_model *g);
void view_stat_rows(const struct view_stat *v, const struct io_model *g);
void view_stat_total(const struct view_stat *v);
void view_stat_rest(const struct view_stat *v, const struct io_model *g);
void view_stat_advice(const struct view_stat *v);
/* What was lost, and the findings. */
void view_stat_beside(const struct view_stat *v, FILE *out);
/* What the column has as its title by which rows are sorted. */
const char *view_stat_order(enum io_order order);
/* A line per row of the table, or per buffer; titles with .header. All that is no row is left out. */
void view_stat_csv(const struct view_stat *v);
/* Its members. */
void view_stat_json(struct json *j, const struct view_stat *v);
/* "notifications", only where zero-copy sends were told to be over. */
void view_notices_json(struct json *j, const struct io_notices *n);

/* Whose a ring is; .born_ns 0: the newest of that address, which is the one that is still there. */
struct io_counts view_stat_user(const struct view_stat *v, __u64 ring, __u64 born_ns);
/* Cells for it: pid, name, and descriptor or address. */
void view_stat_whose(const struct view_stat *v, struct table *t, const struct io_counts *c);
/* Rings whose submissions per io_uring_enter and whose user are known, the busiest first; to be freed. */
struct io_enters_row *view_stat_enters(const struct view_stat *v, size_t *nr);
/* The process of .c as a holder of its ring; NULL when it does not hold that any more. */
const struct holder *view_stat_holder(const struct view_stat *v, const struct io_counts *c);
/* The descriptor at which the process of .c holds its ring, -1 when that is not known. */
int view_stat_fd(const struct view_stat *v, const struct io_counts *c);
/* As in facts; 0 also when the process does not hold the ring any more. */
/* Whether its latencies hold the time until the program asks for completions: IORING_SETUP_DEFER_TASKRUN. */
bool view_stat_defers(const struct view_stat *v, const struct io_counts *c);
__u32 view_stat_ns_pid(const struct view_stat *v, const struct io_counts *c);
/* Requests that have not ended, and hold a registered buffer; of a total all are listed. */
__u64 view_stat_holding(const struct view_stat *v);
/* Rings that were asked for and of which no I/O ended in that time. */
__u64 view_stat_silent(const struct view_stat *v);
/* After a number that filters do not narrow. */
#define OF_ALL_RECORDED " (of all that was recorded, not of the selection alone)"
/* "3 completions whose submission was not seen" and so on; calls each() for what is not 0. */
void view_stat_losses(const struct io_model *m,
		      void (*each)(const char *name, const char *text, __u64 count, void *arg),
		      void *arg);
/* The name of the loss of what finds no place in that table. */
const char *view_stat_loss_in(enum io_table table);
/* A line for each, and whose it is. */
void view_stat_losses_text(const struct view_stat *v, FILE *out);

#endif
