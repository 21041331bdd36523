/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_BASE_HASH_H
#define FIXBUF_BASE_HASH_H

#include <linux/types.h>
#include <stddef.h>

/* FNV-1a: stands for bytes that nobody chooses to make two of them alike. */
__u64 hash_bytes(const void *bytes, size_t len);
/* Of bytes that anybody chooses: another one in each run. */
__u32 hash_keyed(const void *bytes, size_t len);

#endif
