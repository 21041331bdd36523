/* SPDX-License-Identifier: GPL-2.0 */
/* verify --watch --io: the I/O that goes over pages which a look found stale. */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_IO_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_IO_H

#include "commands/verify/watch_check.h"

/* After a look: counts over what it found stale from now on, and appends what the counts show until now. */
void watch_io_look(struct watch *w, const struct look *look, bool all, struct findings *out);
/* After the last look: tells what is left to tell. */
void watch_io_last(struct watch *w);
/* A buffer leaves its slots: what was lost over it until then. */
void watch_io_released(struct watch *w, const struct ring *r, const struct buffer *b);
/* Tells what was lost over buffers that were released since the last look. */
void watch_io_tell(struct watch *w);
void watch_io_free(struct watch *w);

#endif
