/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verify --watch --io: what went over a buffer between the last look that saw its pages in place and the
 * one that did not. It may have gone there before they were lost: a bound.
 */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_MEANWHILE_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_MEANWHILE_H

#include "commands/verify/watch_check.h"

/* Before a look, and as the watch begins: what was counted until now. */
void watch_meanwhile_note(struct watch *w);
/* Of a finding about pages that were in place at .since_ns: into .c, unless it is not known. */
void watch_meanwhile(struct watch *w, const struct finding *f, __u64 since_ns, struct cause *c);
void watch_meanwhile_free(struct watch *w);

#endif
