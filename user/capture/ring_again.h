/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a walk read of a ring against the holders that were found again, after it: nothing is
 * locked meanwhile.
 */
#ifndef FIXBUF_CAPTURE_RING_AGAIN_H
#define FIXBUF_CAPTURE_RING_AGAIN_H

#include "capture/holders.h"
#include "capture/ring_reader.h"

struct peek;

/*
 * Moves those to the front that were found with the ring again: who was only on the way to its end,
 * when its ring was found, is nobody's holder. The number of them; all, where it changed hands.
 */
size_t ring_holders_again(struct fact_holder *h, size_t nr, const struct holders *again);

/*
 * Whether the ring that .h hold is still there, with what was read of it. Its address may be
 * another process's ring by now, or was already when it was read. One that none of its holders
 * has any more may have been inherited: it is still charged to the address space that it was, and
 * that is not who has it now.
 */
bool ring_is_there_again(const struct peek *p, const struct reading *r, const struct fact_holder *h,
			 size_t nr, const struct holders *again);

#endif
