/* SPDX-License-Identifier: GPL-2.0 */
/* Pins that were seen and not yet undone, and the rings that held them. */
#ifndef FIXBUF_MODEL_LEDGER_PINS_H
#define FIXBUF_MODEL_LEDGER_PINS_H

#include "model/ledger.h"

void pins_add(struct ledger *l, const struct fact_pin *f);
void pins_remove(struct ledger *l, const struct fact_pin *f);
/* A slot of .ring holds the buffer, or one no longer does. */
void pins_held(struct ledger *l, __u64 buf, __u64 ring);
void pins_dropped(struct ledger *l, __u64 buf, __u64 ring, __u64 t_ns);
void pins_free(struct ledger *l);

#endif
