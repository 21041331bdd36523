/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O as it was counted: rows by ring, process and opcode, merged over CPUs.
 * Knows nothing of BPF: every rule is testable offline.
 */
#ifndef FIXBUF_MODEL_IO_COUNTERS_H
#define FIXBUF_MODEL_IO_COUNTERS_H

#include <abi/io_cell.h>
#include <stdbool.h>
#include <stddef.h>
#include "model/histogram.h"

/* What all CPUs counted of one (ring, process, opcode). */
struct io_counts {
	__u64 ring;		/* struct io_ring_ctx *, IO_RING_ANY: all that found no place, or are told apart no more */
	__u64 born_ns;		/* tells rings of the same address apart, 0 = not known */
	__u64 who;		/* IO_WHO(); no process: many that ended, of one user */
	__u64 ops, bytes;
	__u64 latency_ns;	/* sum */
	__u64 max_ns;
	__u64 timed;		/* of .ops, with a latency */
	__u64 coarse;		/* of .timed, known to a power of two only: spread over it */
	__u64 errors;		/* negative results but ECANCELED */
	__u64 efaults;		/* of them */
	__u64 cancelled;
	__u64 shorts;		/* less transferred than asked for */
	__u64 punts;		/* handed to a worker */
	__u64 first_ns;		/* first counted then */
	__u32 uid;
	__s32 fd;		/* that the ring was created with, -1 = not known */
	struct comm comm;
};

/* Zero-copy sends whose memory is free again: from the submission to the notification. */
struct io_notices {
	__u64 count;
	__u64 sum_ns, max_ns;
	__u64 coarse;		/* as in struct io_counts; not in recordings */
	struct hist *hist;	/* owned; NULL = none */
};

struct io_row {
	struct io_counts c;
	struct hist *hist;	/* owned; NULL = no latency */
	__u64 fixed_ops, fixed_bytes;	/* of .c.ops, .c.bytes */
	/* Told apart no more, and counted on one of their rows: io_model_fold(). */
	__u64 rings, processes;
	__u64 weight;		/* of io_model_sort(), while it sorts */
	struct io_notices notices;
};

struct io_buffer_row {
	struct io_buffer_key key;
	struct io_buffer_use use;
	__u64 born_ns;		/* of the ring, as in struct io_counts */
	__u32 payer;		/* live, as in all of these: whose share it is of */
};

struct io_address_row {
	struct io_address_key key;
	struct io_address_use use;
	__u64 born_ns;
	__u32 payer;
};

/* I/Os of one kind that failed for one cause, or went a way of their own. */
struct io_failure_row {
	struct io_failure_key key;
	struct io_failure failure;
	__u64 born_ns;
	__u32 payer;
};

struct io_calls_row {
	__u64 ring;
	struct io_calls calls;
	__u64 born_ns;
	struct io_register_cost cost;	/* 0 in older files */
	struct io_calls_failed failed;	/* the same */
	__u32 payer;
};

struct io_enters_row {
	__u64 ring;
	__u64 born_ns;
	struct io_enters enters;
	__u32 payer;
};

struct io_model {
	__u64 t_ns;		/* read at; of a difference: the time between */
	__u64 since_ns;		/* of a difference: when the earlier was read; 0 = it is none */
	struct io_row *rows;	/* owned, as all lists */
	size_t nr_rows, room;
	__u32 *places;		/* hash of the first .nr_indexed rows: 1 + index, 0 = none */
	size_t nr_places, nr_indexed;
	__u64 *rings;		/* of the first .nr_ringed rows, sorted: for io_model_has_ring() */
	size_t nr_ringed;
	struct io_buffer_row *buffers;
	size_t nr_buffers;
	struct io_address_row *addresses;
	size_t nr_addresses;
	struct io_failure_row *failures;
	size_t nr_failures;
	struct io_calls_row *calls;
	size_t nr_calls;
	bool sees_enters;	/* the next two are known, but of rings of which their queue does not tell it */
	struct io_enters_row *enters;
	size_t nr_enters;
	bool sees_under_way;	/* the next two are known: io_stat_see_under_way() */
	struct io_under_way *under_way;
	size_t nr_under_way;
	bool of_all;		/* what follows is of all that was recorded: whose each is is not known */
	struct io_loss loss;
	__u64 in_flight;	/* started, not ended when it was read */
	__u64 missed;		/* program runs that the kernel refused */
	__u64 muted_fixed;	/* of .loss.skipped, over registered buffers; recordings do not tell them apart */
	__u64 calls_lost;	/* for buffers, that are in no .calls; 0 in recordings, which do not know it */
};

/* The row of this ring and who, made when it is not there; good until the next call. */
struct io_row *io_model_row(struct io_model *m, __u64 ring, __u64 born_ns, __u64 who);
/* The same, NULL when it is not there. */
struct io_row *io_model_find(struct io_model *m, __u64 ring, __u64 born_ns, __u64 who);
/* Adds counters, histogram and whatever else of .from to .to, but who it is. */
void io_row_add(struct io_row *to, const struct io_row *from);
/* What a percentile of latencies may be off by, relative. */
double io_row_error(const struct io_row *row);
double io_notices_error(const struct io_notices *n);
void io_row_free(struct io_row *row);
void io_row_add_bucket(struct io_row *row, unsigned int bucket, __u64 n);
/* Adds .n latencies of which only the power of two is known: counter .coarse of a cell. */
void io_row_add_coarse(struct io_row *row, unsigned int coarse, __u64 n);
/* To be called by whoever changes the order of rows otherwise than by a function below. */
void io_model_forget_index(struct io_model *m);
void io_model_drop_rows(struct io_model *m);
/*
 * Whether any counter is not 0. A program adds to one after the other, so that an operation may be
 * seen in one reading, and its bytes in the next.
 */
bool io_counts_some(const struct io_counts *c);
/* Drops rows that count nothing. */
void io_model_drop_empty(struct io_model *m);
/* Drops rows for which keep() is false. */
void io_model_select(struct io_model *m, bool (*keep)(const struct io_row *row, const void *arg),
		     const void *arg);
/* What happened between two readings of the same counters, into an empty .out. */
void io_model_between(const struct io_model *before, const struct io_model *after,
		      struct io_model *out);
/* Parts of it: without the lists, of losses and time alone, and of all lists but the rows. */
void io_model_rows_between(const struct io_model *before, const struct io_model *after,
			   struct io_model *out);
void io_model_losses_between(const struct io_model *before, const struct io_model *after,
			     struct io_model *out);
void io_model_lists_between(const struct io_model *before, const struct io_model *after,
			    struct io_model *out);
/* One row per (process, ring), by opcode too when asked, fixed or not, into an empty .out. */
void io_model_group(const struct io_model *m, bool by_opcode, struct io_model *out);
/* All rows as one, for a total; to be given to io_row_free(). */
struct io_row io_model_total(const struct io_model *m);

enum io_order {
	IO_BY_OPS, IO_BY_BYTES, IO_BY_FIXED, IO_BY_P50, IO_BY_P90, IO_BY_P99, IO_BY_P999, IO_BY_MAX,
	IO_BY_ERRORS, IO_BY_PUNTS, IO_BY_PID, IO_BY_COMM, IO_BY_FD, IO_NR_ORDERS,
	IO_BY_RING = IO_NR_ORDERS,	/* for look-ups: and by process, opcode */
};
void io_model_sort(struct io_model *m, enum io_order order);
/* qsort(3): struct io_buffer_row by ring, slot and address. */
int io_buffer_by_key(const void *a, const void *b);

/* Of rows in that order: the first of the ring and process of .c. */
size_t io_model_first(const struct io_model *m, const struct io_counts *c);
/* A row's of this ring; .born_ns 0: of the newest of that address. NULL = none has it. */
const struct io_counts *io_model_ring(const struct io_model *m, __u64 ring, __u64 born_ns);
/* The same of this process, on that ring or on all that one row is of; or of others there. */
const struct io_counts *io_model_whose(const struct io_model *m, __u64 ring, __u64 born_ns, __u32 pid);
/* Whether it has a row of this ring. */
bool io_model_has_ring(const struct io_model *m, __u64 ring);
/* Whether it has a row of this process that is of rings which are not told apart. */
bool io_model_has_rest(const struct io_model *m, __u32 pid);
/* Into an empty .out. */
void io_model_copy(const struct io_model *m, struct io_model *out);

/* Adds all of .from to .to. */
void io_register_cost_add(struct io_register_cost *to, const struct io_register_cost *from);

/* The registered buffer over which such I/O was to go; false when it is not known. */
bool io_failure_buffer(const struct io_failure_row *row, struct io_buffer_key *key);

void io_model_free(struct io_model *m);

/* "READ_FIXED"; "?" for IO_OP_UNKNOWN. */
const char *io_op_name(unsigned int op);
/* Zero-copy sends: a notification follows the completion. */
static inline bool io_op_notifies(unsigned int op)
{
	return op == 47 || op == 48;
}

#endif
