/* SPDX-License-Identifier: GPL-2.0 */
/* What processes have descriptors of: rings, and what else is sought there. */
#ifndef FIXBUF_CAPTURE_DESCRIPTORS_H
#define FIXBUF_CAPTURE_DESCRIPTORS_H

#include "capture/holders.h"
#include "capture/payers.h"
#include "model/selection.h"

struct bpf_program;
struct walk_bpf;
struct peek;

/* Switches its program on, before kern_load(). */
void descriptors_prepare(struct walk_bpf *skel);

/*
 * Looks through the tables of descriptors of the tasks of h, as the iterator tells them, and adds who
 * holds which ring by them; a table that many share is read once. Adds to *cuts whose were too
 * many, but of processes that are selected by number; NULL = not wanted. 0, or -errno with a sentence.
 */
int descriptors_find(const struct peek *p, struct holders *h, const struct selection *select,
		     struct walk_cuts *cuts);

/* What else is sought there, so many runs of descriptors at a time. */
struct descriptors_sought {
	const struct bpf_program *program;	/* is asked as peek_fds is */
	const struct selection *select;		/* those of it that are selected by number are never too many */
	/*
	 * Told of the answer at place .i: of a run from .first on, of the table that .tasks share. Returns how
	 * long the table is.
	 */
	__u32 (*take)(const struct fact_holder *tasks, size_t nr, __u32 first, size_t i, void *arg);
	void *arg;
};

/* The same walk, within the same bounds by user. */
int descriptors_read(const struct peek *p, struct holders *h, const struct descriptors_sought *sought,
		     struct walk_cuts *cuts);

#endif
