/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs the programs of the walk that are never attached and answer, until a signal or the time of
 * -d ends the walk.
 */
#ifndef FIXBUF_CAPTURE_PEEK_H
#define FIXBUF_CAPTURE_PEEK_H

#include <linux/types.h>
#include <stdbool.h>

struct bpf_program;
struct walk_bpf;

struct peek {
	struct walk_bpf *skel;	/* whose .bss has questions and answers; not owned */
	bool seen_through;		/* a signal ends no walk */
	__u64 deadline_ns;		/* at which a walk ends, too; 0 = none */
};

/* Whether a signal came, before it or since, or its time is over, and ends it; with which sentence. */
bool peek_is_over(const struct peek *p);
int peek_end(void);

/* Runs one; -errno with a sentence. */
int peek(const struct bpf_program *prog, __u64 arg0, __u64 arg1, __u64 arg2);

#endif
