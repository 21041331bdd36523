/* SPDX-License-Identifier: GPL-2.0 */
/* What follows from a slot that changed, where pins and charges are not seen. */
#ifndef FIXBUF_MODEL_DERIVED_H
#define FIXBUF_MODEL_DERIVED_H

#include "model/ledger.h"

/* ~drop */
void derive_drop(struct ledger *l, const struct fact *cause, const struct ring *r, __u32 index,
		 const struct buffer *b);
/* ~unpin, ~uncharge: the last slot let go of it */
void derive_release(struct ledger *l, const struct fact *cause, const struct ring *r,
		    const struct buffer *b);
/* ~pin, ~charge: a buffer that was not there before */
void derive_take(struct ledger *l, const struct fact *cause, const struct ring *r,
		 const struct buffer *b);

#endif
