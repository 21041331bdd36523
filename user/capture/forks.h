/* SPDX-License-Identifier: GPL-2.0 */
/* Forks of processes that have registered buffers: what is copied then may be the wrong page. */
#ifndef FIXBUF_CAPTURE_FORKS_H
#define FIXBUF_CAPTURE_FORKS_H

#include <linux/types.h>

struct forks;
struct fixbuf_bpf;

/* Switches its program on, before the load; NULL with a sentence. */
struct forks *forks_prepare(struct fixbuf_bpf *skel);
/* After the load. A kernel that refuses it has no forks to tell: nothing else fails. */
void forks_start(struct forks *f);
void forks_free(struct forks *f);

/* Forks and unmaps of this address space, a struct mm_struct *, count from now on. */
void forks_await(struct forks *f, __u64 mm);
/* How many there were since the start. */
__u64 forks_seen(const struct forks *f);

#endif
