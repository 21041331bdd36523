/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads rings and their tables of buffers, each until it stands still, for ring_walk.c. A buffer
 * that many slots hold, as clones do, is kept once.
 */
#ifndef FIXBUF_CAPTURE_RING_READER_H
#define FIXBUF_CAPTURE_RING_READER_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>
#include "capture/ring_memory.h"

struct walk_bpf;
struct kept_buffer;
struct ring;
struct reader_user;
struct slot_run;
struct slot_use;

/* Whose memory besides buffers is read, a bit each: that of who is selected, to be shown; what is charged for it. */
enum { READER_MEMORY_SELECTED = 1, READER_MEMORY_CHARGED = 2 };

struct ring_reader {
	struct walk_bpf *skel;
	struct fact_buffer *raw;	/* owned; what reader_slots() read */
	size_t raw_room;
	struct kept_buffer *kept;	/* owned */
	__u64 *nodes;			/* owned; of .kept, where somebody asks who uses them, else NULL */
	__u32 *buckets;			/* owned; of .kept, by address */
	__u32 nr_kept, nr_buckets;
	struct slot_run *runs;		/* owned; ring after ring: what their slots hold */
	size_t nr_runs;
	struct slot_use *uses;		/* owned; the same: which of them requests use */
	size_t nr_uses;
	bool knows_users;		/* the kernel says so of a slot, from 6.13 */
	unsigned int memory_of;
	struct ring_memories memories;	/* ring after ring */
	struct payers groups;		/* of provided buffers that were read of users */
	struct reader_user *users;	/* owned, uthash by uid */
};

/* A ring as read. */
struct reading {
	struct fact_ring ring;
	size_t first;		/* of its runs of slots in the reader */
	size_t first_use;	/* of its slots in use, the same */
	__u32 nr;		/* of its slots: all, or none */
	__u32 nr_uses;
	__u32 skipped;		/* slots that were not read, as those of its user took all that one may take */
	__u64 slots_ns;		/* when reading them began */
	bool unsteady;		/* changed too fast for its slots to be read */
	bool left_out;		/* its slots were not wanted */
	size_t first_memory;	/* in the reader's .memories */
	__u32 nr_memory;
	bool knows_memory;	/* it was read to be shown */
	bool memory_cut;	/* but for rings of provided buffers */
};

/* Before the load. */
void reader_prepare(struct ring_reader *rr, unsigned int memory);
/* Reads what the ring is, not its slots. -errno with a sentence. */
int reader_ring(struct ring_reader *rr, __u64 id, struct reading *out);
/*
 * After reader_ring(): all its slots, at the cost of its user, who may make a walk read and keep so
 * many, and what it is then. .h: its first holder. RING_F_LOCKED: somebody held its lock before or
 * after. -errno with a sentence.
 */
int reader_table(struct ring_reader *rr, const struct fact_holder *h, struct reading *out);
/*
 * After reader_ring(), and reader_table() where its slots are wanted: its memory besides buffers, at the
 * cost of its user, too. What is charged for provided buffers goes to that for its own. -errno with a sentence.
 */
int reader_memory(struct ring_reader *rr, const struct fact_holder *h, bool selected, struct reading *out);
/* Who had more of that than is read goes to *cuts, since reader_reset(). */
void reader_tell_cuts(struct ring_reader *rr, struct walk_cuts *cuts);
/* To the ledger's ring. */
void reader_give_memory(const struct ring_reader *rr, const struct reading *r, struct ring *to);
/* Slots [first, first + nr) of one ring into .raw; -EAGAIN when they kept changing. */
int reader_slots(struct ring_reader *rr, __u64 id, __u32 first, __u32 nr);

/* Where reader_next_slot() is; begins as zeroes. */
struct slot_at {
	size_t run;
	__u32 in_run, index, use;
};

/* What the ring's next slot held, into .f; false behind the last. */
bool reader_next_slot(const struct ring_reader *rr, const struct reading *r, struct slot_at *at,
		      struct fact_buffer *f);
/* Forgets all that was read, and what users took; keeps the room. */
void reader_reset(struct ring_reader *rr);
void reader_free(struct ring_reader *rr);

#endif
