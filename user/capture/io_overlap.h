/* SPDX-License-Identifier: GPL-2.0 */
/* Requests whose memory overlaps, as the kernel side counts them: bpf/io_overlap.h. */
#ifndef FIXBUF_CAPTURE_IO_OVERLAP_H
#define FIXBUF_CAPTURE_IO_OVERLAP_H

#include <abi/io_overlap.h>
#include <stdbool.h>

struct fixbuf_bpf;

/* Before the load, with io_how.overlap. */
void io_overlap_prepare(struct fixbuf_bpf *skel, bool used);
/* The kind after *at, which is all zero before the first: false when there is none. */
bool io_overlap_next(struct fixbuf_bpf *skel, struct io_overlap_key *at, struct io_overlap *what);
/*
 * Whether requests over whose rings such a user pays may have ended unseen, as completions overflowed.
 * .overflowed: so many of anybody's, as counted before.
 */
bool io_overlap_overflowed(struct fixbuf_bpf *skel, __u32 payer, __u64 overflowed);
/*
 * At the end: requests of a user, or of whom is not known, over registered buffers that were not compared
 * with others. Told once; false when there are no more.
 */
bool io_overlap_take_unfollowed(struct fixbuf_bpf *skel, bool *named, __u32 *uid, __u64 *nr);

#endif
