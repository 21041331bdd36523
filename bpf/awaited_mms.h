/* SPDX-License-Identifier: GPL-2.0 */
/* The address spaces that have registered buffers: what others do to their memory tells nothing. */
#ifndef FIXBUF_BPF_AWAITED_MMS_H
#define FIXBUF_BPF_AWAITED_MMS_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>

/* By struct mm_struct *. One that found no room is looked at only when it is time anyway. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} awaited_mms __weak SEC(".maps");

#endif
