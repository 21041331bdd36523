/* SPDX-License-Identifier: GPL-2.0 */
/* The tiers that see pins and charges as they happen: patched, functions, kprobes. */
#ifndef FIXBUF_CAPTURE_PIN_HOOKS_H
#define FIXBUF_CAPTURE_PIN_HOOKS_H

#include "capture/call_hooks.h"

#define EXACT_MAX_HOOKS 21

struct exact;

/*
 * Before kern_load(): tries what this kernel lets us probe and switches it on.
 * A tier other than TIER_BEST is taken or refused with a sentence (NULL);
 * TIER_TRACEPOINTS takes none.
 */
struct exact *exact_prepare(struct fixbuf_bpf *skel, enum tier tier);
/* After kern_load(): attaches and calibrates. -errno with a sentence when a forced tier fails. */
int exact_start(struct exact *e);
/* TIER_TRACEPOINTS when none of them can be had. */
enum tier exact_tier(const struct exact *e);
const struct hook *exact_hooks(const struct exact *e, size_t *nr);
/* Tells the programs a ring, older than they, whose facts are wanted. */
void exact_want_ring(const struct exact *e, __u64 ring);
void exact_stop(struct exact *e);
void exact_free(struct exact *e);

#endif
