/* SPDX-License-Identifier: GPL-2.0 */
/* The ring walk: every ring of every process and its slots, into the ledger. */
#ifndef FIXBUF_CAPTURE_RING_WALK_H
#define FIXBUF_CAPTURE_RING_WALK_H

#include "model/ledger.h"
#include "model/selection.h"

struct fixbuf_bpf;
struct mapped_cuts;
struct walk;

/*
 * Switches the walk's programs on, before kern_load(). .select stays its owner's, until the end.
 * NULL with a sentence.
 */
struct walk *walk_prepare(struct fixbuf_bpf *skel, const struct selection *select);
/* After kern_load(): learns what a ring's file looks like from a ring of our own. */
int walk_start(struct walk *w);
void walk_free(struct walk *w);
/* Makes of the ids that our /proc shows those of the initial pid namespace. 0, or -errno with a sentence. */
int walk_translate_pids(struct walk *w, struct selection *s);
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
/* The same without slots, but with the accounts of processes without rings, and our own ring. */
int walk_accounts(struct walk *w, struct ledger *l);

/* From then on no signal ends a walk: what was begun is brought to its end. */
void walk_see_through(struct walk *w);
/* Whether a signal came since the walk began, and ends it; with which sentence. */
bool walk_is_over(const struct walk *w);
int walk_end(void);

/*
 * From then on every process's mappings are looked through for rings that live on by them; else
 * only where some user's or address space's account has more than the rings that were found.
 */
void walk_be_thorough(struct walk *w);
/* Whose mappings the last walk_rings() did not look through, or not all; good until the next. */
const struct mapped_cuts *walk_cuts(const struct walk *w);
/* Rings that the last walk_rings() could not read whole. */
unsigned int walk_unsteady(const struct walk *w);
/*
 * Holders of rings with buffers that were closed during it, one of each, until the next walk: the
 * buffers may be in rings made since.
 */
unsigned int walk_left(const struct walk *w, const struct fact_holder **list);

/* Reads slots [first, first + nr) of one ring again; -EAGAIN when they kept changing. */
int walk_slots(struct walk *w, __u64 ring, __u32 first, __u32 nr, struct ledger *l);

/* A living process with this address space as /proc has it, 0 = none, as of the last walk_rings(). */
__u32 walk_pid_of_mm(const struct walk *w, __u64 mm);

/* For page_walk.c: runs a program that is never attached; -errno with a sentence. */
struct bpf_program;
int walk_peek(const struct bpf_program *prog, __u64 arg0, __u64 arg1, __u64 arg2);
struct fixbuf_bpf *walk_skel(struct walk *w);
/* The ring of our own, as the kernel addresses it, and its descriptor. */
__u64 walk_own_ring(const struct walk *w);
int walk_own_fd(const struct walk *w);

#endif
