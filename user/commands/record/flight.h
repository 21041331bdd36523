/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record as a flight recorder: segments that each can be read alone, of which the last are kept, and
 * what was saved of them when something happened.
 */
#ifndef FIXBUF_COMMANDS_RECORD_FLIGHT_H
#define FIXBUF_COMMANDS_RECORD_FLIGHT_H

#include <stdio.h>
#include "base/output.h"
#include "commands/record/triggers.h"
#include "recording/writer.h"

struct flight_options {		/* zero: it goes to one file */
	__u64 keep_ns, keep_bytes;
	__u64 before_ns, after_ns;	/* of what happened; 0 before: all that is kept */
	struct trigger_options triggers;
};

struct flight;

bool flight_is_asked(const struct flight_options *o);
/* To the folder .to->path. NULL with a sentence. */
struct flight *flight_new(const struct flight_options *o, const struct output *to,
			  const struct selection *select);
/* The next segment. NULL with a sentence. */
FILE *flight_next(struct flight *f);
/* Takes every event of .l, in order. */
void flight_event(struct flight *f, const struct live *l, const struct event *e);
/* So many I/Os failed since the last reading. */
void flight_failed_io(struct flight *f, __u64 nr, __u64 now_ns);
/* For writer_on_full(): the oldest segments go, which is said once. .flight is a struct flight. */
bool flight_make_room(void *flight);
/* How many went so, and their bytes. */
size_t flight_given(const struct flight *f, __u64 *bytes);
/* The segment has so many bytes, and may soon have more: makes room. */
void flight_grows(struct flight *f, __u64 now_ns, __u64 bytes);
/* Whether the segment, of so many bytes, ends here. .more waits to be taken. */
bool flight_is_due(struct flight *f, __u64 now_ns, __u64 bytes, bool more);
/* The segment is complete; saves what is to be saved. .last: it is that of the run. */
void flight_close_segment(struct flight *f, const struct writer_told *told, __u64 end_ns, bool last);
/* The segment cannot be written on, and the run ends: what was to be saved is not, which is said. */
void flight_end_segment(struct flight *f);
/* Of all segments, as writer_told(). */
struct writer_told flight_told(const struct flight *f);
void flight_free(struct flight *f);

#endif
