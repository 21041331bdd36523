/* SPDX-License-Identifier: GPL-2.0 */
/* Names of kernel addresses, from /proc/kallsyms. */
#ifndef FIXBUF_CAPTURE_SYMBOLS_KERNEL_H
#define FIXBUF_CAPTURE_SYMBOLS_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

struct symbols_kernel;

struct kernel_symbol {
	const char *name;
	const char *module;	/* NULL = the kernel itself */
	__u64 offset;
};

/* Reads them all, when they are needed. NULL with a sentence when they cannot be had. */
struct symbols_kernel *symbols_kernel_read(void);
bool symbols_kernel_find(const struct symbols_kernel *s, __u64 ip, struct kernel_symbol *found);
/* The address of one, also of data; 0 when there is none or the kernel hides it from this process. */
__u64 symbols_kernel_address(const char *name);
/* Of the operations of rings' files. It is kept: a process that gives up its rights asks before. */
__u64 symbols_kernel_ring_fops(void);
void symbols_kernel_free(struct symbols_kernel *s);

#endif
