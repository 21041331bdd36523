/* SPDX-License-Identifier: GPL-2.0 */
/* A recording as a timeline that ui.perfetto.dev opens. */
#ifndef FIXBUF_VIEWS_PERFETTO_H
#define FIXBUF_VIEWS_PERFETTO_H

#include <stdio.h>
#include "model/event.h"

struct perfetto;

struct perfetto *perfetto_new(FILE *out);
/* What the recording told next. */
void perfetto_event(struct perfetto *t, const struct event *told);
/* After the last. */
void perfetto_end(struct perfetto *t);

#endif
