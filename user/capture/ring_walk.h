/* SPDX-License-Identifier: GPL-2.0 */
/* The ring walk: every ring of every process and its slots, into the ledger. */
#ifndef FIXBUF_CAPTURE_RING_WALK_H
#define FIXBUF_CAPTURE_RING_WALK_H

#include "capture/ring_reader.h"
#include "model/ledger.h"
#include "model/selection.h"

struct walk_bpf;
struct walk_cuts;
struct holders;
struct mms;
struct peek;
struct ring_raw;
struct walk;

/* Our process as the kernel has it. */
struct own_process {
	__u32 tgid;	/* in the initial pid namespace */
	__u32 ns_level;	/* of the pid namespace that our /proc shows, 0 = the initial one */
	__u64 pid;	/* address of its struct pid */
};

/*
 * Opens the walk's programs and switches them on, after kern_begin(). .select stays its owner's,
 * until the end. NULL with a sentence.
 */
struct walk *walk_prepare(const struct selection *select, bool everybody, unsigned int memory);
/* When all objects are open. 0, or -errno with a sentence. */
int walk_load(struct walk *w);
/* Then: learns what a ring's file looks like from a ring of our own. */
int walk_start(struct walk *w);
void walk_free(struct walk *w);
/* Makes of the ids that our /proc shows those of the initial pid namespace. 0, or -errno with a sentence. */
int walk_translate_pids(struct walk *w, struct selection *s);
/* After walk_start(). */
void walk_tell_self(const struct walk *w, struct own_process *self);
/* Whether there are processes that the walk does not see: we are in a pid namespace below the initial one. */
bool walk_is_inside(const struct walk *w);

/*
 * Feeds every ring, holder and slot of the system as snapshot facts; rings of this process are
 * left out. Where somebody in particular is selected, the slots of others are left out, but of
 * rings that share an account with the selection. A ring that changes too fast to be read whole is
 * fed without its slots and counted; so is one whose user has more slots than are read for one
 * (.skipped). A signal ends it within 100 ms. 0, or -errno with a sentence, -EINTR by a signal.
 */
int walk_rings(struct walk *w, struct ledger *l);
/*
 * The same, but the slots of one ring at a time: .on_ring is called for each in the order of the
 * walk, when all accounts are known, and its slots are gone afterwards. Only buffers are
 * remembered, once each, however many slots hold them.
 */
struct ring_told {
	void (*on_ring)(struct ring *r, void *arg);
	void *arg;
};

int walk_each_ring(struct walk *w, struct ledger *l, const struct ring_told *told);
/* The same without slots, but with the accounts of processes without rings, and our own ring. */
int walk_accounts(struct walk *w, struct ledger *l);

/* From then on no signal ends a walk: what was begun is brought to its end. */
void walk_see_through(struct walk *w);
/* From that moment of clock_now_ns() on walks end as by a signal; 0 = none. */
void walk_until(struct walk *w, __u64 deadline_ns);
/* Whether a signal, or that moment, ends it. */
bool walk_is_over(const struct walk *w);

/*
 * From then on every process's mappings are looked through for rings that live on by them; else
 * only where some user's or address space's account has more than the rings that were found.
 */
void walk_be_thorough(struct walk *w);
/* Whether each ring charges its address space: from 7.2 one of a CAP_IPC_LOCK owner charges nobody. */
bool walk_all_are_charged(const struct walk *w);
/* Whose mappings the last walk_rings() did not look through, or not all; good until the next. */
const struct walk_cuts *walk_cuts(const struct walk *w);
/* Rings that the last walk_rings() could not read whole. */
unsigned int walk_unsteady(const struct walk *w);
/*
 * Holders of rings with buffers that were closed during it, one of each, until the next walk: the
 * buffers may be in rings made since.
 */
unsigned int walk_left(const struct walk *w, const struct fact_holder **list);

/* Reads slots [first, first + nr) of one ring again; -EAGAIN when they kept changing. */
int walk_slots(struct walk *w, __u64 ring, __u32 first, __u32 nr, struct ledger *l);

/* The living tasks and their tables of descriptors, as descriptors_read() takes them. 0, or -errno with a sentence. */
int walk_tasks(struct walk *w, struct holders *h);
/* The living processes and their address spaces, as of the last walk_rings(). */
const struct mms *walk_mms(const struct walk *w);

/* What it asks its programs through, for page_walk.c. */
const struct peek *walk_peek(const struct walk *w);
/* The ring of our own, as the kernel addresses it, and as we do: 0 and with .fd -1 where there is none. */
__u64 walk_own_ring(const struct walk *w);
const struct ring_raw *walk_own(const struct walk *w);

#endif
