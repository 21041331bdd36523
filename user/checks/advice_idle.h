/* SPDX-License-Identifier: GPL-2.0 */
/* Which registered buffers nobody uses: tables that were cloned share theirs, each ring uses some of them. */
#ifndef FIXBUF_CHECKS_ADVICE_IDLE_H
#define FIXBUF_CHECKS_ADVICE_IDLE_H

#include "checks/advice_digest.h"

#define IDLE_LEN 320

/* Buffers in several slots, used over one of them. */
struct used_buffer {
	const struct buffer *buffer;
	UT_hash_handle hh;
};

/* Of a ring's table; kernel buffers are none of it. */
struct idle_buffers {
	__u64 buffers;
	__u64 idle, bytes;	/* used over no slot of any ring, and in no slot but one */
	__u64 shared;		/* the same, but other slots hold them: to empty one slot gives nothing back */
	__s64 index;		/* of one that is idle or shared, the last */
	bool in_use_known;	/* of each slot it is known how many requests use it */
};

/* Uses over any ring of .l; free it with idle_free(). */
struct used_buffer *idle_take(const struct digests *d, const struct ledger *l);
struct idle_buffers idle_of(const struct used_buffer *used, const struct digests *d, const struct ring *r);
/* Says of .x, which has some that are idle or shared, what was not used in .t_ns; returns the remedy. */
const char *idle_words(char text[IDLE_LEN], const struct idle_buffers *x, __u64 t_ns);
void idle_free(struct used_buffer *used);

#endif
