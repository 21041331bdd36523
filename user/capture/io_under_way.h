/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that have started and not ended: over which buffer, or of what memory. */
#ifndef FIXBUF_CAPTURE_IO_UNDER_WAY_H
#define FIXBUF_CAPTURE_IO_UNDER_WAY_H

#include "model/io_counters.h"

struct fixbuf_bpf;

/*
 * Appends to .m what is under way for so long; .sees_under_way stays false when it is more than is looked at.
 * -errno with a sentence, as below. Where completions name a request, which is looked at now.
 */
int io_under_way_find(struct fixbuf_bpf *skel, struct io_model *m, __u64 least_age_ns);
/* How many there are, each looked at: a start whose end was not seen is left over, but not under way. */
int io_under_way_count(struct fixbuf_bpf *skel, __u64 *nr);
/* Adds how many have started, none looked at; .by_user_data: where completions do not name a request. */
int io_under_way_started(struct fixbuf_bpf *skel, bool by_user_data, __u64 *in_flight);
/* As io_under_way_find(), where they do not: as it was when it started. */
int io_under_way_named(struct fixbuf_bpf *skel, struct io_model *m, __u64 least_age_ns);

#endif
