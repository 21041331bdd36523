/* SPDX-License-Identifier: GPL-2.0 */
/* How many requests the processes wait for that end: killed, they may hang on a frozen file system. */
#ifndef FIXBUF_CAPTURE_IN_FLIGHT_H
#define FIXBUF_CAPTURE_IN_FLIGHT_H

#include "capture/holders.h"

struct walk_bpf;
struct peek;

/* Switches its programs on, before kern_load(). */
void in_flight_prepare(struct walk_bpf *skel);
/*
 * Takes the HOLDER_ENDING out of holders, which it leaves in any order, and sets .in_flight of the
 * others whose process ends. 0, or -errno with a sentence.
 */
int in_flight_find(const struct peek *p, struct holders *h);
/*
 * How many requests the tasks that made a ring or submitted to it have under way, on whichever ring:
 * at least the ring's own. IN_FLIGHT_UNKNOWN without peek_submitters's answer.
 */
__u32 in_flight_of_submitters(struct walk_bpf *skel, __u64 ring);

#endif
