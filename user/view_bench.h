/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_VIEW_BENCH_H
#define FIXBUF_VIEW_BENCH_H

#include "bench.h"

/* What was measured so far, as text or JSON. */
void view_bench(const struct bench *b);

#endif
