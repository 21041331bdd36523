/* SPDX-License-Identifier: GPL-2.0 */
/* What a request is that is under way, for who asks: capture/io_under_way.c. */
#ifndef FIXBUF_BPF_IO_PEEK_H
#define FIXBUF_BPF_IO_PEEK_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_cell.h"
#include "io_count.h"
#include "io_fact.h"
#include "io_overflow.h"
#include "io_start.h"

/* The answer: of struct io_under_way. */
__u64 out_req_ring, out_req_addr, out_req_bytes, out_req_user_data, out_req_who, out_req_started;
__u32 out_req_index, out_req_flags, out_req_inode_mode;
bool out_req_holds;

/*
 * The ring of a request that began then, 0 = it is not under way: its memory is no ring's any more or that of
 * another, or its end may have been one that named no request.
 */
static __always_inline __u64 ring_begun_on(__u64 req, __u64 started)
{
	__u64 ring = (__u64)IO_READ(PROBE, req, struct io_kiocb, ctx);
	struct io_ring *r = bpf_map_lookup_elem(&io_rings, &ring);

	if (!started || !is_ring(ring) || !op_kind[IO_READ(PROBE, req, struct io_kiocb, opcode)] ||
	    io_doubt_ns[late_place(ring)] >= started)
		return 0;
	/* of one that was there before us it is not known when it was made */
	if (r ? r->fd >= 0 && r->born_ns > started : select_by && ring_decided(ring) != 1)
		return 0;
	return ring;
}

/* Never attached: takes a request whose start is kept. */
SEC("?raw_tp")
int io_peek(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 req = ctx->args[0];
	__u64 file = (__u64)IO_READ(PROBE, req, struct io_kiocb___file, file);
	__u8 op = IO_READ(PROBE, req, struct io_kiocb, opcode);
	struct io_what w = { .req = req };

	out_req_flags = is_fixed(PROBE, req, op) ? EV_FIXED : 0;
	read_request(&w, op, PROBE);
	if (w.len_bytes)
		out_req_flags |= EV_RANGE;
	out_req_index = w.index;
	out_req_addr = untagged(w.addr);
	out_req_bytes = w.len_bytes;
	out_req_user_data = request_user_data(req);
	out_req_who = IO_WHO(io_tgid(PROBE, io_task(PROBE, req)), op, out_req_flags & EV_FIXED);
	out_req_holds = request_holds_slot(req);
	out_req_inode_mode = file ? BPF_CORE_READ((struct file *)file, f_inode, i_mode) : 0;
	if (file)
		out_req_flags |= EV_FILE;
	/* one that ended meanwhile is none; one that took its place is as much under way */
	out_req_started = started_at(req);
	out_req_ring = ring_begun_on(req, IO_START_TIME(out_req_started));
	return 0;
}

#endif
