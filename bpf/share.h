/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room for facts is shared by users: of what waits to be read one may have as much as is free. One
 * who floods leaves half of the buffer to the others, two leave a third, and so on.
 */
#ifndef FIXBUF_BPF_SHARE_H
#define FIXBUF_BPF_SHARE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "wanted.h"

#define SPARE	32	/* while less than this part of the buffer is taken, nobody is counted */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096 * 1024);
} facts __weak SEC(".maps");

/* By uid. Users beyond their number share .other_senders. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FACT_SENDERS);
	__type(key, __u32);
	__type(value, struct sender);
} senders __weak SEC(".maps");

/*
 * Whether the two maps are there. Before "bpf: Validate global subprogs lazily", 6.8, the verifier
 * looks at a global function although nothing calls it: it must not name a map that is missing.
 */
const volatile __u8 facts_told __weak;

struct sender other_senders __weak;
struct sender new_sender __weak;	/* stays zero: too large for a stack */

/* Whose doing the current task's facts are: what a worker does for a ring is its user's. */
static __always_inline __u32 acting_uid(__u64 ring, __u8 kind)
{
	struct user_struct *user;

	if (!in_kernel_thread())
		return bpf_get_current_uid_gid();
	/* the ring is freed by then */
	if (!ring || kind == FACT_RING_GONE)
		return SENDER_KERNEL;
	user = BPF_CORE_READ((struct io_ring_ctx *)ring, user);
	return user ? BPF_CORE_READ(user, uid.val) : SENDER_KERNEL;
}

static __always_inline struct sender *sender_of(__u32 uid)
{
	struct sender *s = bpf_map_lookup_elem(&senders, &uid);

	if (s)
		return s;
	bpf_map_update_elem(&senders, &uid, &new_sender, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&senders, &uid);
	return s ? s : &other_senders;
}

/*
 * What a user has waiting: what it sent to the parts of the buffer from .first, which is being
 * read, to .last, which is being filled. Two tasks of one user may each miss what the other adds.
 */
static __always_inline __u64 waiting_of(struct sender *s, __u64 first, __u64 last)
{
	__u64 sum = 0;

	for (int i = 0; i < SENDER_PARTS; i++) {
		__u64 part = last - i;
		__u64 *is = &s->part[part % SENDER_PARTS];

		/* it was filled before, at the last time round */
		if (*is != part) {
			*is = part;
			s->sent[part % SENDER_PARTS] = 0;
		}
		sum += s->sent[part % SENDER_PARTS];
		if (part == first)
			break;
	}
	return sum;
}

/*
 * Whether this user may send .size bytes. .sure: it is selected, and others are not. A global
 * function, so that the verifier looks at it once.
 */
__weak __noinline int may_send(__u32 uid, __u32 size, __u32 sure)
{
	__u64 taken, waiting, all, filled, part;
	struct sender *s;

	if (!facts_told)
		return 0;
	taken = bpf_ringbuf_query(&facts, BPF_RB_AVAIL_DATA);
	all = bpf_ringbuf_query(&facts, BPF_RB_RING_SIZE);
	if (sure || taken < all / SPARE)
		return 1;
	s = sender_of(uid);
	part = all / (SENDER_PARTS / 2);
	filled = bpf_ringbuf_query(&facts, BPF_RB_PROD_POS);
	waiting = waiting_of(s, (filled - taken) / part, filled / part);
	if (waiting > taken)
		waiting = taken;
	if (waiting + size > all - taken && !(filter && task_wanted()))
		return 0;
	__sync_fetch_and_add(&s->sent[filled / part % SENDER_PARTS], size);
	return 1;
}

/* A record of this user's found no room. */
__weak __noinline int lost_of(__u32 uid)
{
	if (facts_told)
		__sync_fetch_and_add(&sender_of(uid)->lost, 1);
	return 0;
}

#endif
