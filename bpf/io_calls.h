/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_uring_register() calls for buffers on selected rings: how many went well, how many failed and,
 * where that is asked for, what those took that put buffers into slots. Who sees calls begin: calls.bpf.c.
 */
#ifndef FIXBUF_BPF_IO_CALLS_H
#define FIXBUF_BPF_IO_CALLS_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_cell.h"
#include "abi/limits.h"
#include "kernel/register_call.h"
#include "kernel/register_event.h"
#include "kernel/ring.h"
#include "call_fact.h"
#include "io_failure.h"
#include "page_size.h"

__u64 io_calls_lost;	/* that found no place: not counted */

#define COSTS_IN_A_ROW	16
#define COST_ROWS	32

/* Adds one buffer that a program registered; the others have none of its pages to pin. */
static __always_inline void add_buffer(struct io_register_cost *sum, __u64 buf)
{
	struct io_mapped_ubuf___common *b = (void *)buf;
	__u64 addr, len;

	if (bpf_core_read(&addr, sizeof(addr), &b->ubuf) || addr == EMPTY_UBUF || buffer_is_kernel(buf))
		return;
	len = buffer_len(buf, addr);
	sum->buffers++;
	sum->bytes += len;
	sum->pages += ((addr & (PAGE_BYTES - 1)) + len + PAGE_BYTES - 1) >> PAGE_SHIFT;
	/* from a8edbb424b13 ("io_uring/rsrc: enable multi-hugepage buffer coalescing"), 6.12, folios */
	if (bpf_core_field_exists(struct io_mapped_ubuf___folio, folio_shift))
		sum->segments += BPF_CORE_READ(b, nr_bvecs);
}

/*
 * The slots [first, end), but not more than COSTS_IN_A_ROW. A global function of plain numbers: the
 * verifier looks at it once, not in each round.
 */
__noinline int add_some_slots(__u64 ring, __u64 born_ns, __u64 slots, __u32 first, __u32 end)
{
	struct io_calls_place key = { .ring = ring, .born_ns = born_ns };
	struct io_ring_calls *c = bpf_map_lookup_elem(&io_ring_calls, &key);
	struct ring_table t = { .slots = slots };
	struct io_register_cost sum = { 0 };

	if (!c)
		return 0;
	for (__u32 i = 0; i < COSTS_IN_A_ROW; i++) {
		__u64 node, buf;

		if (first + i >= end)
			break;
		buf = slot_buffer(&t, first + i, &node);
		if (buf)
			add_buffer(&sum, buf);
	}
	__sync_fetch_and_add(&c->cost.buffers, sum.buffers);
	__sync_fetch_and_add(&c->cost.bytes, sum.bytes);
	__sync_fetch_and_add(&c->cost.pages, sum.pages);
	__sync_fetch_and_add(&c->cost.segments, sum.segments);
	return 0;
}

/* The same of COST_ROWS times as many: a round of a loop costs the verifier less that way. */
__noinline int add_more_slots(__u64 ring, __u64 born_ns, __u64 slots, __u32 first, __u32 end)
{
	for (__u32 i = 0; i < COST_ROWS * COSTS_IN_A_ROW; i += COSTS_IN_A_ROW) {
		if (first + i >= end)
			break;
		add_some_slots(ring, born_ns, slots, first + i, end);
	}
	return 0;
}

/* The slots that an update touched begin there; its result is their number. */
static __always_inline __u32 first_updated(void)
{
	struct rsrc_update2 u = { 0 };

	bpf_probe_read_user(&u, sizeof(u), (void *)syscall_arg(user_regs(), 2, called_as_32_bit()));
	return u.offset;
}

static __always_inline void add_slots(__u64 ring, __u64 born_ns, __u32 op, __s64 result)
{
	struct ring_table t;
	__u32 first = 0, nr;

	ring_table(ring, &t);
	nr = t.nr;
	if (op == CALL_UPDATE) {
		first = first_updated();
		if (first > t.nr)
			return;
		nr = result < t.nr - first ? result : t.nr - first;
	}
	for (__u32 i = 0; i < TABLE_MAX_SLOTS; i += COST_ROWS * COSTS_IN_A_ROW) {
		if (i >= nr)
			break;
		add_more_slots(ring, born_ns, t.slots, first + i, first + nr);
	}
}

/* Returns whether the call was seen to begin, and has been counted. */
static __always_inline bool add_time(struct io_register_cost *cost, __u64 ring)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tid = bpf_get_current_pid_tgid();
	struct start *s = bpf_map_lookup_elem(&starts, &tid);
	__u64 ns;

	/* a start may be left of an older call, the end of which nobody looked at */
	if (!s || s->number != NR_IO_URING_REGISTER || s->ring != ring)
		return false;
	/* telling facts takes time of its own */
	ns = (s->told_ns ? s->told_ns : bpf_ktime_get_ns()) - s->t_ns;
	__sync_fetch_and_add(&cost->calls, 1);
	__sync_fetch_and_add(&cost->ns, ns);
	__sync_fetch_and_add(&cost->min_faults, BPF_CORE_READ(task, min_flt) - s->min_faults);
	__sync_fetch_and_add(&cost->maj_faults, BPF_CORE_READ(task, maj_flt) - s->maj_faults);
	/* of two calls on one ring that end at the same time the shorter may win */
	if (ns > cost->max_ns)
		cost->max_ns = ns;
	return true;
}

static __always_inline int on_call(struct bpf_raw_tracepoint_args *ctx, bool costs)
{
	__u64 ring = ctx->args[0];
	__u32 op = ctx->args[1], nr_slots = ctx->args[3];
	struct io_ring_calls *of, fresh = { 0 };
	struct io_calls_place key = { .ring = ring };
	__s64 result = register_result(ctx);
	const struct io_ring *r;
	struct io_calls *c;

	if (!concerns_buffers(op) || (result < 0 && op == CALL_UNREGISTER))
		return 0;
	stale_no_more(ring);
	if (!ring_selected(ring, bpf_get_current_task()))
		return 0;
	r = bpf_map_lookup_elem(&io_rings, &ring);
	if (!r) {
		no_row(ring, IO_TABLE_CALLS);
		__sync_fetch_and_add(&io_calls_lost, 1);
		return 0;
	}
	key.born_ns = r->born_ns;
	of = bpf_map_lookup_elem(&io_ring_calls, &key);
	if (!of) {
		fresh.calls.first_ns = bpf_ktime_get_ns();
		fresh.calls.pid = bpf_get_current_pid_tgid() >> 32;
		fresh.payer = r->payer;
		io_add(&io_ring_calls, &key, &fresh, fresh.payer, IO_TABLE_CALLS);
		of = bpf_map_lookup_elem(&io_ring_calls, &key);
		if (!of) {
			io_lost_of(fresh.payer, IO_TABLE_CALLS);
			__sync_fetch_and_add(&io_calls_lost, 1);
			return 0;
		}
	}
	if (result < 0) {
		__sync_fetch_and_add(&of->failed.calls, 1);
		of->failed.error = -result;
		return 0;
	}
	c = &of->calls;
	c->last_ns = bpf_ktime_get_ns();
	if (nr_slots)
		c->nr_slots = nr_slots;
	if (op == CALL_UNREGISTER) {
		__sync_fetch_and_add(&c->unregisters, 1);
		return 0;
	}
	if (op == CALL_CLONE) {
		__sync_fetch_and_add(&c->clones, 1);
		return 0;
	}
	if (op == CALL_UPDATE)
		__sync_fetch_and_add(&c->updates, 1);
	else
		__sync_fetch_and_add(&c->registers, 1);
	if (costs && add_time(&of->cost, ring))
		add_slots(ring, key.born_ns, op, result);
	return 0;
}

#endif
