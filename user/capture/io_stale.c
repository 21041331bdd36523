// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <abi/fact.h>
#include <abi/io_cell.h>
#include "capture/io_stale.h"
#include "fixbuf.skel.h"

void io_stale_prepare(struct fixbuf_bpf *skel, bool used)
{
	skel->rodata->io_by_stale = used;
	/* one that no program uses must still exist, but not with all its room */
	bpf_map__set_autocreate(skel->maps.io_stale, true);
	bpf_map__set_autocreate(skel->maps.io_stale_rings, true);
	bpf_map__set_autocreate(skel->maps.io_queued, true);
	bpf_map__set_autocreate(skel->maps.io_queued_users, true);
	bpf_map__set_max_entries(skel->maps.io_queued_users, used ? IO_QUEUED_USERS : 1);
	bpf_map__set_autocreate(skel->maps.io_wrong, true);
	bpf_map__set_max_entries(skel->maps.io_queued, used ? IO_QUEUED : 1);
	bpf_map__set_autocreate(skel->maps.io_wrong_users, true);
	bpf_map__set_max_entries(skel->maps.io_wrong, used ? IO_WRONG_SLOTS : 1);
	bpf_map__set_max_entries(skel->maps.io_wrong_users, used ? IO_WRONG_USERS : 1);
	bpf_map__set_max_entries(skel->maps.io_stale, used ? IO_STALE_SLOTS : 1);
	bpf_map__set_max_entries(skel->maps.io_stale_rings, used ? IO_STALE_RINGS : 1);
}

static int slots(const struct fixbuf_bpf *skel)
{
	return bpf_map__fd(skel->maps.io_stale);
}

static int rings(const struct fixbuf_bpf *skel)
{
	return bpf_map__fd(skel->maps.io_stale_rings);
}

bool io_stale_count(struct fixbuf_bpf *skel, const struct io_stale_key *at, const struct io_stale *what)
{
	return !bpf_map_update_elem(slots(skel), at, what, BPF_ANY);
}

bool io_stale_arm(struct fixbuf_bpf *skel, __u64 ring, __u64 armed_ns)
{
	return !bpf_map_update_elem(rings(skel), &ring, &armed_ns, BPF_ANY);
}

__u64 io_stale_armed(struct fixbuf_bpf *skel, __u64 ring)
{
	__u64 armed_ns;

	return bpf_map_lookup_elem(rings(skel), &ring, &armed_ns) ? 0 : armed_ns;
}

void io_stale_disarm(struct fixbuf_bpf *skel, __u64 ring)
{
	bpf_map_delete_elem(rings(skel), &ring);
}

bool io_stale_read(struct fixbuf_bpf *skel, const struct io_stale_key *at, struct io_stale *what)
{
	return !bpf_map_lookup_elem(slots(skel), at, what);
}

void io_stale_forget(struct fixbuf_bpf *skel, const struct io_stale_key *at)
{
	bpf_map_delete_elem(slots(skel), at);
}

/* All were taken: each user has its share again. */
static void wrong_begin_anew(int users)
{
	__u32 uid;

	for (int n = 0; n < IO_WRONG_USERS && !bpf_map_get_next_key(users, NULL, &uid); n++)
		bpf_map_delete_elem(users, &uid);
}

bool io_wrong_take(struct fixbuf_bpf *skel, struct io_stale_key *at, struct io_wrong *what)
{
	int map = bpf_map__fd(skel->maps.io_wrong);

	if (bpf_map_get_next_key(map, NULL, at) || bpf_map_lookup_elem(map, at, what)) {
		wrong_begin_anew(bpf_map__fd(skel->maps.io_wrong_users));
		return false;
	}
	return !bpf_map_delete_elem(map, at);
}
