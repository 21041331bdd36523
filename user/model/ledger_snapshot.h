/* SPDX-License-Identifier: GPL-2.0 */
/* A ledger as facts: fed to an empty one they make the same again. */
#ifndef FIXBUF_MODEL_LEDGER_SNAPSHOT_H
#define FIXBUF_MODEL_LEDGER_SNAPSHOT_H

#include "model/ledger.h"

/* All marked FACT_F_SNAPSHOT; one at .t_ns unless the ledger knows since when it is. */
void ledger_facts(const struct ledger *l, __u64 t_ns,
		  void (*each)(const struct fact *f, void *arg), void *arg);
/* The same of one ring. */
void ledger_ring_facts(const struct ledger *l, const struct ring *r, __u64 t_ns,
		       void (*each)(const struct fact *f, void *arg), void *arg);
/* One holder of it, with the levels that the ledger has. */
struct fact_holder ledger_holder_fact(const struct ledger *l, const struct ring *r,
				      const struct holder *h, __u64 t_ns);

#endif
