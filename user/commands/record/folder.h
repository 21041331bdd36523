/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The folder of a flight recorder: segments, one after the other, and what was saved of them. What
 * lies there is bounded, that of earlier runs included; the oldest goes first.
 */
#ifndef FIXBUF_COMMANDS_RECORD_FOLDER_H
#define FIXBUF_COMMANDS_RECORD_FOLDER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>

struct folder;

#define FOLDER_NAME 256		/* of a path in it, as far as that is told */

/* Makes it where it is not there. .keep_ns 0: however old. NULL with a sentence. */
struct folder *folder_open(const char *path, __u64 keep_ns, __u64 keep_bytes);
/* The next segment, to be written. NULL with a sentence. */
FILE *folder_next(struct folder *f);
/* It has, or will soon have, so many bytes; drops what is too old, or too much. */
void folder_bound(struct folder *f, __u64 now_ns, __u64 bytes);
/* It is complete, with what happened up to .end_ns. */
void folder_close_segment(struct folder *f, __u64 bytes, __u64 end_ns);
/* It cannot be written on: what it holds stays, but without anything that can be read it goes. */
void folder_end_segment(struct folder *f);
/*
 * The disk is full: the oldest segment that is complete goes, and is counted. False when there is none:
 * what was saved stays.
 */
bool folder_give_way(struct folder *f);
/* How many did, and their bytes, of those that were not saved before. */
size_t folder_given(const struct folder *f, __u64 *bytes);
/* What all files may have at most, as the disk is now: no more than .keep_bytes. */
__u64 folder_room(const struct folder *f);
/*
 * Makes one recording, named after .why, of this run's complete segments that hold something later
 * than .since_ns; of the last of them where that is more than half of what may lie there. 0 with its
 * .path, or -errno with a sentence. .goes_on: a segment of this run that ended by .since_ns is right before.
 */
int folder_save(struct folder *f, const char *why, __u64 since_ns, __u64 now_ns, char path[FOLDER_NAME],
		bool *goes_on);
void folder_free(struct folder *f);

#endif
