/* SPDX-License-Identifier: GPL-2.0 */
/* A call's stacks with names, innermost frame first: as resolved, or read back from a file. */
#ifndef FIXBUF_MODEL_STACK_H
#define FIXBUF_MODEL_STACK_H

#include <linux/types.h>
#include <stddef.h>
#include "base/untrusted.h"

struct stack_frame {
	__u64 ip, offset;	/* offset: of .ip in .symbol, or in the file .module without one */
	/* of a file that the process chose; .bytes NULL = not known */
	struct untrusted symbol, module, file;
	int line;		/* 0 without .file */
};

struct frames {
	struct stack_frame *list;
	size_t nr;
	struct untrusted note;	/* what is missing: of ours, or of a file */
};

struct stack {
	struct frames kernel, user;
};

/* A copy that owns all it points to, for stack_free(); NULL of NULL. */
struct stack *stack_copy(const struct stack *s);
void stack_free(struct stack *copy);

#endif
