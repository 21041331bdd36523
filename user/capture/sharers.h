/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that have the memory of another (CLONE_VM) and not its descriptors: what that one's rings
 * pin is theirs, too.
 */
#ifndef FIXBUF_CAPTURE_SHARERS_H
#define FIXBUF_CAPTURE_SHARERS_H

#include "capture/holders.h"
#include "model/selection.h"

/*
 * Adds those that are selected to the holders, which are sorted before and after, of each ring whose
 * holder they share an address space with. None where nobody in particular is selected.
 */
void sharers_find(struct holders *h, const struct selection *select);

#endif
