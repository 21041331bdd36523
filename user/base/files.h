/* SPDX-License-Identifier: GPL-2.0 */
/* Files that are read whole, up to a bound. */
#ifndef FIXBUF_BASE_FILES_H
#define FIXBUF_BASE_FILES_H

#include <stddef.h>

/*
 * All of what .fd gives, its length in *len; closes it. NULL with errno where it cannot be read,
 * EFBIG where it has .max_bytes (a power of two, 16 KiB or more) or more. To be freed.
 */
char *file_read(int fd, size_t max_bytes, size_t *len);
/* The same of a file in the folder .dir, as text. */
char *file_text(int dir, const char *name, size_t max_bytes);
/* The line of .text that begins with .name: what follows it; NULL when there is none. */
const char *text_line(const char *text, const char *name);

#endif
