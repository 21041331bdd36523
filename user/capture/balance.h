/* SPDX-License-Identifier: GPL-2.0 */
/* What accounts have beyond the rings that were found, read until it stands still. */
#ifndef FIXBUF_CAPTURE_BALANCE_H
#define FIXBUF_CAPTURE_BALANCE_H

#include "checks/finding.h"
#include "model/selection.h"

struct walk;

/* Adds what it finds of the selection, in order. 0, or -errno with a sentence. */
int look_at_balance(struct walk *walk, const struct selection *select, struct findings *out);

#endif
