/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes a recording. What is told is in the file, whole frames of it, when a
 * frame is full or at writer_flush(): a crash costs what came after.
 */
#ifndef FIXBUF_RECORDING_WRITER_H
#define FIXBUF_RECORDING_WRITER_H

#include "recording.h"

struct writer;

/* Creates the file, or appends a part to one that is a recording. NULL with a sentence. */
struct writer *writer_create(const char *path, bool append,
					  const struct recording_about *about);
/* What follows are the facts of a new ledger. */
void writer_look(struct writer *w, __u64 t_ns, bool after_loss);
/* .fed and .shown as in struct told; .why and .stack may be NULL. */
void writer_fact(struct writer *w, const struct fact *f, bool fed, bool shown,
		    const struct failure *why, const struct stack *stack);
void writer_lost(struct writer *w, const struct lost_facts *lost);
/* The counters as they stand; .before: as they stood at the last one, empty at first. */
void writer_io(struct writer *w, const struct io_model *before,
		  const struct io_model *now);
void writer_flush(struct writer *w);

__u64 writer_facts(const struct writer *w);
/* In the file, with what waits for its frame taken as it is. */
__u64 writer_bytes(const struct writer *w);
/* Whether the file takes what is written; after that nothing more is. */
bool writer_failed(const struct writer *w);

/* With a clean end. 0, or -errno with a sentence; frees it in either case. */
int writer_end(struct writer *w, __u64 t_ns, __u64 stacks_lost);

#endif
