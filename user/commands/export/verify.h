/* SPDX-License-Identifier: GPL-2.0 */
/* The slow background pass over all pages: a process of its own, which alone may look at them. */
#ifndef FIXBUF_COMMANDS_EXPORT_VERIFY_H
#define FIXBUF_COMMANDS_EXPORT_VERIFY_H

#include <sys/types.h>
#include "base/privilege.h"
#include "commands/export/export.h"

struct export_verify {
	pid_t pid;		/* 0 = none */
	int from;		/* read end: what it found, pass after pass */
	__u32 own_tgid;		/* its process as the kernel numbers it */
	char privileges[PRIVILEGE_TEXT]; /* what it keeps */
};

/*
 * Before anything is loaded, so that the process inherits nothing. Waits until
 * it is ready: -1 after a sentence on standard error when it cannot look.
 */
int export_verify_start(struct export_verify *v, const struct export_options *o);
/* Readable when a pass has ended, or the process. */
int export_verify_fd(const struct export_verify *v);
/* Waits for the end of a pass and enters it. -1 when the process has ended. */
int export_verify_read(struct export_verify *v, struct export_model *m, __u64 now_ns);
void export_verify_stop(struct export_verify *v);

#endif
