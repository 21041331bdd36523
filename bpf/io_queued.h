/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request that waits before it begins (in a link, for a drain, for a worker) takes its buffer from
 * the table only then (takes_buffers_late()). Which pages its range was in when it was submitted is kept: others at its end are other memory.
 */
#ifndef FIXBUF_BPF_IO_QUEUED_H
#define FIXBUF_BPF_IO_QUEUED_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_stale.h"
#include "kernel/buffer_page.h"
#include "kernel/io_failed.h"
#include "kernel/page.h"
#include "kernel/request.h"
#include "kernel/ring.h"
#include "io_flight.h"
#include "user_counts.h"

#define REQ_F_WAITS	0x1e	/* IOSQE_IO_DRAIN, _IO_LINK, _IO_HARDLINK, _ASYNC */

/* Those of whose memory something is known, of which each submission is noted. */
static __always_inline bool is_queued_op(__u8 op)
{
	return op == OP_READ_FIXED || op == OP_WRITE_FIXED || op == OP_READV_FIXED ||
	       op == OP_WRITEV_FIXED || op == OP_SEND_ZC;
}

#define QUEUED_PAGES	16	/* of a range that are compared: of a longer one so many, evenly */

struct io_queued {
	__u64 ring, user_data;
	__u64 addr, len;	/* its range; of a vector that of the first segment */
	__u64 notice;		/* of a zero-copy send: it gets the buffer */
	__u32 index;
	__u32 payer;		/* in whose share it is */
	__u32 page[QUEUED_PAGES]; /* page_id() of those in which that was */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_QUEUED);
	__type(key, __u64);	/* struct io_kiocb * */
	__type(value, struct io_queued);
} io_queued SEC(".maps");

/* How many of those a user has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_QUEUED_USERS);
	__type(key, __u32);
	__type(value, __u64);
} io_queued_users SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_WRONG_SLOTS);
	__type(key, struct io_stale_key);
	__type(value, struct io_wrong);
} io_wrong SEC(".maps");

/* How many of those a user has, until the user side takes them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_WRONG_USERS);
	__type(key, __u32);
	__type(value, __u64);
} io_wrong_users SEC(".maps");

/* Of a struct page, so that 8 TiB of memory have different ones; 0: it is not known. */
static __always_inline __u32 page_id(__u64 page)
{
	return page ? page / bpf_core_type_size(struct page) | 1U << 31 : 0;
}

/* The address at which a range is compared for the .i-th time, 0: it is no more. */
static __always_inline __u64 compared_at(__u64 addr, __u64 len, __u64 i)
{
	__u64 begin = addr & ~(PAGE_BYTES - 1), nr = ((addr + len - 1 - begin) >> PAGE_SHIFT) + 1;

	if (!len || i >= nr)
		return 0;
	if (nr > QUEUED_PAGES)
		i = i * (nr - 1) / (QUEUED_PAGES - 1);
	return i ? begin + (i << PAGE_SHIFT) : addr;
}

/* False: nothing is known of its pages. */
static __always_inline bool keep_pages(struct io_queued *q, __u64 buf)
{
	bool any = false;

	for (__u32 i = 0; i < QUEUED_PAGES; i++) {
		__u64 at = compared_at(q->addr, q->len, i);

		if (!at)
			break;
		q->page[i] = page_id(buffer_page(buf, at));
		any |= q->page[i];
	}
	return any;
}

/* Whether one of the pages over which it transferred so much is another. */
static __noinline int is_elsewhere(const struct io_queued *q, __u64 buf, __u64 bytes)
{
	if (!q)
		return false;
	for (__u32 i = 0; i < QUEUED_PAGES; i++) {
		__u64 at = compared_at(q->addr, q->len, i);
		__u32 page;

		if (!at || at >= q->addr + bytes)
			break;
		page = page_id(buffer_page(buf, at));
		if (page && q->page[i] && page != q->page[i])
			return true;
	}
	return false;
}

/* The kernel has just read it, so that it is there. */
static __always_inline void first_segment(__u64 ring, __u64 req, struct io_queued *q)
{
	struct { __u64 base, len; } iov;

	if (ring_is_compat(ring) || !io_rw_len(PROBE, req) ||
	    bpf_probe_read_user(&iov, sizeof(iov), (void *)io_rw_addr(PROBE, req)))
		return;
	q->addr = iov.base;
	q->len = iov.len;
}

static __always_inline void find_queued_range(__u64 ring, __u64 req, __u8 op, struct io_queued *q)
{
	if (op == OP_READ_FIXED || op == OP_WRITE_FIXED) {
		q->addr = io_rw_addr(PROBE, req);
		q->len = io_rw_len(PROBE, req);
	} else if (op == OP_SEND_ZC) {
		if (!io_flag_says_fixed(PROBE, req, op))
			return;
		q->addr = io_send_addr(req);
		q->len = io_send_len(PROBE, req);
		q->notice = io_notice_of(req);
	} else {
		first_segment(ring, req, q);
	}
}

static __always_inline bool may_wait(enum io_access access, __u64 ring, __u64 req)
{
	/* the last of a link has no flag of it */
	return IO_READ(access, req, struct io_kiocb, flags) & REQ_F_WAITS || link_head(ring);
}

/* The row of who has none goes: users may be as many as they like. */
static __always_inline void queue_no_more(__u32 payer)
{
	__u64 *nr = bpf_map_lookup_elem(&io_queued_users, &payer);

	if (!nr)
		return;
	__sync_fetch_and_add(nr, -1);
	if ((__s64)*(volatile __u64 *)nr <= 0)
		bpf_map_delete_elem(&io_queued_users, &payer);
}

static __noinline int forget_queued(__u64 req)
{
	struct io_queued *q = bpf_map_lookup_elem(&io_queued, &req);
	__u32 payer;

	if (!q)
		return 0;
	payer = q->payer;
	/* another may have been faster */
	if (!bpf_map_delete_elem(&io_queued, &req))
		queue_no_more(payer);
	return 0;
}

/* It is submitted. Its memory may have been another request's, whose end was not seen. */
static __noinline int note_queued(__u64 ring, __u64 req, __u8 op)
{
	struct io_queued q = {
		.ring = ring, .user_data = request_user_data(req),
		.index = IO_READ(EITHER, req, struct io_kiocb, buf_index),
	};
	bool known = false;

	if (may_wait(EITHER, ring, req)) {
		find_queued_range(ring, req, op, &q);
		known = keep_pages(&q, indexed_buffer(ring, q.index));
	}
	forget_queued(req);
	if (!known)
		return 0;
	q.payer = io_payer((__u64)bpf_get_current_task());
	if (!user_may_have(&io_queued_users, q.payer, IO_USER_QUEUED))
		return unseen_of(q.payer);
	if (!bpf_map_update_elem(&io_queued, &req, &q, BPF_ANY))
		return 0;
	queue_no_more(q.payer);
	return unseen_of(q.payer);
}

static __noinline int count_wrong(__u64 ring, __u64 req, __u32 index, __u64 bytes, bool outlived)
{
	struct io_stale_key key = { .ring = ring, .index = index, .outlived = outlived };
	__u64 task = io_task(PROBE, req);
	struct io_wrong *w, fresh = { .pid = io_tgid(PROBE, task), .user_data = request_user_data(req) };
	__u32 uid = io_payer(task);

	w = bpf_map_lookup_elem(&io_wrong, &key);
	if (!w && user_may_have(&io_wrong_users, uid, IO_USER_WRONG_SLOTS)) {
		bpf_map_update_elem(&io_wrong, &key, &fresh, BPF_NOEXIST);
		w = bpf_map_lookup_elem(&io_wrong, &key);
	}
	if (!w)
		return unseen_of(uid);
	__sync_fetch_and_add(&w->requests, 1);
	__sync_fetch_and_add(&w->bytes, bytes);
	return 0;
}

/* It has transferred so much over that buffer, or failed: .buf 0. */
static __noinline int queued_ended(__u64 ring, __u64 req, __u64 buf, __u64 bytes)
{
	struct io_queued *q = bpf_map_lookup_elem(&io_queued, &req);

	if (!q || q->ring != ring || q->user_data != request_user_data(req))
		return 0;
	/* what its index names now may have come since */
	if (buf && q->notice)
		buf = io_buffer_of(PROBE, q->notice);
	if (buf && is_elsewhere(q, buf, bytes))
		count_wrong(ring, req, q->index, bytes, false);
	return forget_queued(req);
}

/*
 * Whether a buffer has other pages than that of now at some address of the range, as compared_at() picks
 * them, and nobody has those mapped: moved, seen by another mapping or a parent's they would be read there.
 */
__noinline int are_unseen(__u64 a, __u64 b, __u64 addr, __u64 bytes)
{
	for (__u32 i = 0; i < QUEUED_PAGES; i++) {
		__u64 at = compared_at(addr, bytes, i), in_a, in_b;

		if (!at)
			break;
		in_a = buffer_page(a, at);
		in_b = buffer_page(b, at);
		if (in_a && in_b && in_a != in_b && !page_may_be_mapped(in_a))
			return true;
	}
	return false;
}

/*
 * A READ_FIXED has transferred so much over its buffer. If its slot has another by now, with other pages
 * there, the process had those when it registered them, and what was read is not where it looks for it.
 */
static __noinline int read_outlived(__u64 ring, __u64 req, __u64 bytes)
{
	__u32 index = IO_READ(PROBE, req, struct io_kiocb, buf_index);
	/* numbers, to reckon with */
	__u64 now = indexed_buffer(ring, index), buf = io_buffer_of(PROBE, req);

	if (!now || !buf || now == buf || !are_unseen(buf, now, io_rw_addr(PROBE, req), bytes))
		return 0;
	return count_wrong(ring, req, index, bytes, true);
}

#endif
