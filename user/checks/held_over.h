/* SPDX-License-Identifier: GPL-2.0 */
/* in-use-at-unregister: what requests held when a call took it out of its slot, as events tell it. */
#ifndef FIXBUF_CHECKS_HELD_OVER_H
#define FIXBUF_CHECKS_HELD_OVER_H

#include "checks/finding.h"
#include "model/event.h"

struct held_over;

struct held_over *held_over_new(void);
/* Before the fact is fed. */
void held_over_fact(struct held_over *h, const struct event *t);
/* The recording ends at .t_ns: .sure gets one of each buffer of a slot, with .since_ns of the first call. */
void held_over_end(struct held_over *h, __u64 t_ns, struct findings *sure);
/* Something was lost: what is not settled never is. */
void held_over_forget(struct held_over *h);
void held_over_free(struct held_over *h);

#endif
