// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <abi/io_cell.h>
#include "base/array.h"
#include "capture/io_evicted.h"
#include "fixbuf.skel.h"

static int by_count(const void *a, const void *b)
{
	const struct user_loss *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

size_t io_evicted(struct fixbuf_bpf *skel, struct user_loss **list)
{
	int map = bpf_map__fd(skel->maps.io_evicted_users);
	__u32 uid, *before = NULL;
	size_t nr = 0;
	__u64 count;

	*list = NULL;
	for (; !bpf_map_get_next_key(map, before, &uid); before = &uid) {
		if (uid == IO_OLD_PAYER || bpf_map_lookup_elem(map, &uid, &count))
			continue;
		array_grow(*list, nr);
		(*list)[nr++] = (struct user_loss){ uid, count };
	}
	if (nr)
		qsort(*list, nr, sizeof(**list), by_count);
	return nr;
}
