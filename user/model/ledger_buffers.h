/* SPDX-License-Identifier: GPL-2.0 */
/* The slots of a ring and the buffers that they share. */
#ifndef FIXBUF_MODEL_LEDGER_BUFFERS_H
#define FIXBUF_MODEL_LEDGER_BUFFERS_H

#include "model/ledger.h"

struct buffer *ledger_buffer(const struct ledger *l, __u64 id);

/* Whether what its buffers pin is charged to anybody. */
bool ring_is_charged(const struct ring *r);

/*
 * What charges .b, held by .r, for a large folio once, where that is kept per ring: the ring, or
 * (patches/7.3) that which registered it. Equal numbers are the same.
 */
__u64 buffer_account(const struct buffer *b, const struct ring *r);

/* Takes ownership of .extents. */
void buffer_set_extents(struct buffer *b, struct extent *extents, size_t nr);

/* Pages from .addr's page to the end of the last: what pinning it touches. */
__u64 buffer_pages(const struct buffer *b);
/* Of them, those whose address shows this, after a page walk. */
__u64 buffer_pages_with(const struct buffer *b, enum mapping mapping);

/*
 * How many requests used slot .index as the ring was last looked at; false when that is not known:
 * before 6.13, in recordings, and of what was registered since.
 */
bool slot_requests(const struct ring *r, __u32 index, __u32 *requests);

/* The node by which slot .index holds its buffer, 0 = not known. */
__u64 slot_node(const struct ring *r, __u32 index);
/* Whether a slot holds .b by that node. */
bool buffer_has_node(const struct ledger *l, const struct buffer *b, __u64 node);

/* For ledger.c alone; .cause is the fact that made it so, as the observer hears it. */
void slot_set(struct ledger *l, struct ring *r, const struct fact_buffer *f);
void slot_clear(struct ledger *l, const struct fact *cause, struct ring *r, __u32 index);
void slots_resize(struct ledger *l, const struct fact *cause, struct ring *r, __u32 nr);

/* The buffer as the fact of slot .index of .r, but for its head; NULL: an empty slot's. */
struct fact_buffer buffer_fact(const struct buffer *b, const struct ring *r, __u32 index);

#endif
