/* SPDX-License-Identifier: GPL-2.0 */
/* The way to the running kernel: privilege, types, and the programs of bpf/. */
#ifndef FIXBUF_CAPTURE_KERNEL_H
#define FIXBUF_CAPTURE_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

struct fixbuf_bpf;
struct btf;

/*
 * Opens the programs, none of them switched on and no map but the global
 * variables. .verbosity: 1 shows libbpf's warnings, 2 all that it says. NULL with a
 * sentence when this process or kernel cannot do it.
 */
struct fixbuf_bpf *kern_open(int verbosity);
/* Takes the kernel's types from this file from now on; -errno with a sentence. */
int kern_use_types(const char *path);
/* Loads what was switched on; -errno with a sentence. */
int kern_load(struct fixbuf_bpf *skel);
/* The kernel's types (after kern_open()), parsed when first asked for, not to be freed; NULL = none. */
const struct btf *kern_btf(void);
/* A named structure, union, enum, typedef or function of them; 0 = none. */
__u32 kern_type(const char *name, __u32 kind);
/* Whether they hold a struct of that name with that member. */
bool kern_has_member(const char *name, const char *member);

#endif
