/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whom -p names: by the ids that our /proc has. In a pid namespace of its own these are what files that were
 * made there have beside the ids of the first one.
 */
#ifndef FIXBUF_COMMANDS_DIFF_GIVEN_PIDS_H
#define FIXBUF_COMMANDS_DIFF_GIVEN_PIDS_H

#include <linux/types.h>
#include "model/selection.h"

struct recording;

/* The id by which -p names a process of a document, with .ns_pid as in struct listed_ring; 0 = by none. */
__u64 given_pid(__u64 pid, __s64 ns_pid);
/* Whether a recording, in which -p chooses by the first namespace's ids, has to be asked for those. */
bool given_pids_differ(const struct selection *select);
/* Reads a recording to its end, and closes it: .pids become a list of the first namespace's ids, the caller's. */
void given_pids_of_recording(struct selection *s, struct recording *from);

#endif
