/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks at everything while a watch goes on: what breaks without a call, by munmap, madvise,
 * ftruncate or a fork, is told by no event. Such a look takes a tenth of one CPU at most.
 */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_LOOK_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_LOOK_H

#include "commands/verify/watch_check.h"

#define LOOK_INTERVAL_NS	1000000000ULL	/* unless told */

__u64 watch_interval_ns(const struct watch *w);
/* Whether what ended then should have been looked at since, by what looks may take: they came late. */
bool watch_look_was_late(const struct watch *w, __u64 since_ns, __u64 end_ns);
/* What who has this ring does to its memory is a reason to look from now on. */
void watch_await_mms(struct watch *w, const struct ring *r);
/* Takes the calls that took pages from buffers: all events that waited were read. */
void watch_read_unmaps(struct watch *w);
/* Everything that waited was read and checked: looks when it is time. 0, or -errno with a sentence. */
int watch_look(struct watch *w);
/* Whether the next of several looks in a row is due soon. */
bool watch_is_looking(const struct watch *w);
/* At the end: pages and the balance, and what could not be settled. 0, or -errno with a sentence. */
int watch_look_last(struct watch *w);

#endif
