/* SPDX-License-Identifier: GPL-2.0 */
/* A folder of this test's own, and files in it. */
#ifndef FIXBUF_TESTS_FOLDER_H
#define FIXBUF_TESTS_FOLDER_H

#include <stddef.h>

#define FOLDER_PATH 64

void folder_new(void);
const char *folder_path(char path[FOLDER_PATH], const char *name);
void file_write(const char *path, const char *text, size_t len);
/* Removes it with all that is in it. */
void folder_remove(void);

#endif
