/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types cut down to those that the programs name: libbpf goes through all that it is
 * given for each of them.
 */
#ifndef FIXBUF_CAPTURE_KERNEL_TYPES_H
#define FIXBUF_CAPTURE_KERNEL_TYPES_H

struct btf;
struct kernel_btf;
struct type_index;

/* Has the index look for what the programs name. */
void core_types_want(struct type_index *index, const struct btf *programs);
/* To be freed; NULL with a sentence. Ids are its own, pointers point to void. */
struct btf *core_types(const struct kernel_btf *kernel, struct type_index *index,
		       const struct btf *programs);

#endif
