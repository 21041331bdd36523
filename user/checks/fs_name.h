/* SPDX-License-Identifier: GPL-2.0 */
/* File systems by the magic number of their super block. */
#ifndef FIXBUF_CHECKS_FS_NAME_H
#define FIXBUF_CHECKS_FS_NAME_H

#include <linux/types.h>

#define FS_NAME_LEN	32

/* "ext4"; NULL = not one of those that are known. */
const char *fs_name(__u32 magic);
/* The same, or "file system 0x2fc12fc1". Returns buf. */
const char *fs_text(char buf[FS_NAME_LEN], __u32 magic);

#endif
