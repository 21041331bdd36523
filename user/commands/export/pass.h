/* SPDX-License-Identifier: GPL-2.0 */
/* What runs in the process that looks at pages, and how it speaks with the one that collects. */
#ifndef FIXBUF_COMMANDS_EXPORT_PASS_H
#define FIXBUF_COMMANDS_EXPORT_PASS_H

#include <linux/types.h>
#include <sys/types.h>
#include "base/privilege.h"

struct export_options;

/* The first it says; then a struct pass (model.h), its findings and what is unsettled, pass after pass. */
struct pass_ready {
	__u32 own_tgid;			/* its process as the kernel numbers it */
	char privileges[PRIVILEGE_TEXT]; /* what it keeps */
};

/*
 * Until the reader is gone, whose end of the pipe breaks then, or the parent has ended;
 * returns the exit status.
 */
int export_passes(struct export_options *o, int to, pid_t parent);

#endif
