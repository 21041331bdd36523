/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types by name, for names that are wanted: the kernel has some 130,000, and one pass through them
 * finds all that somebody asked for.
 */
#ifndef FIXBUF_CAPTURE_TYPE_INDEX_H
#define FIXBUF_CAPTURE_TYPE_INDEX_H

#include <linux/types.h>
#include <stddef.h>

struct kernel_btf;
struct type_index;

/* Structures, unions, enums, typedefs and functions of .btf, which must outlive it. */
struct type_index *type_index_new(const struct kernel_btf *btf);
void type_index_free(struct type_index *x);
/* The first .len bytes of .name will be asked for: the next pass finds them. */
void type_index_want(struct type_index *x, const char *name, size_t len);
/*
 * The first type after .after (0 = of all) with the first .len bytes of .name as its name; 0 =
 * none. A name that was not wanted takes a pass of its own.
 */
__u32 type_index_next(struct type_index *x, const char *name, size_t len, __u32 after);
/* How often all types were gone through so far. */
unsigned int type_index_passes(const struct type_index *x);

#endif
