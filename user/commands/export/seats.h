/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who gives its place among the owners to another. A user has a quarter of the places for sure, root
 * what one other user leaves; more as long as no other user wants its own.
 */
#ifndef FIXBUF_COMMANDS_EXPORT_SEATS_H
#define FIXBUF_COMMANDS_EXPORT_SEATS_H

#include "commands/export/model.h"

/* .o has a place from now on, and none any more. */
void seats_take(struct export_model *m, struct owner *o);
void seats_leave(struct export_model *m, struct owner *o);
/*
 * Where there is no place left: who gives one to a new owner of this user's, NULL = nobody. .living: that
 * is there now, with so many bytes; else it may be gone already.
 */
struct owner *seats_yielding(const struct export_model *m, __u32 uid, __u64 now_ns, bool living, __u64 bytes);

#endif
