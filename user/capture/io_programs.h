/* SPDX-License-Identifier: GPL-2.0 */
/* The I/O programs: chosen by the kernel's prototypes, attached, and their maps read. */
#ifndef FIXBUF_CAPTURE_IO_PROGRAMS_H
#define FIXBUF_CAPTURE_IO_PROGRAMS_H

#include "model/event.h"
#include "model/io_counters.h"
#include "model/io_loss.h"
#include "model/ledger.h"
#include "model/selection.h"

struct facts;
struct fixbuf_bpf;
struct io_stat;

struct io_how {
	bool latency;		/* see submissions too */
	bool share_starts;	/* requests of a call may share a reading of the clock */
	bool by_buffer;
	bool by_address;	/* of plain I/O, too */
	bool enters;		/* submissions per io_uring_enter, where refused ones are traced */
	bool stale;		/* io_stale_count() is asked */
	bool overlap;		/* io_overlap_next() is asked */
	bool costs;		/* of registering; who sees calls begin is not its job */
	bool under_way;		/* io_stat_see_under_way() is asked */
	bool only_ended;	/* the model's .in_flight is not asked for */
	bool intervals;		/* what came since the last time is asked for, from the start on */
	bool rows_since;	/* rows are asked for as what came since alone, lists as they stand alone */
	__u32 sample;		/* a fact for one in so many over fixed buffers, and without
				 * .by_address no counts of others; 0 = none */
};

/* Before kern_load(). NULL with a sentence. */
struct io_stat *io_stat_prepare(struct fixbuf_bpf *skel, const struct io_how *how);
/* What programs that only count were not run for is told with their counts, not as lost events. */
void io_stat_only_counts(const struct io_stat *s, struct facts *facts);
/* After kern_load(): counts from now on. -errno with a sentence. */
int io_stat_start(struct io_stat *s);
/* Nothing is counted from then on. */
void io_stat_stop(struct io_stat *s);
/*
 * Everything since the start, into an empty .all, and, unless it is NULL, since
 * the last time that .since was asked for. -errno with a sentence.
 */
int io_stat_read(struct io_stat *s, struct io_model *all, struct io_model *since);
/* Since when the next .since tells: at first since the start. */
__u64 io_stat_since_ns(const struct io_stat *s);
/*
 * Adds to .m what is under way now, for so long at least, where starts are kept: each is looked at. -errno
 * with a sentence.
 */
int io_stat_see_under_way(struct io_stat *s, struct io_model *m, __u64 least_age_ns);
/*
 * Gives back the places of rings that are gone: those that two ledgers in a row,
 * each of a walk of its own, do not have. What they counted stays known.
 * To be called every second, and when it is crowded. -errno with a sentence.
 */
int io_stat_tidy(struct io_stat *s, const struct ledger *l);
/* Lists know no more of what had gone at the last reading: for who needs only what comes after it. */
void io_stat_forget_gone(struct io_stat *s);
bool io_stat_crowded(const struct io_stat *s);
void io_stat_free(struct io_stat *s);

/* As io_shares_lost(). */
size_t io_stat_losers(const struct io_stat *s, struct io_loser **list);
/* What tells requests apart: "request" or, before 5.18, "user_data". */
const char *io_stat_starts_by(const struct io_stat *s);
/* Requests of one call that share a reading of the clock as their start, at most. */
unsigned int io_stat_starts_shared(const struct io_stat *s);

#endif
