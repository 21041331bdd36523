/* SPDX-License-Identifier: GPL-2.0 */
/* Rings and their buffers, as text and as JSON. */
#ifndef FIXBUF_VIEWS_RINGS_H
#define FIXBUF_VIEWS_RINGS_H

#include <json-c/json.h>
#include "cli/env.h"

/* Whether -p, -u and --comm let one of the ring's holders through. */
bool view_selects(const struct env *env, const struct ring *r);

void view_rings_text(const struct env *env, const struct ledger *l);

/* {"schema":1,"kernel":...,"tier":...,"rings":[...]}; pages: with what the page walk saw. */
json_object *view_rings_json(const struct env *env, const struct ledger *l, bool pages);

/* Sums over the selected rings; buffers that several slots hold count once. */
struct ring_totals {
	size_t rings, buffers;
	__u64 registered_bytes, charged_pages;
};
struct ring_totals view_totals(const struct env *env, const struct ledger *l);

#endif
