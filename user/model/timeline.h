/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording over time: lives of buffers, levels of accounts, calls, I/O and
 * gaps, in the order of their facts, of the rings that were watched. Knows
 * what a ledger knows at each moment; memory grows with what exists at once,
 * not with what has been.
 */
#ifndef FIXBUF_MODEL_TIMELINE_H
#define FIXBUF_MODEL_TIMELINE_H

#include "model/ledger.h"
#include "model/event.h"
#include "model/selection.h"

struct life;

struct timeline_ring {
	__u64 id;		/* struct io_ring_ctx * */
	__u32 number;		/* from 1, in order of arrival */
	__u32 pid, ns_pid, uid;	/* of who holds or made it */
	__s32 fd;		/* -1 = none known */
	struct comm comm;
	__u64 from_ns;		/* made, or first seen */
	bool watched;		/* something of it was shown, or a look found it and it is selected */
	struct life **slots;	/* owned; what each holds now, NULL = nothing */
	__u32 nr_slots;
	struct memory_life *memory; /* owned; besides buffers, now */
	size_t nr_memory;
	UT_hash_handle hh;
};

/* What a ring has besides its buffers, from the reading on that saw it first. */
struct memory_life {
	struct ring_memory m;
	__u64 from_ns;
};

/* A buffer in a slot, from its registration on. */
struct life {
	struct timeline_ring *ring;
	__u64 number;		/* from 1 */
	__u64 buf;		/* struct io_mapped_ubuf * */
	__u64 addr, len_bytes;
	__u64 charged_pages;	/* ACCT_UNKNOWN: not kept per buffer */
	__u64 from_ns;
	__u64 ops;		/* I/O facts over it */
	__u32 slot, folio_shift, segments;
	__u32 call;		/* fact.call that registered it, 0 = not known */
	bool older;		/* it was there before the recording */
	bool counted;		/* the summary counts it, as registered or as older: neither what others did nor a loss hid */
	__u64 *bins;		/* owned; [LIFE_BINS] I/O facts by the part of the buffer that they touched, NULL = none */
};

#define LIFE_BINS	64

/* Who is charged: a user or an address space. */
struct account {
	__u64 id;		/* struct user_struct * or mm_struct * */
	bool is_mm;
	__u32 number;		/* from 1 */
	__u32 uid;		/* of the user, or of .pid */
	__u32 pid, ns_pid;	/* of an address space; 0 = none known */
	struct comm comm;
	__s64 charged_pages;	/* by everyone, io_uring or not */
	__s64 pinned_pages;	/* by the registered buffers that were seen */
	__u64 limit_bytes;	/* RLIMIT_MEMLOCK of the last caller, ~0 = none known */
	bool known;		/* whose it is */
	bool told;		/* a ring that is watched is charged to it */
	bool older;		/* what is being told was so when the part began */
	void *data;		/* the view's; freed with the account */
	UT_hash_handle hh;
};

/* What a view hears; each may be NULL. Times are CLOCK_MONOTONIC. */
struct timeline_listener {
	void (*ring_begins)(struct timeline_ring *r, void *arg);
	void (*ring_ends)(struct timeline_ring *r, __u64 t_ns, void *arg);
	void (*life_begins)(struct life *life, void *arg);
	/* .call: fact.call that ended it, 0 = none */
	void (*life_ends)(struct life *life, __u64 t_ns, __u32 call, void *arg);
	/* A reading saw it no more, or its ring ended. */
	void (*memory_ends)(const struct timeline_ring *r, const struct memory_life *m, __u64 t_ns, void *arg);
	/* Charged, pinned or limit of it changed. */
	void (*level)(struct account *a, __u64 t_ns, void *arg);
	/* .ring is NULL when the call was refused before one was looked up. */
	void (*call)(struct timeline_ring *ring, const struct event *t, void *arg);
	/* .life is NULL when its buffer is not known. */
	void (*io)(struct timeline_ring *ring, struct life *life, const struct event *t, void *arg);
	void (*reading)(const struct event *t, void *arg);
	/* Nothing is known between the two; .lost 0: that time was not recorded. */
	void (*gap)(__u64 from_ns, __u64 to_ns, __u64 lost, void *arg);
	void *arg;
};

struct timeline;

/* .select says whose rings that were there before are watched; it must outlive the timeline. */
struct timeline *timeline_new(const struct timeline_listener *view, const struct selection *select);
/* What the recording told next. */
void timeline_event(struct timeline *h, const struct event *t);
/* Rings that exist, as a uthash list. */
const struct timeline_ring *timeline_rings(const struct timeline *h);
/* What still lives is not told to end. */
void timeline_free(struct timeline *h);

#endif
