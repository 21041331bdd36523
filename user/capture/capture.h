/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a command has of the kernel: the programs that it needs loaded and
 * attached, and the readers of what they find. Made at once, since all of
 * them live in one BPF object.
 */
#ifndef FIXBUF_CAPTURE_CAPTURE_H
#define FIXBUF_CAPTURE_CAPTURE_H

#include "capture/fact_reader.h"
#include "capture/io_programs.h"
#include "capture/page_walk.h"
#include "capture/ring_walk.h"
#include "capture/stacks.h"
#include "model/event.h"
#include "model/selection.h"

#define RING_BUFFER_KIB 4096	/* room for facts that wait, unless asked otherwise */

struct attach;
struct call_ends;
struct family;
struct forks;
struct unmaps;

/* How to watch: what the command line may say of it. */
struct capture_how {
	enum tier tier;		/* TIER_BEST unless forced */
	const char *btf;	/* the kernel's types from this file, NULL = the kernel's own */
	unsigned int ring_buffer_kib; /* 0 = RING_BUFFER_KIB */
	bool stacks;		/* of calls, pins and charges */
	bool syscalls;		/* calls that fail early and durations, though every task pays for it */
};

/* The ring walk is always there; the rest is what is set. */
struct capture_wants {
	const struct capture_how *how;
	struct selection *select;	/* its .pids are translated */
	int verbosity;			/* 1: hooks, libbpf's warnings on standard error; 2: all of libbpf */
	bool pages;			/* the page walk */
	bool memory;			/* what rings have besides buffers */
	bool everybody;			/* walks read the slots of who is not selected, too */
	const struct facts_handler *on;	/* calls, pins and charges as they happen */
	const struct io_how *io;	/* I/O counted, or told one by one */
	bool broken;			/* forks and unmaps by who has registered buffers; with .on */
};

struct capture {
	struct fixbuf_bpf *skel;
	struct walk *walk;
	struct page_walk *pages;	/* those below are NULL unless wanted */
	struct family *family;		/* with any of those below */
	struct facts *facts;
	struct attach *attach;
	struct stacks *stacks;
	struct io_stat *io;
	struct call_ends *begins; /* of calls, for what they cost, where no facts are wanted */
	struct forks *forks;
	struct unmaps *unmaps;
};

/* Facts wait from then on. 0, or -errno with a sentence; close it in either case. */
int capture_open(struct capture *c, const struct capture_wants *wants);
/* No more facts and I/O are taken; what waits can still be read. */
void capture_stop(struct capture *c);
void capture_close(struct capture *c);

/* Whether this one of the selected processes has ended since; false when that is not known. */
bool capture_has_ended(const struct capture *c, __u32 pid);
/* Whether what selected processes started was not followed, for want of room. */
bool capture_missed_children(const struct capture *c);
/* As family_unfollowed(). */
size_t capture_unfollowed(const struct capture *c, struct user_loss **list);
/* Our own process as the kernel numbers it, also from within a pid namespace. */
__u32 capture_own_tgid(const struct capture *c);
/* Before privileges are given up: libbpf reads from a file, once, how many CPUs there may be. */
void capture_learn_cpus(void);
/* This machine and run, from now on, as events bring it. */
void capture_origin(const struct capture *c, struct origin *o);

#endif
