/* SPDX-License-Identifier: GPL-2.0 */
/* What live.c (the source) and live_facts.c (what becomes of a fact) share. */
#ifndef FIXBUF_CAPTURE_LIVE_PRIVATE_H
#define FIXBUF_CAPTURE_LIVE_PRIVATE_H

#include "base/time_share.h"
#include "capture/live.h"
#include "capture/whereabouts.h"
#include "model/derived.h"

struct shown_ring {		/* a ring of the tasks that are watched */
	__u64 id;
	__u64 mm;		/* that it was charged to when events were lost, 0 = unknown */
	bool closing;
	UT_hash_handle hh;
};

/* A call whose slots the kernel side could not tell all. */
struct rest {
	struct fact_call call;
	__u32 first, nr;	/* nr 0 = none */
};

/* What comes before a call that failed, from the CPU on which it did: those of others lie between. */
struct told {
	struct fact_entry *entries;	/* owned; of one call */
	size_t nr_entries;
	struct fact_caller caller;	/* of a call, mostly the same */
};

struct live {
	struct capture *capture;
	const struct selection *select;
	const struct origin *origin;
	void (*on_event)(const struct event *e, void *arg); /* NULL: keeps the ledger, tells nothing */
	void *arg;
	struct ledger *ledger;
	struct derived derived;		/* what follows from what it is fed */
	struct shown_ring *rings;
	struct told *told;		/* owned; by CPU */
	size_t nr_told;
	struct rest rest;
	struct fact_in_use *in_use;	/* owned; what requests hold, until they do not */
	size_t nr_in_use;
	struct whereabouts *where;	/* NULL = not asked for */
	struct time_share in_use_time;	/* to ask for them */
	const struct fact *cause;	/* what the ledger derives from */
	bool show_derived;
	bool tells_all;			/* see call_hooks.h */
	bool exact;			/* pins and charges are seen */
	bool stacks;			/* come with what is shown */
	__u64 io_unshown;		/* as in struct event_end */
	__u64 look_ns;			/* when the look began that the ledger began with */
	__u64 last_ns;			/* of the last fact */
	__u64 limits_due_ns;		/* when the holders' limits are read again */
};

/* The ring, if it is one of the tasks that are watched. */
struct shown_ring *live_ring(const struct live *l, __u64 id);
void live_show_ring(struct live *l, __u64 id);
void live_forget_ring(struct live *l, __u64 id);
/* What came before calls that failed, of which none is to come. */
void live_forget_told(struct live *l);
void live_free_told(struct live *l);
void live_tell_fact(struct live *l, const struct fact *f, bool fed, bool shown,
		    const struct failure *why);
/* Tells a fact and enters it into the ledger. .derive: whether what is concluded from it is shown. */
void live_enter(struct live *l, const struct fact *f, bool shown, bool derive,
		const struct failure *why);
/* Before the call is entered: tells what requests hold of the buffers that it lets go of. */
void live_note_in_use(struct live *l, const struct fact_call *c);
/* A slot was filled, by a node that was one of those, perhaps. */
void live_note_slot(struct live *l, const struct fact_buffer *f);
/* Tells what they hold no more. */
void live_look_in_use(struct live *l);
/* After a loss: of what they hold, it goes on to follow what is of a ring that is known to be the same. */
void live_keep_in_use(struct live *l);
/* What the ledger concludes from the fact that is being entered. */
void live_on_derived(const struct fact *f, void *live);

#endif
