/* SPDX-License-Identifier: GPL-2.0 */
/* Recordings, one of each machine, as a timeline that ui.perfetto.dev opens. */
#ifndef FIXBUF_VIEWS_PERFETTO_H
#define FIXBUF_VIEWS_PERFETTO_H

#include <stdio.h>
#include "model/event.h"

struct perfetto;

#define MAX_MACHINES 256

/* .select as timeline_new() has it. .machine: its name, known with the first event, where it is one of several, and its number from 0; NULL = it is the only one. */
struct perfetto *perfetto_new(FILE *out, const struct selection *select, const char *machine,
			      unsigned int number);
/* What the recording told next. */
void perfetto_event(struct perfetto *t, const struct event *told);
/* After the last. */
void perfetto_end(struct perfetto *t);

#endif
