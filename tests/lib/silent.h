/* SPDX-License-Identifier: GPL-2.0 */
/* tests/load/silent, with the device and the folder that it takes. */
#ifndef FIXBUF_SILENT_H
#define FIXBUF_SILENT_H

#include "load.h"

/* False where it cannot run (see .skip). */
bool silent_start(struct load *l);
/* Lets it go: its exit status. Also after a false start. */
int silent_end(struct load *l);

#endif
