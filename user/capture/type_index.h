/* SPDX-License-Identifier: GPL-2.0 */
/* Types by name: libbpf reads all of the kernel's, some 130,000, for each name it looks for. */
#ifndef FIXBUF_CAPTURE_TYPE_INDEX_H
#define FIXBUF_CAPTURE_TYPE_INDEX_H

#include <linux/types.h>
#include <stddef.h>

struct btf;
struct type_index;

/* Structures, unions, enums, typedefs and functions of .btf, which must outlive it. */
struct type_index *type_index_new(const struct btf *btf);
/*
 * The first type after .after (0 = of all) with the first .len bytes of .name as its
 * name; 0 = none.
 */
__u32 type_index_next(const struct type_index *x, const char *name, size_t len, __u32 after);

#endif
