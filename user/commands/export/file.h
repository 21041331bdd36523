/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_COMMANDS_EXPORT_FILE_H
#define FIXBUF_COMMANDS_EXPORT_FILE_H

#include <stddef.h>

/* Zero to begin with. */
struct export_file {
	enum { FILE_NEVER, FILE_WRITTEN, FILE_OLD } has;
};

/*
 * A reader sees the old file or all of the new one, also after a crash. -errno with a sentence; but
 * once there is an old one, what fails is told and may be tried again: others may fill a disk.
 */
int export_file_replace(struct export_file *f, const char *path, const char *text, size_t len);

#endif
