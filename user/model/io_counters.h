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

struct io_row {
	struct io_cell c;	/* summed; .hist is void */
	__u64 *hist;		/* owned, HIST_BUCKETS; NULL = no latency */
	__u64 fixed_ops, fixed_bytes;	/* of .c.ops, .c.bytes */
};

struct io_buffer_row {
	struct io_buffer_key key;
	struct io_buffer_use use;
};

struct io_address_row {
	struct io_address_key key;
	struct io_address_use use;
};

struct io_fault_row {
	struct io_fault_key key;
	struct io_fault fault;
};

struct io_calls_row {
	__u64 ring;
	struct io_calls calls;
};

struct io_model {
	__u64 t_ns;		/* read at; of a difference: the time between */
	struct io_row *rows;	/* owned, as all lists */
	size_t nr_rows, room;
	struct io_buffer_row *buffers;
	size_t nr_buffers;
	struct io_address_row *addresses;
	size_t nr_addresses;
	struct io_fault_row *faults;
	size_t nr_faults;
	struct io_calls_row *calls;
	size_t nr_calls;
	struct io_loss loss;
	__u64 in_flight;	/* started, not ended when it was read */
	__u64 missed;		/* program runs that the kernel refused */
};

/* The row of this ring and who, made when it is not there; good until the next call. */
struct io_row *io_model_row(struct io_model *m, __u64 ring, __u64 who);
/* Adds counters, histogram and whatever else of .from to .to, but who it is. */
void io_row_add(struct io_row *to, const struct io_row *from);
void io_model_add_hist(struct io_row *row, const __u64 count[HIST_BUCKETS]);
/* Drops rows for which keep() is false. */
void io_model_select(struct io_model *m, bool (*keep)(const struct io_row *row, const void *arg),
		     const void *arg);
/* What happened between two readings of the same counters, into an empty .out. */
void io_model_between(const struct io_model *before, const struct io_model *after,
		      struct io_model *out);
/* One row a (process, ring), by opcode too when asked, into an empty .out. */
void io_model_group(const struct io_model *m, bool by_opcode, struct io_model *out);
/* All rows as one, for a total; free its .hist. */
struct io_row io_model_total(const struct io_model *m);

enum io_order { IO_BY_OPS, IO_BY_BYTES, IO_BY_P99, IO_BY_ERRORS, IO_NR_ORDERS };
const char *io_order_name(enum io_order order);
void io_model_sort(struct io_model *m, enum io_order order);

/* Whether it has a row of this ring. */
bool io_model_has_ring(const struct io_model *m, __u64 ring);
/* Into an empty .out. */
void io_model_copy(const struct io_model *m, struct io_model *out);

void io_model_free(struct io_model *m);

/* "READ_FIXED"; "?" for IO_OP_UNKNOWN. */
const char *io_op_name(unsigned int op);

#endif
