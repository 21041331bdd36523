/* SPDX-License-Identifier: GPL-2.0 */
/* In which control group, and by which id in a container, the processes of events are. */
#ifndef FIXBUF_CAPTURE_WHEREABOUTS_H
#define FIXBUF_CAPTURE_WHEREABOUTS_H

#include "model/ledger.h"

struct whereabouts;

struct whereabouts *whereabouts_new(void);
/*
 * .cgroup and .inner_pid of who did it, as /proc shows them now, or did a second ago; NULL when it has
 * ended, or is not shown there. Good until the next call.
 */
const struct holder *whereabouts_of(struct whereabouts *w, const struct fact *f);
void whereabouts_free(struct whereabouts *w);

#endif
