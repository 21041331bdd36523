/* SPDX-License-Identifier: GPL-2.0 */
/* The way to the running kernel: privilege, types, and the programs of bpf/. */
#ifndef FIXBUF_CAPTURE_KERNEL_H
#define FIXBUF_CAPTURE_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

struct bpf_object;
struct bpf_object_open_opts;
struct bpf_object_skeleton;
struct kernel_btf;

/*
 * First of all. .verbosity: 1 shows libbpf's warnings, 2 all that it says. -errno with a sentence
 * when this process or kernel cannot do it.
 */
int kern_begin(int verbosity);
/* Whether it would: what needs no program loaded is asked. */
int kern_may_begin(void);
/* Whether this process has the capabilities that programs take. */
bool kern_is_allowed(void);
/* How each object of programs is to be opened. */
const struct bpf_object_open_opts *kern_opts(void);
/*
 * Of each before one is loaded: none of its programs is switched on, and no map but its global
 * variables. NULL = it could not be opened. -errno with a sentence.
 */
int kern_opened(struct bpf_object *obj);
/* The programs' structures are laid out as in this file from now on; -errno with a sentence. */
int kern_use_types(const char *path);
/* Loads what was switched on of an object; -errno with a sentence. */
int kern_load(struct bpf_object_skeleton *s);
/* The version of libbpf: "v1.5". */
const char *kern_library(void);
/* No object is loaded any more. */
void kern_end(void);
/* The running kernel's own types; not to be freed. */
const struct kernel_btf *kern_btf(void);
/* A named structure, union, enum, typedef or function of them; 0 = none. */
__u32 kern_type(const char *name, __u32 kind);
/*
 * The values of .nr names in the enum without a name that begins with .first; -1 = there is none.
 * Goes through all types, some milliseconds.
 */
void kern_enumerators(const char *first, const char *const names[], __s64 values[], size_t nr);
/* The value of a name in an enum that has a name; -1 = there is none. */
__s64 kern_enumerator(const char *type, const char *name);
/* Whether they hold a struct of that name with that member. */
bool kern_has_member(const char *name, const char *member);

#endif
