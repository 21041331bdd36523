/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers, replaces, clones and drops buffers on rings of our own: what the
 * probes must see, for a function may exist and yet never be called.
 */
#ifndef FIXBUF_CAPTURE_HOOK_PROOF_H
#define FIXBUF_CAPTURE_HOOK_PROOF_H

#include <linux/types.h>
#include <stdbool.h>

struct calibration {
	unsigned int registered; /* buffers */
	unsigned int released;	/* of them by now; the others are in their own time */
	bool limited;		/* the rings were charged to a user */
};

/*
 * .settled says whether what was expected has been seen; it is asked again for
 * a while, since some releases are asynchronous. -errno with a sentence when no
 * buffer could be registered.
 */
int calibrate(struct calibration *c, bool (*settled)(const struct calibration *c, void *arg),
	      void *arg);

#endif
