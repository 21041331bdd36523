/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a fact: selected, explained, told to an output, entered into the ledger. */
#ifndef FIXBUF_CAPTURE_LIVE_H
#define FIXBUF_CAPTURE_LIVE_H

#include "capture/fact_reader.h"
#include "checks/failure.h"
#include "model/derived.h"
#include "model/selection.h"

struct attach;

struct shown_ring {		/* a ring of the tasks that are watched */
	__u64 id;
	bool closing;
	UT_hash_handle hh;
};

/* A call whose slots the kernel side could not tell all. */
struct rest {
	struct fact_call call;
	__u32 first, nr;	/* nr 0 = none */
};

/* Where things are told: lines, a file. The ledger is as it was before each. */
struct tracer_output {
	/* .why is NULL unless .f is a call that failed, or did not do all. */
	void (*fact)(const struct fact *f, bool fed, bool shown, const struct failure *why,
		     void *arg);
	void (*lost)(const struct lost_events *lost, void *arg);
	/* A ledger of what is there now: at the start, or after a loss. */
	void (*look)(const struct ledger *l, bool after_loss, void *arg);
	void *arg;
};

struct tracer {
	const struct selection *select;
	struct walk *walk;
	struct ledger *ledger;
	struct derived derived;		/* what follows from what it is fed */
	const struct tracer_output *out; /* NULL: keeps the ledger, tells nothing */
	struct shown_ring *rings;
	struct fact_entry *entries;	/* owned; of the call that follows them */
	size_t nr_entries;
	struct rest rest;
	const struct fact *cause;	/* what the ledger derives from */
	bool show_derived;
	bool tells_all;			/* see attach.h */
	bool exact;			/* pins and charges are seen */
};

/* Attached already: what happens meanwhile waits. 0, or -errno with a sentence. */
int tracer_start(struct tracer *t, const struct selection *select, struct walk *walk,
		 const struct attach *attach, const struct tracer_output *out);
/* After a loss: the ledger of what is there now. 0, or -errno with a sentence. */
int tracer_look_anew(struct tracer *t);
/* Whether this is a ring of the tasks that are watched. */
bool tracer_shows(const struct tracer *t, __u64 ring);
void tracer_fact(const struct fact *f, void *tracer);
void tracer_lost(const struct lost_events *lost, void *tracer);
/* All facts that waited were handed over. */
void tracer_drained(struct tracer *t);
/* Rings that are shown and whose buffers are still to be released. */
bool tracer_awaits_close(const struct tracer *t);
void tracer_free(struct tracer *t);

#endif
