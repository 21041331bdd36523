/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_COMMANDS_EXPORT_FILE_H
#define FIXBUF_COMMANDS_EXPORT_FILE_H

#include <stddef.h>

/* A reader sees the old file or all of the new one, also after a crash. -errno with a sentence. */
int export_file_replace(const char *path, const char *text, size_t len);

#endif
