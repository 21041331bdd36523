/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted for the whole machine, where other programs may use io_uring, too. */
#ifndef FIXBUF_BESIDE_H
#define FIXBUF_BESIDE_H

#include "tap.h"

/* As is(); but when it is not, and others are at work on rings, skipped: part is theirs. */
void is_of_all(long long got, long long want, const char *what, ...) PRINTF(3, 4);

#endif
