// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include "base/array.h"
#include "capture/user_counts.h"

size_t user_counts(int map, struct user_loss **list)
{
	__u32 uid, *before = NULL;
	size_t nr = 0;
	__u64 count;

	*list = NULL;
	for (; !bpf_map_get_next_key(map, before, &uid); before = &uid) {
		if (bpf_map_lookup_elem(map, &uid, &count))
			continue;
		array_grow(*list, nr);
		(*list)[nr++] = (struct user_loss){ uid, count };
	}
	return nr;
}
