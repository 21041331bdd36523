/* SPDX-License-Identifier: GPL-2.0 */
/* For how long buffers were registered, of those whose begin and end were seen. */
#ifndef FIXBUF_MODEL_HISTORY_LIVES_H
#define FIXBUF_MODEL_HISTORY_LIVES_H

#include <abi/fact.h>
#include "model/histogram.h"

struct born_buffer;

struct history_lives {
	struct born_buffer *born;	/* owned: in slots, and were seen to be put there */
	__u64 count[HIST_BUCKETS];	/* in ns */
};

/* A buffer that is put into a slot. */
void history_born(struct history_lives *l, const struct fact_buffer *f);
/* One that is taken out: from the other part of a run, too. */
void history_died(struct history_lives *l, const struct fact_buffer *f);
/* What happened since is not known: who is in a slot may be another. */
void history_lives_forget(struct history_lives *l);

#endif
