/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes a recording. What is told is in the file, whole frames of it, when a
 * frame is full or at writer_flush(): a crash costs what came after.
 */
#ifndef FIXBUF_RECORDING_WRITER_H
#define FIXBUF_RECORDING_WRITER_H

#include <stdio.h>
#include "model/ledger.h"
#include "recording/reader.h"

struct writer;

/*
 * What the file holds goes; or, .append: a part is added to the recording that the file
 * holds, which has to be open for reading, too. Who opened it closes it, and
 * asks writer_told() whether all arrived. NULL with a sentence.
 */
struct writer *writer_create(FILE *out, bool append, const struct origin *about);
/* The same, and the file is left as it is until writer_release(): what is told before waits in memory. */
struct writer *writer_create_held(FILE *out, bool append, const struct origin *about);
void writer_release(struct writer *w);
/*
 * After writer_end(): goes on in another file, which is empty. What stood for a kernel address stands
 * for it there, too.
 */
void writer_go_on(struct writer *w, FILE *out, const struct origin *about);
/*
 * The file gets no more than so many bytes, and nearly as many: what does not fit is left out and
 * counted, but for what was there before (FACT_F_SNAPSHOT), counters and the end.
 */
void writer_limit(struct writer *w, __u64 max_bytes);
/*
 * On a full disk .make_room is asked: true when there may be more now, and what did not fit goes again.
 * Else, and without, the file ends with its last whole frame.
 */
void writer_on_full(struct writer *w, bool (*make_room)(void *arg), void *arg);
/* What follows are the facts of a new ledger. */
void writer_look(struct writer *w, __u64 t_ns, bool after_loss);
/*
 * The number by which writer_fact() is given it, 0 for NULL. After
 * REC_TABLES_MAX bytes of stacks no more are kept; they are counted.
 */
__u32 writer_stack(struct writer *w, const struct stack *stack);
/* .fed and .shown as in struct event; .why may be NULL; .stack: 0 = none. */
void writer_fact(struct writer *w, const struct fact *f, bool fed, bool shown,
		 const struct failure *why, __u32 stack);
void writer_lost(struct writer *w, const struct lost_events *lost);
/* What the ring has besides its buffers. .before: it was there before the part began. */
void writer_memory(struct writer *w, __u64 t_ns, const struct ring *r, bool before);
/*
 * The counters as they stand; .before: as they stood at the last one, empty at first. Nothing
 * happens after those that were written when the file was full.
 */
void writer_io(struct writer *w, const struct io_model *before, const struct io_model *now);
void writer_flush(struct writer *w);

struct writer_told {
	__u64 facts;		/* by fact_is_event() */
	__u64 safe_facts;	/* of these, those that the file has taken; after an error fewer */
	__u64 lost;		/* as writer_lost() was told */
	__u64 bytes;		/* in the file, with what waits for its frame taken as it is */
	__u64 beyond;		/* facts that were left out, as it is full */
	int error;		/* errno once the file took no more: it ends with its last whole frame */
	bool full;
	bool wants_counters;	/* now, for the size to be kept: writer_io() */
};
struct writer_told writer_told(const struct writer *w);

/* Whose the events are that were lost; before writer_end(). */
void writer_losers(struct writer *w, const struct user_loss *losers, size_t nr);
/* The same of I/O. */
void writer_io_losers(struct writer *w, const struct io_loser *losers, size_t nr);
/* A clean end: nothing may follow. */
void writer_end(struct writer *w, __u64 t_ns, __u64 stacks_lost);
/* NULL is none. */
void writer_free(struct writer *w);

#endif
