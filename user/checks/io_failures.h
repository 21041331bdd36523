/* SPDX-License-Identifier: GPL-2.0 */
/* I/O that failed, and I/O that took a way of its own: equal causes of a process are one. */
#ifndef FIXBUF_CHECKS_IO_FAILURES_H
#define FIXBUF_CHECKS_IO_FAILURES_H

#include "model/io_counters.h"
#include "model/ledger.h"

struct io_failed {
	enum io_failure_kind kind;
	__u32 pid;		/* 0 = not known */
	struct comm comm;	/* empty = not known */
	__u32 opcode;
	bool fixed;		/* over a registered buffer */
	__s32 result;
	__u64 count;
	__s64 first_ns, last_ns; /* since what was given; equal where an older file has no times */
	bool continued;		/* .first_ns is the last before the interval: the first in it is not known */
	__u64 ring;		/* of the first */
	struct io_evidence seen; /* of the first */
	char *explain;		/* owned: why */
	__u64 cause;		/* cause_key() of it */
};

/* Zero to begin with. */
struct io_failures {
	struct io_failed *list;	/* owned */
	size_t nr;
};

/* Adds those of .m, whose times are CLOCK_MONOTONIC: .from_ns is taken from them. */
void io_failures_add(struct io_failures *f, const struct io_model *m, __s64 from_ns);
/* Failures before what was no failure, then the most frequent first. */
void io_failures_sort(struct io_failures *f);
void io_failures_free(struct io_failures *f);

/* Of I/O that named that slot of the ring: an error, -ECANCELED where all were cancelled, 0 = none failed. */
__s32 io_failures_of_slot(const struct io_model *m, const struct ledger *l, const struct ring *r, __u32 slot);
/* Whether I/O that a worker got did not wait: its polled ring refused all of the kind, there, too. */
bool io_punt_is_refused(const struct io_model *m, const struct io_failure_row *row);
/* Whether it failed, or was cancelled: the others went well. */
bool io_failed(const struct io_failed *f);
/* "EFAULT"; of what was no failure what happened: "handed to a worker". */
const char *io_failed_name(const struct io_failed *f);

#endif
