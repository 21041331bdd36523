/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of addresses of running processes, from their mappings and the files in them. Files are
 * opened as the process sees them and read by a process without privileges.
 */
#ifndef FIXBUF_CAPTURE_SYMBOLS_USER_H
#define FIXBUF_CAPTURE_SYMBOLS_USER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "capture/symbols_elf.h"

struct symbols_user;
struct process;

struct user_symbol {
	bool mapped;		/* there is code at the address */
	const char *name;	/* NULL = none known; texts are good until the next call */
	__u64 offset;		/* into .name, or into the file .module without one */
	const char *module;	/* path as mapped, NULL = no file */
	const char *file;	/* of the source, NULL without debug information */
	int line;
	enum frame_kind frame;
	const char *why;	/* a sentence: what kept the file from being read, NULL = nothing */
};

/* To be called before there is anything to take (symbols_readers.h). */
struct symbols_user *symbols_user_new(void);
/* The process at .t_ns; NULL when it ended before it was looked at. Good until the next call. */
struct process *symbols_user_process(struct symbols_user *s, __u32 pid, __u64 t_ns);
/* Opens the files behind these addresses at once: reading the first may outlast the process. */
void symbols_user_prepare(struct process *p, const __u64 *ips, size_t nr);
/* .returns: the address is where a call returns to, one past what is asked for. */
void symbols_user_find(struct symbols_user *s, struct process *p, __u64 ip, bool returns,
		       struct user_symbol *found);
void symbols_user_free(struct symbols_user *s);

#endif
