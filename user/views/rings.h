/* SPDX-License-Identifier: GPL-2.0 */
/* Rings and their buffers, as text and as JSON. */
#ifndef FIXBUF_VIEWS_RINGS_H
#define FIXBUF_VIEWS_RINGS_H

#include <json-c/json.h>
#include "base/output.h"
#include "model/ledger.h"
#include "model/selection.h"

void view_rings_text(const struct output *to, const struct selection *select,
		     const struct ledger *l);

/* {"schema":2,"kernel":...,"tier":...,"rings":[...]}; pages: with what the page walk saw. */
json_object *view_rings_json(const struct output *to, const struct selection *select,
			     const struct ledger *l, bool pages);

#endif
