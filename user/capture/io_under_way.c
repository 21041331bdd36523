// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/clock.h"
#include "base/err.h"
#include "capture/io_maps.h"
#include "capture/io_under_way.h"
#include "capture/peek.h"
#include "fixbuf.skel.h"

#define MAX_LOOKED_AT	16384	/* each is a system call, of a microsecond or two */

static int failed(void)
{
	return err_set(errno, "cannot read the starts from the BPF maps: %s", strerror(errno));
}

static void add(struct io_model *m, const struct io_under_way *u)
{
	array_grow(m->under_way, m->nr_under_way);
	m->under_way[m->nr_under_way++] = *u;
}

static __u64 age(__u64 since_ns, __u64 now_ns)
{
	return since_ns && since_ns < now_ns ? now_ns - since_ns : 0;
}

/* .now_ns: the same for all, so that their ages tell which began first. */
static int look_at(struct fixbuf_bpf *skel, const struct io_start *start, __u64 now_ns, void *m)
{
	int err = peek(skel->progs.io_peek, start->key ^ start->t_ns, 0, 0);

	if (!err && skel->bss->out_req_ring)
		add(m, &(struct io_under_way){
			.ring = skel->bss->out_req_ring, .addr = skel->bss->out_req_addr,
			.len_bytes = skel->bss->out_req_bytes, .index = skel->bss->out_req_index,
			.flags = skel->bss->out_req_flags,
			.user_data = skel->bss->out_req_user_data, .who = skel->bss->out_req_who,
			.inode_mode = skel->bss->out_req_inode_mode, .holds = skel->bss->out_req_holds,
			.age_ns = age(IO_START_TIME(skel->bss->out_req_started), now_ns),
		});
	return err;
}

/* Does .each with every start of that age, up to so many; .looked_at gets how many there are. */
static int each_start(struct fixbuf_bpf *skel, __u64 least_age_ns, size_t *looked_at,
		      int (*each)(struct fixbuf_bpf *skel, const struct io_start *start, __u64 now_ns, void *arg),
		      void *arg)
{
	__u32 nr = bpf_map__max_entries(skel->maps.io_starts);
	struct io_start_set *sets = io_maps_array(skel->maps.io_starts, nr, sizeof(*sets));
	__u64 now_ns = clock_now_ns();
	int err = 0;

	*looked_at = 0;
	if (!sets)
		return failed();
	for (size_t i = 0; !err && i < (size_t)nr * IO_START_WAYS; i++) {
		const struct io_start *start = &sets[i / IO_START_WAYS].way[i % IO_START_WAYS];

		if (!IO_START_IS_IO(start->t_ns) || age(IO_START_TIME(start->t_ns), now_ns) < least_age_ns)
			continue;
		if ((*looked_at)++ < MAX_LOOKED_AT)
			err = each(skel, start, now_ns, arg);
	}
	free(sets);
	return err;
}

int io_under_way_find(struct fixbuf_bpf *skel, struct io_model *m, __u64 least_age_ns)
{
	size_t nr;
	int err = each_start(skel, least_age_ns, &nr, look_at, m);

	m->sees_under_way = !err && nr <= MAX_LOOKED_AT;
	return err;
}

static int count_if_so(struct fixbuf_bpf *skel, const struct io_start *start, __u64 now_ns, void *nr)
{
	int err = peek(skel->progs.io_peek, start->key ^ start->t_ns, 0, 0);

	(void)now_ns;
	if (!err && skel->bss->out_req_ring)
		++*(__u64 *)nr;
	return err;
}

int io_under_way_count(struct fixbuf_bpf *skel, __u64 *nr)
{
	size_t all;
	int err;

	*nr = 0;
	err = each_start(skel, 0, &all, count_if_so, nr);
	/* of those that are too many to be looked at it is not known */
	*nr += all > MAX_LOOKED_AT ? all - MAX_LOOKED_AT : 0;
	return err;
}

int io_under_way_started(struct fixbuf_bpf *skel, bool by_user_data, __u64 *in_flight)
{
	const struct bpf_map *map = by_user_data ? skel->maps.io_ud_starts : skel->maps.io_starts;
	__u32 nr = bpf_map__max_entries(map);
	void *values = io_maps_array(map, nr, by_user_data ? sizeof(struct io_ud_start) :
							     sizeof(struct io_start_set));
	const struct io_ud_start *named = values;
	const struct io_start_set *sets = values;

	if (!values)
		return failed();
	for (__u32 i = 0; by_user_data && i < nr; i++)
		if ((__s32)named[i].pending > 0)
			*in_flight += named[i].pending;
	for (__u32 i = 0; !by_user_data && i < nr; i++)
		for (int k = 0; k < IO_START_WAYS; k++)
			*in_flight += IO_START_IS_IO(sets[i].way[k].t_ns);
	free(values);
	return 0;
}

int io_under_way_named(struct fixbuf_bpf *skel, struct io_model *m, __u64 least_age_ns)
{
	__u32 nr = bpf_map__max_entries(skel->maps.io_ud_starts);
	struct io_ud_start *list = io_maps_array(skel->maps.io_ud_starts, nr, sizeof(*list));
	__u64 now_ns = clock_now_ns();

	if (!list)
		return failed();
	m->sees_under_way = true;
	for (size_t i = 0; i < nr; i++) {
		const struct io_ud_start *s = &list[i];
		__u8 op = IO_WHO_OP(s->who);

		if ((__s32)s->pending <= 0)
			continue;
		/* of several of one name no time is known: they may be old */
		if (s->t_ns && age(s->t_ns, now_ns) < least_age_ns)
			continue;
		/* of several of one name the first is known */
		if (s->pending > 1)
			m->sees_under_way = false;
		add(m, &(struct io_under_way){
			.ring = s->ring, .addr = s->addr, .len_bytes = s->len_bytes, .index = s->index,
			.flags = (IO_WHO_FIXED(s->who) ? EV_FIXED : 0) |
				 (op == IORING_OP_READ || op == IORING_OP_WRITE ? EV_RANGE : 0),
			.user_data = s->user_data, .who = s->who, .holds = true, .age_ns = age(s->t_ns, now_ns),
		});
	}
	free(list);
	return 0;
}
