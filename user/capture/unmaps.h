/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of processes that have registered buffers, by which pages go from their addresses: where
 * the kernel has kprobes, at all tiers but tracepoints, and of 64-bit programs. They cost whoever
 * unmaps; only who watches for them hangs them in.
 */
#ifndef FIXBUF_CAPTURE_UNMAPS_H
#define FIXBUF_CAPTURE_UNMAPS_H

#include <abi/unmap.h>
#include "model/tier.h"

struct fixbuf_bpf;
struct unmaps;

/*
 * Before the load: switches its programs on where this kernel lets us. NULL with a sentence; that
 * it does not is no error.
 */
struct unmaps *unmaps_prepare(struct fixbuf_bpf *skel, enum tier tier);
/* After the load. */
void unmaps_start(struct unmaps *u);
void unmaps_free(struct unmaps *u);

/* Hands over those that wait: whose address spaces forks_await() was told. */
void unmaps_read(struct unmaps *u, void (*take)(const struct unmap_call *c, void *arg), void *arg);
/* How many found no room since the start. */
__u64 unmaps_lost(const struct unmaps *u);

#endif
