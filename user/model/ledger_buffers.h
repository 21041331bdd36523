/* SPDX-License-Identifier: GPL-2.0 */
/* The slots of a ring and the buffers they share; only ledger.c changes them. */
#ifndef FIXBUF_MODEL_LEDGER_BUFFERS_H
#define FIXBUF_MODEL_LEDGER_BUFFERS_H

#include "model/ledger.h"

/* .cause is the fact that made it so: what is derived bears its task, time and call. */
void slot_set(struct ledger *l, struct ring *r, const struct fact_buffer *f);
void slot_clear(struct ledger *l, const struct fact *cause, struct ring *r, __u32 index);
void slots_resize(struct ledger *l, const struct fact *cause, struct ring *r, __u32 nr);

#endif
