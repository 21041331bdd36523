/* SPDX-License-Identifier: GPL-2.0 */
/* What became of rings between two looks, a line each. */
#ifndef FIXBUF_VIEWS_RING_CHANGES_H
#define FIXBUF_VIEWS_RING_CHANGES_H

#include "base/output.h"
#include "checks/ring_changes.h"

void view_ring_changes_titles(const struct output *to);
/* .time_ns: of the later look, since 1970. */
void view_ring_changes(const struct output *to, const struct ring_change *list, size_t nr,
		       __u64 time_ns);

#endif
