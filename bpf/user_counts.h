/* SPDX-License-Identifier: GPL-2.0 */
/* Hashes that hold a number (__u64) for each user who has one. */
#ifndef FIXBUF_BPF_USER_COUNTS_H
#define FIXBUF_BPF_USER_COUNTS_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>

/* NULL: there is no room for one user more. */
static __always_inline __u64 *user_count(void *map, __u32 uid)
{
	__u64 none = 0;

	if (!bpf_map_lookup_elem(map, &uid))
		bpf_map_update_elem(map, &uid, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, &uid);
}

static __always_inline void count_for_user(void *map, __u32 uid)
{
	__u64 *nr = user_count(map, uid);

	if (nr)
		__sync_fetch_and_add(nr, 1);
}

/* Counts one more for the user, unless it has that many. */
static __always_inline bool user_may_have(void *map, __u32 uid, __u64 most)
{
	__u64 *nr = user_count(map, uid);

	if (!nr || *nr >= most)
		return false;
	__sync_fetch_and_add(nr, 1);
	return true;
}

#endif
