/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types, read where they stand. libbpf would copy all of them, 5 MB, and number their
 * 130,000 offsets before the first question: most of what a start took.
 */
#ifndef FIXBUF_CAPTURE_KERNEL_BTF_H
#define FIXBUF_CAPTURE_KERNEL_BTF_H

#include <bpf/btf.h>
#include <stddef.h>

struct kernel_btf;

/* Maps or reads /sys/kernel/btf/vmlinux, or a file like it; to be freed. NULL with errno. */
struct kernel_btf *kernel_btf_open(const char *path);
/* Those of .from, in raw BTF, which must outlive it. NULL with errno: EINVAL when they are none. */
struct kernel_btf *kernel_btf_of(const void *from, size_t size);
void kernel_btf_free(struct kernel_btf *b);

/* How many there are, void included: ids are below it. */
__u32 kernel_btf_nr(const struct kernel_btf *b);
/* NULL for an id that is not there. */
const struct btf_type *kernel_btf_type(const struct kernel_btf *b, __u32 id);
/* The type whose id is one more than that of .t, which must not be the last. */
const struct btf_type *kernel_btf_after(const struct btf_type *t);
/* Where the names end, for who reads more of one than it has. */
const char *kernel_btf_names_end(const struct kernel_btf *b);
/* A type's, member's or value's name by its .name_off; "" = it has none. */
const char *kernel_btf_name(const struct kernel_btf *b, __u32 name_off);

#endif
