/* SPDX-License-Identifier: GPL-2.0 */
/* What a kernel function or tracepoint takes and returns: names stay when meanings change. */
#ifndef FIXBUF_CAPTURE_PROTOTYPE_H
#define FIXBUF_CAPTURE_PROTOTYPE_H

#include <linux/types.h>
#include <stdbool.h>

struct kernel_btf;

struct prototype {
	const struct kernel_btf *btf;
	__u32 func;		/* type id of the function, 0 for a tracepoint */
	__u32 proto;
	unsigned int nr_args;
};

/* False when this kernel's types hold no such function. */
bool prototype_find(struct prototype *p, const char *func);
/*
 * The same of what a tracepoint hands to its probes: argument 0 is theirs, its own follow. They
 * have names where the kernel's types hold the function that calls the probes.
 */
bool prototype_find_tracepoint(struct prototype *p, const char *tracepoint);
/* Whether argument n is "struct NAME" behind that many pointers. */
bool prototype_takes(const struct prototype *p, unsigned int n, const char *name,
		     unsigned int pointers);
bool prototype_takes_number(const struct prototype *p, unsigned int n);
bool prototype_takes_pointer(const struct prototype *p, unsigned int n);
/* The argument of that name, -1 when none has it. */
int prototype_named(const struct prototype *p, const char *name);
bool prototype_gives(const struct prototype *p, const char *name, unsigned int pointers);

#endif
