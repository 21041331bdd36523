/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeps the processes that were asked for by their ids in a map of the kernel side, without those
 * that have ended, and where they are followed with all that they started and start.
 */
#ifndef FIXBUF_CAPTURE_FAMILY_H
#define FIXBUF_CAPTURE_FAMILY_H

#include "model/event.h"
#include "model/selection.h"

#define FAMILY_ROOM	16384	/* what selected processes start, alive at a time */

struct family;
struct facts;
struct fixbuf_bpf;
struct walk;

/* Before walk_load() and kern_load(). */
struct family *family_prepare(struct fixbuf_bpf *skel, const struct walk *w, const struct selection *s);
/* Between walk_load() and kern_load(). 0, or -errno with a sentence. */
int family_share(struct family *f);
/* After kern_load(), when pids were translated, before programs are attached that ask for it. The same. */
int family_start(struct family *f);
/* The id that was asked for of whose family the process is; 0 = it ended a while ago, or is of none. */
__u32 family_asked(const struct family *f, __u32 pid);
/* Whether this one, which was asked for by its id, has ended since the start; false when that is not known. */
bool family_ended(const struct family *f, __u32 pid);
/*
 * Whose processes were not followed, and how many; *list is the caller's. LOSS_OF_REST: runs of a program
 * that the kernel skipped, and of users beyond those that are told apart.
 */
size_t family_unfollowed(const struct family *f, struct user_loss **list);
/* Whether what some started was not followed, for want of room, or as the kernel skipped a program. */
bool family_missed(const struct family *f);
/* Its programs tell no events. */
void family_only_counts(const struct family *f, struct facts *facts);
void family_free(struct family *f);

#endif
