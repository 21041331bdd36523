/* SPDX-License-Identifier: GPL-2.0 */
/* Rings and their buffers, as text and as JSON. */
#ifndef FIXBUF_VIEWS_RINGS_H
#define FIXBUF_VIEWS_RINGS_H

#include "base/csv.h"
#include "base/json.h"
#include "base/output.h"
#include "model/ledger.h"
#include "model/selection.h"
#include "model/tier.h"

struct rings_shown {
	__u64 min_bytes;	/* of buffers; rings without such a one are left out */
	size_t top;		/* so many rings */
};

/* .shown NULL = all. */
void view_rings_text(const struct output *to, const struct selection *select,
		     const struct ledger *l, const struct rings_shown *shown);
/*
 * A line per buffer and per piece of other memory, with its ring's cells in each; a ring without both has
 * one line. Numbers are called as in JSON.
 */
void view_rings_csv(const struct output *to, const struct selection *select, const struct ledger *l,
		    const struct rings_shown *shown);
/* The cell "cgroup". */
void view_cgroup_csv(struct csv *c, const struct holder *h);
/* The cells of CSV_PLACE_COLUMNS, as JSON has them. .h NULL = not known. */
#define CSV_PLACE_COLUMNS "unit,container,inner_pid"
void view_place_csv(struct csv *c, const struct holder *h);
/* "inner_pid", "cgroup", "unit" and "container", as far as cgroup_name_holders() found them. */
void view_cgroup_json(struct json *j, const struct holder *h);
/* The line of sums at the end of it, where .nr rings were shown, or would be without a .top. */
void view_rings_sums(const struct output *to, const struct selection *select, const struct ledger *l,
		     size_t nr, size_t top);
/* A line about slots of the selection that a walk did not read, if there are any; .live: one of now. */
void view_skipped_slots(FILE *out, const struct selection *select, const struct ledger *l, bool live);

/*
 * The members "schema", "kernel", "boot_id", "page_bytes", "tier" and "rings". .tier: by which the ledger came about;
 * .pages: with what the page walk saw.
 */
void view_rings_json(struct json *j, const struct output *to, const struct selection *select,
		     const struct ledger *l, enum tier tier, bool pages);
/* The items of "rings" alone. */
void view_ring_list_json(struct json *j, const struct selection *select, const struct ledger *l, bool pages);
/* The same ring by ring: the first three alone; the begin, an item for each ring, then json_close(). */
void view_snapshot_json(struct json *j, const struct output *to, enum tier tier);
void view_rings_json_begin(struct json *j, const struct output *to, enum tier tier);
void view_ring_json(struct json *j, const struct ledger *l, const struct ring *r, bool pages,
		    __u64 min_bytes);

#endif
