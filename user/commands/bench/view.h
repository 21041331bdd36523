/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_COMMANDS_BENCH_VIEW_H
#define FIXBUF_COMMANDS_BENCH_VIEW_H

#include "commands/bench/bench.h"

/* What was measured so far, as text or JSON. */
void view_bench(const struct bench *b);

#endif
