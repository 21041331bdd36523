/* SPDX-License-Identifier: GPL-2.0 */
/* The file that a recording is written to, as root beside users who want it elsewhere. */
#ifndef FIXBUF_RECORDING_FILE_H
#define FIXBUF_RECORDING_FILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A new file that only we may read, or one of ours: emptied, or with .append to be added to, if
 * it is there. It is locked as long as it is open. Not another user's, no pipe or device, and not
 * through a link that another user may have made. NULL with a sentence,
 * and errno where no file could be made.
 */
FILE *recording_create(const char *path, bool append);
/* Where a recording goes on: behind its last whole frame; what a crash left there is cut off. -1 with a sentence. */
long recording_append_at(FILE *f);

#endif
