/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's xarrays hold, to descend in them. */
#ifndef FIXBUF_CAPTURE_XARRAY_H
#define FIXBUF_CAPTURE_XARRAY_H

#define XA_SLOT_BITS	6	/* 64 slots a node; kernels with 16 have more levels */

/* The kernel's marks of a pointer to a node: an odd multiple of 2, beyond a page. */
#define XA_IS_NODE(slot)	(((slot) & 3) == 2 && (slot) > 4096)
#define XA_NODE(slot)		((slot) - 2)

#endif
