/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads what record wrote, once, from begin to end. Any file may be given:
 * lengths are checked before they are used, memory is bounded, and what is
 * wrong is one sentence with its offset. replay.h goes on from here to a
 * ledger.
 */
#ifndef FIXBUF_RECORDING_READER_H
#define FIXBUF_RECORDING_READER_H

#include "model/event.h"
#include "model/io_counters.h"
#include "model/stack.h"

struct recording;

/* NULL with a sentence. */
struct recording *recording_open(const char *path);
/* The same of bytes in memory, which stay the caller's; .name is for sentences. */
struct recording *recording_open_bytes(const char *name, const void *bytes, size_t nr);
/* Another file follows that, or those: its parts come after theirs. */
void recording_then(struct recording *r, const char *path);
/* Whether others do. */
bool recording_is_of_many(const struct recording *r);
/* The file that is being read; good until the next is. */
const char *recording_name(const struct recording *r);
/* Of the part that is being read: it changes with its first EVENT_LOOK. */
const struct origin *recording_origin(const struct recording *r);
/* 1, 0 after the last, or -errno with a sentence. */
int recording_next(struct recording *r, struct event *out);
void recording_close(struct recording *r);

#endif
