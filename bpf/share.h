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
#include "kernel/payer.h"
#include "wanted.h"

#define SPARE	32	/* while less than this part of the buffer is taken, nobody is counted */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096 * 1024);
} facts __weak SEC(".maps");

/* By who pays (kernel/payer.h). Users beyond their number share .other_senders. */
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
	struct sender *s;

	/* one look-up whose result is used: the verifier goes on once for each */
	if (!bpf_map_lookup_elem(&senders, &uid))
		bpf_map_update_elem(&senders, &uid, &new_sender, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&senders, &uid);
	return s ? s : &other_senders;
}

/*
 * What a user has waiting: what it sent to the parts of the buffer from .first on, which is being
 * read. Two tasks of one user may each miss what the other adds. There is no branch and no index: the
 * verifier goes through each round of this in every program, which was a third of a start.
 */
static __always_inline __u64 waiting_of(const struct sender *s, __u64 first)
{
	__u64 sum = 0, before = first - 1;

	barrier_var(before);
	for (int i = 0; i < SENDER_PARTS; i++)
		sum += s->sent[i] & (__u64)((__s64)(before - s->part[i]) >> 63);
	return sum;
}

/* Adds to what the user sent to a part: its place had one before, at the last time round. */
static __always_inline void add_sent(struct sender *s, __u64 part, __u32 size)
{
	__u32 at = part % SENDER_PARTS;

	if (s->part[at] != part) {
		s->part[at] = part;
		s->sent[at] = 0;
	}
	__sync_fetch_and_add(&s->sent[at], size);
}

static __always_inline __u32 task_payer(__u64 task, __u32 uid)
{
	return payer_of((__u64)BPF_CORE_READ((struct task_struct *)task, cred), uid);
}

/*
 * Whether what .task's user, .uid, does may take .size bytes. .sure: it is selected, and others
 * are not. A global function, so that the verifier looks at it once.
 */
__weak __noinline int may_send(__u64 task, __u32 uid, __u32 size, __u32 sure)
{
	__u64 taken, waiting, all, filled, part;
	struct sender *s;

	if (!facts_told)
		return 0;
	taken = bpf_ringbuf_query(&facts, BPF_RB_AVAIL_DATA);
	all = bpf_ringbuf_query(&facts, BPF_RB_RING_SIZE);
	if (sure || taken < all / SPARE)
		return 1;
	s = sender_of(task_payer(task, uid));
	part = all / (SENDER_PARTS / 2);
	filled = bpf_ringbuf_query(&facts, BPF_RB_PROD_POS);
	waiting = waiting_of(s, (filled - taken) / part);
	if (waiting > taken)
		waiting = taken;
	if (waiting + size > all - taken && !(filter && task_wanted()))
		return 0;
	add_sent(s, filled / part, size);
	return 1;
}

/*
 * A record of this user's found no room. What was selected is counted as its own, for nothing else
 * of that user may be missing.
 */
__weak __noinline int lost_of(__u64 task, __u32 uid)
{
	if (facts_told)
		__sync_fetch_and_add(&sender_of(filter && task_wanted() ? uid : task_payer(task, uid))->lost,
				     1);
	return 0;
}

#endif
