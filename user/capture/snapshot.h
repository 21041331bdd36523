/* SPDX-License-Identifier: GPL-2.0 */
/* What list and verify begin with: a loaded walk. */
#ifndef FIXBUF_CAPTURE_SNAPSHOT_H
#define FIXBUF_CAPTURE_SNAPSHOT_H

#include "capture/page_walk.h"
#include "capture/ring_walk.h"
#include "commands/env.h"

struct snapshot {
	struct fixbuf_bpf *skel;
	struct walk *walk;
	struct page_walk *pages; /* NULL unless asked for */
};

/* 0, or the exit status after a sentence on standard error; close it in either case. */
int snapshot_open(struct snapshot *s, const struct env *env, bool pages);
void snapshot_close(struct snapshot *s);

/* A pid of -p that does not exist is bad input: the exit status after a sentence, else 0. */
int snapshot_check_pids(const struct env *env);

#endif
