/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who sees calls begin and end: how long they took, and those that no tracepoint of io_uring
 * tells. Either the events of all system calls, which every task of the machine pays for, or
 * the entry points of io_uring's two calls, or nobody; what is not seen then has a name.
 */
#ifndef FIXBUF_CAPTURE_CALL_ENDS_H
#define FIXBUF_CAPTURE_CALL_ENDS_H

#include <linux/types.h>
#include <stdbool.h>
#include "capture/call_hooks.h"

#define CALL_ENDS_HOOKS	4

struct fixbuf_bpf;

struct call_ends {
	struct fixbuf_bpf *skel;
	enum call_ends_by { ENDS_UNSEEN, ENDS_ALL_CALLS, ENDS_ENTRY_POINTS, ENDS_KPROBES } by;
	struct call_end_hook {
		struct hook hook;
		char point[64], func[64];
		struct bpf_program *programs[2];	/* at the begin, at the end */
		struct bpf_link *links[2];
		bool setup;			/* it sees io_uring_setup(), else io_uring_register() */
	} list[CALL_ENDS_HOOKS];
	size_t nr;
	bool only_begins;
};

/* Before kern_load(). .tier: what else can be hooked. .syscalls: all tasks may pay for it. */
void call_ends_prepare(struct call_ends *e, struct fixbuf_bpf *skel, enum tier tier, bool syscalls);
/*
 * The same of the begin alone, for who looks at the end itself, and of io_uring_register() alone.
 * .syscalls: as above; .at_worst: all tasks may pay for it where there is no other way.
 */
void call_begins_prepare(struct call_ends *e, struct fixbuf_bpf *skel, bool syscalls, bool at_worst);
/* After it. What the kernel refuses is not seen; the hook says why. */
void call_ends_start(struct call_ends *e);
void call_ends_stop(struct call_ends *e);
/* NOT_SEEN_* of model/event.h. */
__u32 call_ends_not_seen(const struct call_ends *e);

#endif
