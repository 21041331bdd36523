/* SPDX-License-Identifier: GPL-2.0 */
/* What is counted for the whole machine, where other programs may use io_uring, too. */
#ifndef FIXBUF_SHARED_MACHINE_H
#define FIXBUF_SHARED_MACHINE_H

#include "tap.h"

/* As is(); but when it is not, and others are at work on rings, skipped: part is theirs. */
void is_machine_total(long long got, long long want, const char *what, ...) PRINTF(3, 4);

#endif
