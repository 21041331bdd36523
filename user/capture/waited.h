/* SPDX-License-Identifier: GPL-2.0 */
/* Rings that live on because a thread sleeps in a call of theirs, alone. */
#ifndef FIXBUF_CAPTURE_WAITED_H
#define FIXBUF_CAPTURE_WAITED_H

#include "capture/holders.h"

struct bpf_link;
struct peek;

/*
 * .waits is the iterator over tasks that sleep in a ring. Adds them to h, which is sorted, as holders
 * of each ring that none of h holds, and sorts it. 0, or -errno with a sentence.
 */
int waited_find(const struct peek *p, struct bpf_link *waits, struct holders *h);
/* The same, if it has found any .before. */
int waited_again(const struct peek *p, struct bpf_link *waits, struct holders *h,
		 const struct holders *before);

#endif
