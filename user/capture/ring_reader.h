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

struct walk_bpf;
struct kept_buffer;
struct reader_user;
struct slot_run;
struct slot_use;

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
	struct reader_user *users;	/* owned, uthash by uid */
};

/* Before the load: what rings have for provided buffers is read, too, where the kernel charges it. */
void reader_prepare_provided(struct walk_bpf *skel);

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
};

/* Reads what the ring is, not its slots. -errno with a sentence. */
int reader_ring(struct ring_reader *rr, __u64 id, struct reading *out);
/*
 * After reader_ring(): all its slots, at the cost of its user, who may make a walk read and keep so
 * many, and what it is then. .h: its first holder. RING_F_LOCKED: somebody held its lock before or
 * after. -errno with a sentence.
 */
int reader_table(struct ring_reader *rr, const struct fact_holder *h, struct reading *out);
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
