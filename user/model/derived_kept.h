/* SPDX-License-Identifier: GPL-2.0 */
/* After a loss: which of the holds that were followed before it are so still. */
#ifndef FIXBUF_MODEL_DERIVED_KEPT_H
#define FIXBUF_MODEL_DERIVED_KEPT_H

#include "model/derived.h"

/* .held: what requests are known to hold now. Forgets the rest. */
void derived_keep(struct derived *d, const struct fact_in_use *held, size_t nr);

#endif
