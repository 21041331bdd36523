/* SPDX-License-Identifier: GPL-2.0 */
/* Tells the kernel side whose rings are selected: bpf/selection.h and bpf/wanted.h decide by it. */
#ifndef FIXBUF_CAPTURE_SELECT_H
#define FIXBUF_CAPTURE_SELECT_H

#include "model/selection.h"

struct fixbuf_bpf;

/*
 * Before kern_load(): whose rings, and with .facts whose events. Processes that were asked for by their
 * ids are a matter of family.h. -errno with a sentence.
 */
int select_prepare(struct fixbuf_bpf *skel, const struct selection *s, bool facts);

#endif
