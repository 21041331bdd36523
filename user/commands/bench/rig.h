/* SPDX-License-Identifier: GPL-2.0 */
/* What the measurements share: a ring of the best kind, progress, and why a size is left out. */
#ifndef FIXBUF_COMMANDS_BENCH_RIG_H
#define FIXBUF_COMMANDS_BENCH_RIG_H

#include "commands/bench/bench.h"

/* Where the bench is, on a terminal only. */
void bench_progress(const struct bench *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Ring of the best kind that the kernel has, so that a ring costs least; 0 or -errno. */
struct ring_raw;
int bench_ring(struct bench *b, struct ring_raw *r, unsigned int entries);
/* Whether RLIMIT_MEMLOCK forbids to register this many bytes. */
bool bench_beyond_limit(size_t bytes);
/* Why this many bytes could not be registered. */
void bench_refused(char reason[BENCH_REASON], size_t bytes, int err);

#endif
