/* SPDX-License-Identifier: GPL-2.0 */
/* Rings that live on because a thread sleeps in a call of theirs, alone. */
#ifndef FIXBUF_CAPTURE_WAITED_H
#define FIXBUF_CAPTURE_WAITED_H

#include "capture/holders.h"

struct bpf_link;
struct peek;
struct walk_cuts;

/*
 * .tasks is the walk's iterator. Adds those that sleep in a ring to h, which is sorted, as holders
 * of each ring that none of h holds, and sorts it. *cuts, if any, is told the users of whose threads not all
 * was looked at. 0, or -errno with a sentence.
 */
int waited_find(const struct peek *p, struct bpf_link *tasks, struct holders *h,
		struct walk_cuts *cuts);
/* The same, if it has found any .before. */
int waited_again(const struct peek *p, struct bpf_link *tasks, struct holders *h,
		 const struct holders *before);

#endif
