/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types cut down to those that the programs name. libbpf reads all
 * that it is given for each of them, which was most of what a start took.
 */
#ifndef FIXBUF_CAPTURE_KERNEL_TYPES_H
#define FIXBUF_CAPTURE_KERNEL_TYPES_H

struct btf;
struct type_index;

/* To be freed; NULL with a sentence. Ids are its own, pointers point to void. */
struct btf *core_types(const struct btf *kernel, const struct type_index *index,
		       const struct btf *programs);

#endif
