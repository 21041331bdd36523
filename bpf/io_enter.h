/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Submissions per io_uring_enter, when asked for: the first request of a call is seen as such, and
 * the queue's head then tells what all calls before it took, also requests that are not counted here.
 */
#ifndef FIXBUF_BPF_IO_ENTER_H
#define FIXBUF_BPF_IO_ENTER_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_cell.h"
#include "kernel/request.h"
#include "io_cells.h"

const volatile bool io_by_enter;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192); /* the user side sizes it as io_rings */
	__type(key, struct io_calls_place);
	__type(value, struct io_enters);
} io_enters SEC(".maps");

/* Of a selected ring. Its lock is held, so no other CPU counts for it. */
static __noinline int note_enter(__u64 ring, __u64 req)
{
	__u32 flags = IO_READ(EITHER, ring, struct io_ring_ctx___queue, flags);
	__u32 at = io_queue_at(EITHER, ring), head = at - 1;
	struct io_calls_place key = { .ring = ring };
	struct io_enters *e, first = { .head = head, .sqpoll = !!(flags & SETUP_SQPOLL) };
	struct io_ring *r;

	/* where a request may be two entries the head counts no requests */
	if (flags & SETUP_SQE_MIXED || io_queue_taken(EITHER, ring, at) != 1)
		return 0;
	r = bpf_map_lookup_elem(&io_rings, &ring);
	if (!r && decide_ring(ring, io_task(PROBE, req)))
		r = bpf_map_lookup_elem(&io_rings, &ring);
	if (!r)
		return 0;
	key.born_ns = r->born_ns;
	e = bpf_map_lookup_elem(&io_enters, &key);
	if (!e) {
		first.payer = r->payer;
		io_add(&io_enters, &key, &first, r->payer, IO_TABLE_ENTERS);
		return 0;
	}
	e->submissions += head - e->head;
	e->head = head;
	e->enters++;
	return 0;
}

#endif
