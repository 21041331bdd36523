/* SPDX-License-Identifier: GPL-2.0 */
/* What the halves of the database share: rows as the recording tells them (database.c), and what follows from all of it. */
#ifndef FIXBUF_VIEWS_DATABASE_PRIVATE_H
#define FIXBUF_VIEWS_DATABASE_PRIVATE_H

#include "model/unread_tables.h"
#include "views/database.h"
#include "views/ring_numbers.h"
#include "views/sqlite_file.h"
#include "views/summary.h"

enum {
	RECORDINGS, RINGS, BUFFERS, CALLS, PINS, CHARGES, LEVELS, FAILURES, IO, HISTOGRAMS, USES, OPERATIONS,
	FINDINGS, LOST, MEMORY,
};

struct database {
	struct sqlite_file *to;
	const struct selection *select;
	struct timeline *timeline;
	struct ring_numbers numbers;
	__s64 begin_ns;		/* of the first part, CLOCK_REALTIME */
	__s64 realtime_ns;	/* of the part that is told */
	__u32 page_bytes;
	unsigned int part;
	__u64 lost, part_begin_ns; /* of the part */
	struct unread_tables unread; /* the same */
};

/* A time since the begin of the first part. */
void database_since_begin(struct database *d, __s64 ns);
/* NULL for 0, which numbers no ring, call or process. */
void database_number(struct database *d, __u64 n);
/* NULL unless it is an error. */
void database_errno_name(struct database *d, __s64 result);
/* What failed, and what was found. */
void database_conclude(struct database *d, const struct database_conclusion *c);

#endif
