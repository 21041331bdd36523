/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as a timeline that ui.perfetto.dev opens. */
#ifndef FIXBUF_VIEWS_PERFETTO_H
#define FIXBUF_VIEWS_PERFETTO_H

#include <stdio.h>
#include "model/event.h"

struct timeline;

struct timeline *timeline_new(FILE *out);
/* What the recording told next. */
void timeline_tell(struct timeline *t, const struct event *told);
/* After the last. */
void timeline_end(struct timeline *t);

#endif
