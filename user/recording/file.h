/* SPDX-License-Identifier: GPL-2.0 */
/* The file that a recording is written to, as root beside users who want it elsewhere. */
#ifndef FIXBUF_RECORDING_FILE_H
#define FIXBUF_RECORDING_FILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A new file that only we may read, or one of ours: emptied, or with .append to be added to, if
 * it is there. It is locked as long as it is open. Not another user's, no pipe or device, and not
 * through a link that another user may have made. NULL with a sentence.
 */
FILE *recording_create(const char *path, bool append);
/* Where the last whole frame of a recording ends: what a crash left behind it goes. -1 with a sentence. */
long recording_whole_frames(FILE *f);

#endif
