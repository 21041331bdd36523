/* SPDX-License-Identifier: GPL-2.0 */
/* Tells the kernel side whose rings are selected: bpf/selection.h decides by it. */
#ifndef FIXBUF_CAPTURE_SELECT_H
#define FIXBUF_CAPTURE_SELECT_H

#include "model/selection.h"

struct fixbuf_bpf;

/* Bits of abi/selection.h. */
__u32 select_bits(const struct selection *s);
/* Before kern_load(): the names that match, if any are asked for. -errno with a sentence. */
int select_prepare_comms(struct fixbuf_bpf *skel, const struct selection *s);
/* The same of the cgroup. */
void select_prepare_cgroup(struct fixbuf_bpf *skel, const struct selection *s);
/* Before kern_load(). -errno with a sentence. */
int select_prepare(struct fixbuf_bpf *skel, const struct selection *s);
/* After kern_load(), before programs are attached. -errno with a sentence. */
int select_start(struct fixbuf_bpf *skel, const struct selection *s);

#endif
