/* SPDX-License-Identifier: GPL-2.0 */
/* Rings and their buffers, as text and as JSON. */
#ifndef FIXBUF_VIEWS_RINGS_H
#define FIXBUF_VIEWS_RINGS_H

#include "base/json.h"
#include "base/output.h"
#include "model/ledger.h"
#include "model/selection.h"
#include "model/tier.h"

void view_rings_text(const struct output *to, const struct selection *select,
		     const struct ledger *l);

/*
 * The members "schema", "kernel", "tier" and "rings". .tier: by which the ledger came about;
 * .pages: with what the page walk saw.
 */
void view_rings_json(struct json *j, const struct output *to, const struct selection *select,
		     const struct ledger *l, enum tier tier, bool pages);

#endif
