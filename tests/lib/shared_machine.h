/* SPDX-License-Identifier: GPL-2.0 */
/* Assertions about totals of the whole machine, where other programs may use io_uring, too. */
#ifndef FIXBUF_SHARED_MACHINE_H
#define FIXBUF_SHARED_MACHINE_H

#include "tap.h"

/* As is(); but when the numbers differ and other programs use rings now, it skips and names one. */
void is_machine_total(long long got, long long want, const char *what, ...) PRINTF(3, 4);

#endif
