/* SPDX-License-Identifier: GPL-2.0 */
/* What it costs this machine to pin a page of 4 KiB (or its size), now. */
#ifndef FIXBUF_BASE_PIN_COST_H
#define FIXBUF_BASE_PIN_COST_H

#include <linux/types.h>

/*
 * By registering buffers of our own: what more pages take longer, by their number. In picoseconds, as a
 * page takes some tens of nanoseconds; 0 = it could not be measured.
 */
__u64 pin_cost_ps(void);

#endif
