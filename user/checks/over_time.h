/* SPDX-License-Identifier: GPL-2.0 */
/* What the checks find in a ledger that is replayed, each once, with when it was first so. */
#ifndef FIXBUF_CHECKS_OVER_TIME_H
#define FIXBUF_CHECKS_OVER_TIME_H

#include "checks/ignored.h"
#include "model/event.h"
#include "model/selection.h"

struct over_time;

/* .select must outlive it. */
struct over_time *over_time_new(const struct selection *select);
/* Takes every event, in order. */
void over_time_event(struct over_time *f, const struct event *t);
/* After the last: the worst first, each with .since_ns, and .detail as it was when it was worst. */
const struct findings *over_time_findings(const struct over_time *f);
/* Drops those that are ignored; returns how many were. */
size_t over_time_ignore(struct over_time *f, const struct ignored *i);
void over_time_free(struct over_time *f);

#endif
