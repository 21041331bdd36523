/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ledger: the one model of rings, their slots, buffers, and who is
 * charged. Fed by facts alone, live, from a walk or from a file; knows nothing
 * of BPF or terminals. Sizes in pages (4 KiB) or bytes as the names say.
 */
#ifndef FIXBUF_MODEL_LEDGER_H
#define FIXBUF_MODEL_LEDGER_H

#include <abi/fact.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/hash_table.h"

#define LEDGER_MAX_SLOTS (1U << 20)	/* of one table: beyond what any kernel allows */

/* What the address shows now against the page that is pinned, and why; numbers are for good. */
enum mapping {
	MAPPING_UNKNOWN	  = 0,	/* no address space to look into, or it does not tell */
	MAPPING_SAME	  = 1,	/* the same page, or the next touch brings it back */
	MAPPING_STALE	  = 2,	/* replaced: another page is mapped there, or will be */
	MAPPING_NONE	  = 3,	/* nothing is mapped there */
	MAPPING_COPIED	  = 4,	/* a fork's other side got a copy, the pinned page is not the one seen */
	MAPPING_DROPPED	  = 5,	/* private memory without a page: the next touch brings another */
	MAPPING_TRUNCATED = 6,	/* its file was cut before it */
	MAPPING_PUNCHED	  = 7,	/* its file gave it up and goes on behind it */
	MAPPING_GUARDED	  = 8,	/* a guard region: a touch is a signal */
	MAPPING_MOVED	  = 9,	/* nothing is mapped there, but the page is elsewhere */
	MAPPING_POISONED  = 10,	/* a marker of poison: a touch is SIGBUS */
	MAPPING_OTHERS	  = 11,	/* as MAPPING_MOVED, but who sees nothing there has never pinned anything */
};

/* Neighbouring pages of one buffer that are alike: addresses and frames both run on. */
struct extent {
	__u64 addr;		/* user address of the first page, page aligned */
	__u64 pfn;		/* page frame that is pinned */
	__u64 pages;
	__u32 order;		/* of the folios; their heads are at pfn & ~((1 << order) - 1) */
	__u32 pins;		/* least number of pin references among them, 0 = not pinned */
	enum mapping mapping;
};

struct ledger_user {
	__u64 id;		/* struct user_struct * */
	__u32 uid;
	__s64 locked_pages;	/* as last seen: io_uring's and others' */
	__u64 level_ns;		/* when that was */
	bool others;		/* only facts with FACT_F_OTHERS so far */
	bool partial;		/* of a ring that is charged to it the buffers are not known */
	bool budgeted;		/* a look at all pages has added what it has locked to a budget */
	UT_hash_handle hh;
};

struct ledger_mm {
	__u64 id;		/* struct mm_struct * */
	__s64 pinned_pages;	/* as last seen */
	__u64 level_ns;		/* when that was */
	__u32 pid, uid;		/* a living process with this address space, 0 = none known */
	__u32 ns_pid;		/* as in facts, here and below */
	struct comm comm;
	bool chosen;		/* as a holder's */
	__u32 rings;		/* rings of the ledger that are charged to it */
	bool partial;		/* of one of them the buffers are not known */
	bool unchecked;		/* a watch has not checked yet what a call did here */
	UT_hash_handle hh;
};

struct buffer {
	__u64 id;		/* struct io_mapped_ubuf * */
	__u64 node;		/* struct io_rsrc_node * of the slot told last, 0 = not known, or let go of */
	__u64 addr, len_bytes;
	__u64 bvec;
	__u64 charged_pages;	/* ACCT_UNKNOWN: not kept per buffer */
	__u32 segments, folio_shift, refs, buf_flags, account;
	__u32 slots;		/* slots of the ledger's rings that hold it */
	__u64 t_ns;		/* registered, or first seen */
	struct extent *extents;	/* owned; only after a page walk */
	size_t nr_extents;
	__u64 bad_segment_at;	/* address of the first segment that leaves its folio, 0 = none */
	__u64 segment_bytes;	/* sum over segments; valid when extents are */
	__u32 seen_by;		/* whose view .mapping of the extents is, as /proc has the pid; 0 = its ring's process's */
	__u32 views;		/* address spaces that its pages were compared with */
	bool contested;		/* processes differ on it, and who registered it cannot be told: .mapping is unknown */
	bool orphan;		/* who registered it has ended, and who has its ring does not use it: the same */
	bool walked;		/* extents are complete and were stable while read */
	bool on_heap;		/* its process's, as look_at_heaps() saw it */
	bool tried;		/* a page walk could not read it */
	__u64 looked_ns;	/* the last look at everything that compared its pages began then; 0 = none */
	__u64 in_place_ns;	/* the last look that saw all its pages in place began then; 0 = none */
	UT_hash_handle hh;
};

#define PROC_START_NS	10000000U /* a tick of USER_HZ, in which /proc counts */

struct holder {
	__u32 pid, ns_pid, tid, uid;
	__s32 fd;		/* -1: held otherwise */
	__s32 reg_index;	/* -1: held otherwise */
	__u32 how;		/* enum holder_how */
	__u32 ending, in_flight; /* as in facts */
	__u64 mm, user;
	__u64 files;		/* struct files_struct *, 0 = unknown */
	__u64 memlock_limit_bytes; /* ~0 = unlimited or unknown */
	struct comm comm;
	bool chosen;		/* in the cgroup and the family that were asked for, if any was */
	__u64 start_ns;		/* when its process was made, since boot; 0 = not known */
	/* Of one that lives; a walk does not tell them: cgroup_name_holders() */
	char *cgroup;		/* owned; its path, NULL = not known */
	__u32 inner_pid;	/* in the innermost pid namespace that it is in, 0 = as ours */
};

/* A buffer that left its slot. */
struct gone_buffer {
	__u64 addr, len_bytes;
	__u64 t_ns;		/* when */
	__u32 index;
	bool replaced;		/* by another, at once */
};

#define RING_GONE_KEPT 8

struct ring {
	__u64 id;		/* struct io_ring_ctx * */
	struct ledger_user *user; /* who is charged, NULL = not limited */
	struct ledger_mm *mm;	/* the creator's address space, charged too */
	struct holder *holders;	/* owned; [0] is the one to show */
	size_t nr_holders;
	struct buffer **slots;	/* owned array of shared buffers, NULL = empty */
	__u32 nr_slots, filled;	/* of those, how many hold one */
	__u32 *users;		/* owned; by slot, as in facts; NULL = of none known */
	__u64 *nodes;		/* the same; each slot of a buffer has its own */
	struct gone_buffer gone[RING_GONE_KEPT]; /* the last ones; .t_ns 0 = none */
	__u32 next_gone;	/* where the next comes */
	__u32 ring_flags, setup_flags, sq_entries, cq_entries;
	__u32 ring_pages;	/* of its own memory, where .user is charged for that too */
	__u32 files;		/* as in facts */
	__u32 creator_pid, creator_ns_pid, creator_uid;
	__u32 payer;		/* who made the namespace of who holds it, 0 = it is its own user's */
	struct ring_memory *memory; /* owned; besides its buffers */
	size_t nr_memory;
	bool knows_memory;	/* a look has asked for .memory */
	bool memory_cut;	/* a walk could not read its rings of provided buffers: .memory and .ring_pages lack them */
	bool closing;		/* RING_CLOSE seen, RING_GONE not yet */
	__u64 closed_ns;	/* then: when nobody could use it any more */
	__u32 older_ends;	/* RING_GONE to come of rings that had the address before */
	bool unread;		/* a walk found it changing too fast to read its slots */
	__u32 skipped;		/* slots that a walk did not read, as its user has too many */
	__u64 last_call_ns;	/* a look that has to compare: when its last buffer call returned, 0 = none */
	bool others;		/* only facts with FACT_F_OTHERS so far */
	__u32 place;		/* among the rings, for who sorts them */
	__u64 since_ns;		/* a walk saw it first, then: it has what older events say */
	__u64 made_ns;		/* its creation was seen, 0 = not */
	__u64 born_ns;		/* as counters of I/O have it, ~0 = another is there now; 0 = not known */
	UT_hash_handle hh;
};

/* A ring that a pinned buffer was seen in. */
struct pin_ring {
	__u64 id;
	__u64 dropped_ns;	/* no longer in its table since, 0 = still */
	bool seen;		/* the ledger had it then: it is gone when the ledger has it no more */
};

/* A buffer's pages that were seen pinned and not yet unpinned. */
struct pin {
	__u64 buf;		/* struct io_mapped_ubuf * */
	__u64 addr, pages;
	struct pin_ring *rings;	/* owned; [0] pinned it, others cloned it */
	size_t nr_rings;
	__u32 pid, ns_pid, uid;
	struct comm comm;
	bool others;		/* nobody who was selected pinned it */
	UT_hash_handle hh;
};

struct ledger;

/*
 * Hears what becomes of buffers while the ledger is fed; each may be NULL. All follow from the
 * fact that is fed, which the ledger has applied in part by then.
 */
struct ledger_observer {
	/* It is about to be applied. */
	void (*fact)(const struct fact *f, void *arg);
	/* A slot of .r holds a buffer that none held before. */
	void (*taken)(const struct ledger *l, const struct fact *cause, const struct ring *r,
		      const struct buffer *b, void *arg);
	/* The slot let go of what it held. */
	void (*dropped)(const struct ledger *l, const struct fact *cause, const struct ring *r,
			__u32 index, const struct buffer *b, void *arg);
	/* It was the last that held it. */
	void (*released)(const struct ledger *l, const struct fact *cause, const struct ring *r,
			 const struct buffer *b, void *arg);
	void *arg;
};

struct ledger {
	struct ring *rings;	/* uthash by .id, in order of arrival */
	struct buffer *buffers;
	struct ledger_user *users;
	struct ledger_mm *mms;
	struct pin *pins;	/* only with .track_pins */
	__u64 nr_slots;		/* of all rings */
	__u64 steps;		/* what was done beyond a little for each fact: slots and holders looked at, slots made */
	bool exact;		/* pins and charges arrive as facts: derive none */
	bool track_pins;	/* set before the first fact, with .exact only */
	__u64 pins_since_ns;	/* of pins before, the end may not have been told; of buffers, the begin */
	__u64 lost;		/* facts that did not arrive */
	const struct ledger_observer *observer; /* NULL = none; hears of what is fed from then on */
};

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);

/*
 * Whether a RING_GONE, before it is fed, is of the ring that the ledger has: the address may be a
 * new ring's, closed in its turn, before the worker that freed the old one has told its end.
 */
bool ledger_takes_end(struct ledger *l, __u64 ring);
/* Applies one fact. Unknown kinds and short records are ignored. */
void ledger_feed(struct ledger *l, const struct fact *f);

struct ring *ledger_ring(const struct ledger *l, __u64 id);
/* The same unless it is known to be another than the one that counters know since .born_ns. */
struct ring *ledger_ring_born(const struct ledger *l, __u64 id, __u64 born_ns);

/* What a look saw of its memory besides buffers. */
void ledger_set_memory(struct ring *r, const struct ring_memory *list, size_t nr);
/* Whether both say the same of it. */
bool ledger_same_memory(const struct ring *a, const struct ring *b);
/* "queues", "sqes", "region", "provided". */
const char *ring_memory_name(__u8 what);

/* Its buffers are not known: sums of the accounts that it is charged to say nothing. */
void ledger_know_less(struct ring *r);

#endif
