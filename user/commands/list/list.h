/* SPDX-License-Identifier: GPL-2.0 */
/* What list was asked for, and its looks. */
#ifndef FIXBUF_COMMANDS_LIST_LIST_H
#define FIXBUF_COMMANDS_LIST_LIST_H

#include "checks/holdings.h"
#include "commands/option.h"
#include "commands/run.h"

struct list_options {
	struct output output;
	struct selection select;
	struct capture_how how;
	enum { RING_BY_RING, LIST_BY_PROCESS, LIST_BY_USER, LIST_BY_CGROUP } by;
	enum holdings_sort sort;
	bool sorted;		/* --sort was given */
	bool watch;
	__u64 min_bytes, interval_ns, duration_ns;
	__u32 top;
};

/* Fills .l, which is empty, and prints it. 0, or -errno with a sentence. */
int list_look(const struct list_options *o, struct walk *w, struct ledger *l);
/* After the first look, .l, which it takes: looks again and prints what changed, or JSON all of it. The exit status. */
int list_watch(const struct list_options *o, struct run *r, struct ledger *l);

#endif
