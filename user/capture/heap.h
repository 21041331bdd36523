/* SPDX-License-Identifier: GPL-2.0 */
/* Which registered buffers lie in the heap of their process. */
#ifndef FIXBUF_CAPTURE_HEAP_H
#define FIXBUF_CAPTURE_HEAP_H

#include "capture/page_walk.h"
#include "model/selection.h"

/* Sets .on_heap of those of the selection's rings whose pages a look has just seen in place. */
void look_at_heaps(struct page_walk *pages, struct ledger *l, const struct selection *select);

#endif
