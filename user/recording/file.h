/* SPDX-License-Identifier: GPL-2.0 */
/* The file that a recording is written to, as root beside users who want it elsewhere. */
#ifndef FIXBUF_RECORDING_FILE_H
#define FIXBUF_RECORDING_FILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A new file that only we may read, or one of ours as it is. It is locked as long as it is open. Not
 * another user's, no pipe or device, and not through a link that another user may have made. NULL with
 * a sentence, and errno where no file could be made.
 */
FILE *recording_create(const char *path);
/* Whether one is written to that file now. */
bool recording_is_written(const char *path);
/* Where a recording goes on: behind its last whole frame, which a reader gets to. -1 with a sentence. */
long recording_append_at(FILE *f);
/* What the file holds from there on goes, and it is written on there; a device has nothing that could. 0, or -errno. */
int recording_cut(FILE *f, long at);

#endif
