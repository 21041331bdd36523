/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The live source of events: each fact is selected, explained and told as an
 * event, then entered into the ledger, so that a consumer sees the ledger as it
 * was before.
 */
#ifndef FIXBUF_CAPTURE_LIVE_H
#define FIXBUF_CAPTURE_LIVE_H

#include "capture/capture.h"
#include "model/event.h"
#include "model/ledger.h"

struct live;

/* What a capture is opened with, so that its facts come to *live: which may still be NULL then. */
struct facts_handler live_handler(struct live **live);
/*
 * Looks at what is there: the facts that came meanwhile wait. .on_event NULL: keeps
 * the ledger, with pins tracked, and tells nothing. .origin must outlive it. *live is
 * set before the first event. 0, or -errno with a sentence; free it in either case.
 */
int live_start(struct live **live, struct capture *capture, const struct selection *select,
	       const struct origin *origin,
	       void (*on_event)(const struct event *e, void *arg), void *arg);
void live_free(struct live *l);

/* Stacks come with the events that are shown; else a consumer asks the capture for them. */
void live_bring_stacks(struct live *l);
/* So does where who did it is: event.by. */
void live_bring_whereabouts(struct live *l);
/* Takes one fact, or a loss, as the reader hands it over. */
void live_fact(struct live *l, const struct fact *f);
/* What was told of a call that failed, before live_fact() gets the call itself. */
void live_told(struct live *l, const struct fact_call *c, struct evidence_room *to);
void live_lost(struct live *l, const struct lost_events *lost);
/* All facts that waited were taken: reads the slots that the kernel side left out. */
void live_complete(struct live *l);
/* Takes what waits, to the last; true when more does already. */
bool live_read(struct live *l);
/* How soon to read again though nothing came: what requests hold tells its end by no event. */
unsigned int live_pause_ms(const struct live *l);
/* After a loss: looks at what is there now, an event. 0, or -errno with a sentence. */
int live_look_anew(struct live *l);
/*
 * As of when its ledger is: of the last event that was taken, or of the look. Events that wait are
 * younger, and what is said of accounts must not be dated after them.
 */
__u64 live_known_ns(const struct live *l);
/* What no event tells, as the ledger has it by then. */
struct live_changes {
	void (*limit)(const struct fact *f, void *arg);	/* a holder whose limit is another */
	void (*memory)(const struct ring *r, void *arg); /* a ring that has other memory besides buffers; may be NULL */
	void *arg;
};

/*
 * Reads it, when it is time, or .now: all facts that waited were taken. A walk that fails tells
 * nothing.
 */
void live_read_limits(struct live *l, bool now, const struct live_changes *on);
/* Tells the end, with the I/O counters, or NULL, and the stacks that found no place. */
void live_end(struct live *l, const struct io_model *io);

/* As it is now; good until live_look_anew(). */
struct ledger *live_ledger(const struct live *l);
/* Whether this is a ring of the tasks that are watched; whether any is. */
bool live_shows(const struct live *l, __u64 ring);
bool live_shows_any(const struct live *l);
/* Rings that are shown and whose buffers are still to be released. */
bool live_awaits_close(const struct live *l);
/* All slots of a call arrive as facts. */
bool live_tells_all(const struct live *l);

#endif
