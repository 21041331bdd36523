/* SPDX-License-Identifier: GPL-2.0 */
/* What a part of a recording says of itself first. */
#ifndef FIXBUF_RECORDING_WRITER_ABOUT_H
#define FIXBUF_RECORDING_WRITER_ABOUT_H

#include "model/event.h"
#include "recording/format.h"

void writer_about(struct rec_about *r, const struct origin *a);

#endif
