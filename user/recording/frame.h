/* SPDX-License-Identifier: GPL-2.0 */
/* Frames of a recording, written one after the other: each is compressed, and whole or not there. */
#ifndef FIXBUF_RECORDING_FRAME_H
#define FIXBUF_RECORDING_FRAME_H

#include <stdbool.h>
#include <stdio.h>
#include "recording/format.h"

struct frame_writer {
	FILE *out;
	void *zstd;
	char *raw, *stored;	/* records of the next frame: twice REC_FRAME_RAW; they, compressed */
	size_t nr_raw, stored_room;
	FILE *held;		/* NULL: it goes to the file; else to .held_bytes, until frame_release() */
	char *held_bytes;	/* owned */
	size_t nr_held;
	__u64 held_at;		/* where they belong */
	__u64 written;		/* bytes of the file, with those that are held */
	int error;		/* errno: the file takes no more */
	bool (*no_room)(void *arg); /* on a full disk: whether room was made, and it is worth another try */
	void *arg;		/* of .no_room, which may be NULL */
};

/*
 * Goes on, or begins when it is all zero, in a file that holds .at bytes that stay. Up to frame_release()
 * it is left as it is.
 */
void frame_begin(struct frame_writer *f, FILE *out, __u64 at);
/* What is held goes to the file, whole or not at all. False when the file takes no more. */
bool frame_release(struct frame_writer *f);
void frame_put_head(struct frame_writer *f, const struct rec_head *head);
/* What .raw holds: whole or not at all. False when the file takes no more. */
bool frame_put(struct frame_writer *f);
/* By the disk itself, or the user's share of it. */
bool is_disk_full(int error);
void frame_free(struct frame_writer *f);

#endif
