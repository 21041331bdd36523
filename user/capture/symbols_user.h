/* SPDX-License-Identifier: GPL-2.0 */
/* Names of addresses of running processes, from their mappings and the files in them. */
#ifndef FIXBUF_CAPTURE_SYMBOLS_USER_H
#define FIXBUF_CAPTURE_SYMBOLS_USER_H

#include <linux/types.h>
#include <stdbool.h>

struct symbols_user;
struct process;

/* How the function at an address finds where it returns to. */
enum frame_kind {
	FRAME_UNKNOWN,
	FRAME_POINTER,		/* through the frame pointer */
	FRAME_NONE,		/* from the top of the stack: it has no frame */
	FRAME_STACK_POINTER,	/* at an offset from the stack pointer */
};

struct user_symbol {
	const char *name;	/* NULL = none known; all are good as long as the process */
	__u64 offset;
	const char *module;	/* path as mapped, NULL = no mapping there */
	const char *file;	/* of the source, NULL without debug information */
	int line;
};

struct symbols_user *symbols_user_new(void);
/* The process at .t_ns; NULL when it ended before it was looked at. Good until the next call. */
struct process *symbols_user_process(struct symbols_user *s, __u32 pid, __u64 t_ns);
/* .returns: the address is where a call returns to, one past what is asked for. */
enum frame_kind symbols_user_find(struct process *p, __u64 ip, bool returns,
				  struct user_symbol *found);
void symbols_user_free(struct symbols_user *s);

#endif
