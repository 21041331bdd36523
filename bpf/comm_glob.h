/* SPDX-License-Identifier: GPL-2.0 */
/* Globs over the names of tasks, as the user side compiles them: capture/select.c. */
#ifndef FIXBUF_BPF_COMM_GLOB_H
#define FIXBUF_BPF_COMM_GLOB_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include "abi/names.h"

/* A bit for each number of its elements that may have been matched. */
const volatile __u64 select_comm_begin __weak;
const volatile __u64 select_comm_stays __weak; /* a star follows: any character leaves it as it is */
const volatile __u64 select_comm_end __weak;
const volatile __u64 select_comm_next[256] __weak; /* by character: the states that it takes to the next */

/* Every state of all patterns at once, a bit each: no branch for a character. */
static __always_inline bool comm_matches(const char comm[COMM_LEN])
{
	__u64 states = select_comm_begin;

	for (int i = 0; i < COMM_LEN; i++) {
		__u8 c = comm[i];

		if (!c)
			break;
		states = (states & select_comm_next[c]) << 1 | (states & select_comm_stays);
	}
	return states & select_comm_end;
}

#endif
