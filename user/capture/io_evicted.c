// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <abi/io_cell.h>
#include "capture/io_evicted.h"
#include "capture/user_counts.h"
#include "fixbuf.skel.h"

static int by_count(const void *a, const void *b)
{
	const struct user_loss *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

size_t io_evicted(struct fixbuf_bpf *skel, struct user_loss **list)
{
	size_t all = user_counts(bpf_map__fd(skel->maps.io_evicted_users), list), nr = 0;

	for (size_t i = 0; i < all; i++)
		if ((*list)[i].uid != IO_OLD_PAYER)
			(*list)[nr++] = (*list)[i];
	if (nr)
		qsort(*list, nr, sizeof(**list), by_count);
	return nr;
}
