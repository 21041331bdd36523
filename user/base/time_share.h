/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time for what others make us do: a part of what goes by, of which any one user gets half, so
 * that who asks for it all the time takes it from nobody else.
 */
#ifndef FIXBUF_BASE_TIME_SHARE_H
#define FIXBUF_BASE_TIME_SHARE_H

#include <linux/types.h>
#include <stdbool.h>

#define TIME_SHARE_PART	8	/* of the time since its first use */
#define TIME_SHARE_BITS	6

/* Zero but for .free_ns. */
struct time_share {
	__u64 free_ns;		/* beside that part */
	__u64 begun_ns;		/* 0 = not used yet */
	__u64 all_ns, of_ns[1 << TIME_SHARE_BITS]; /* taken; by a hash of the user */
};

/* Whether there is time for that user. */
bool time_share_has(struct time_share *s, __u64 user, __u64 now_ns);
void time_share_take(struct time_share *s, __u64 user, __u64 ns);

#endif
