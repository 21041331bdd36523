/* SPDX-License-Identifier: GPL-2.0 */
/* Where and how a part of a recording was made. */
#ifndef FIXBUF_RECORDING_READER_ABOUT_H
#define FIXBUF_RECORDING_READER_ABOUT_H

#include "model/event.h"
#include "recording/format.h"

/* NULL, or what is wrong with it. */
const char *recording_about(struct origin *to, const struct rec *rec, const void *data);
/* Makes the event of a look. */
void recording_look(const struct rec *rec, const void *data, struct event *out);

#endif
