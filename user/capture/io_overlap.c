// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <abi/fact.h>
#include <abi/io_cell.h>
#include "capture/io_overlap.h"
#include "capture/user_counts.h"
#include "fixbuf.skel.h"

void io_overlap_prepare(struct fixbuf_bpf *skel, bool used)
{
	skel->rodata->io_by_overlap = used;
	/* one that no program uses must still exist, but not with all its room */
	bpf_map__set_autocreate(skel->maps.io_flights, true);
	bpf_map__set_autocreate(skel->maps.io_flight_places, true);
	bpf_map__set_autocreate(skel->maps.io_overlaps, true);
	bpf_map__set_autocreate(skel->maps.io_overlap_users, true);
	bpf_map__set_max_entries(skel->maps.io_flights, used ? IO_FLIGHT_ROWS : 1);
	bpf_map__set_max_entries(skel->maps.io_flight_places, used ? IO_FLIGHT_ROWS * IO_FLIGHT_WAYS : 1);
	bpf_map__set_max_entries(skel->maps.io_overlaps, used ? IO_OVERLAPS : 1);
	bpf_map__set_max_entries(skel->maps.io_overlap_users, used ? IO_OVERLAP_USERS : 1);
}

bool io_overlap_next(struct fixbuf_bpf *skel, struct io_overlap_key *at, struct io_overlap *what)
{
	int map = bpf_map__fd(skel->maps.io_overlaps);
	const struct io_overlap_key before = *at;

	return !bpf_map_get_next_key(map, before.newer.ring ? &before : NULL, at) &&
	       !bpf_map_lookup_elem(map, at, what);
}

bool io_overlap_take_unfollowed(struct fixbuf_bpf *skel, bool *named, __u32 *uid, __u64 *nr)
{
	int map = bpf_map__fd(skel->maps.io_overlap_users);
	struct io_overlap_user u;

	*named = true;
	while (!bpf_map_get_next_key(map, NULL, uid) && !bpf_map_lookup_elem(map, uid, &u) &&
	       !bpf_map_delete_elem(map, uid)) {
		*nr = u.unfollowed;
		if (*nr)
			return true;
	}
	*named = false;
	*nr = skel->bss->io_unfollowed_rest;
	skel->bss->io_unfollowed_rest = 0;
	return *nr;
}

bool io_overlap_overflowed(struct fixbuf_bpf *skel, __u32 payer, __u64 overflowed)
{
	struct user_loss *list;
	size_t nr = user_counts(bpf_map__fd(skel->maps.io_overflowed_users), &list);
	bool may = false;
	__u64 known = 0;

	for (size_t i = 0; i < nr; i++) {
		/* whose those of nobody are is not known */
		may |= list[i].count && (list[i].uid == payer || list[i].uid == IO_OLD_PAYER || payer == IO_OLD_PAYER);
		known += list[i].count;
	}
	free(list);
	return may || overflowed > known;
}
