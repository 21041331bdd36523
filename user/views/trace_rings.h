/* SPDX-License-Identifier: GPL-2.0 */
/* What trace says of a program in the end. */
#ifndef FIXBUF_VIEWS_TRACE_RINGS_H
#define FIXBUF_VIEWS_TRACE_RINGS_H

#include "model/ring_past.h"
#include "views/trace_text.h"

/*
 * A line per ring, sorted, and the verdict; nothing of no ring and no call. .missed: not all that the
 * program started was followed.
 */
void view_trace_rings(FILE *out, const struct view_trace *v, struct ring_pasts *p, bool missed);

#endif
