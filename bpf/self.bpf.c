// SPDX-License-Identifier: GPL-2.0
/*
 * Our own process, for the programs that are attached: the walk, an object of its own, learns it, and
 * user space copies it here (capture/capture.c).
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>

__u32 own_tgid;
__u32 ns_level;
__u64 own_pid;

char LICENSE[] SEC("license") = "GPL";
