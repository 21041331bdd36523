/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a watch owes: a buffer that was gone before its pages were looked at, a call that was followed
 * by what undid it before it was checked, an event that came before the end and was read after it.
 * None of them is vouched for.
 */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_OWED_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_OWED_H

#include "commands/verify/watch_check.h"

/* From then on, until the ledger is another, each buffer that is gone is asked for its look. */
void watch_mind_buffers(struct watch *w);
/* Before a call or the end of a ring is entered: what may undo others that were not checked. */
void watch_before_change(struct watch *w, const struct fact *f);
/* That ring's table was not read when it ended. */
void watch_owe_ring(struct watch *w, const struct ring *r);
/* At the end: buffers of rings that are closed, and that the kernel has not released yet. */
void watch_owe_closing(struct watch *w);
/* It is read when nothing is checked any more: nobody saw what it did, if it happened before that. */
void watch_too_late(struct watch *w, const struct fact *f);
/* Of which parts of the selection there are rings, or was one made or called: they were there to check. */
void watch_note_rings(struct watch *w, const struct ledger *seen);
void watch_note_event(struct watch *w, const struct fact *f);
/* The parts of which none was seen. */
void watch_owe_selection(struct watch *w);
/* A look at everything has compared these buffers. */
void watch_looked_at(struct watch *w, const struct ledger *seen);
/* Whether all of its pages were compared, and are the program's. */
bool watch_is_in_place(const struct buffer *b);

#endif
