/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of rings that are closed become fewer where they are many, so that memory has an end. First
 * those of a process become one row per opcode, of its name; where processes are too many, too, those
 * of ended ones become rows of their user. The largest keep their own, and who has many rows gives
 * them up before who has few.
 */
#ifndef FIXBUF_MODEL_IO_FOLD_H
#define FIXBUF_MODEL_IO_FOLD_H

#include "model/io_counters.h"

struct io_fold {
	size_t most;		/* rows that are kept; with more they become half as many, if they can */
	bool (*is_open)(const struct io_counts *c, const void *arg);
	/* Whether the process that .c was counted of is there still. */
	bool (*lives)(const struct io_counts *c, const void *arg);
	const void *arg;
	struct comm ended;	/* what a user's row is called */
};

void io_model_fold(struct io_model *m, const struct io_fold *how);

struct io_folded {
	__u64 rings, processes;
};

/* How many became rows of their process or, with .of_users, their user. */
struct io_folded io_model_folded(const struct io_model *m, bool of_users);

#endif
