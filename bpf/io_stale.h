/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O over stale pages, which the user side names after it compared them. Any call that changes the
 * ring's table ends the counting until they were compared again: what the slot holds may be new.
 */
#ifndef FIXBUF_BPF_IO_STALE_H
#define FIXBUF_BPF_IO_STALE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_stale.h"
#include "kernel/request.h"
#include "kernel/ring.h"

const volatile bool io_by_stale;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_STALE_SLOTS);
	__type(key, struct io_stale_key);
	__type(value, struct io_stale);
} io_stale SEC(".maps");

/* By ring: the .armed_ns of its slots that count. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_STALE_RINGS);
	__type(key, __u64);
	__type(value, __u64);
} io_stale_rings SEC(".maps");

/* .bytes, which begin at .addr: how many of them are stale. */
static __always_inline __u64 stale_bytes(const struct io_stale *s, __u64 addr, __u64 bytes)
{
	__u64 end = addr + bytes;

	if (addr < s->addr)
		addr = s->addr;
	if (end > s->end)
		end = s->end;
	return end > addr ? end - addr : 0;
}

/* What is stale of the buffer in that slot; NULL when nothing is, or it is not known now. */
static __noinline struct io_stale *stale_of(__u64 ring, __u32 index, __u64 buf)
{
	struct io_stale_key key = { .ring = ring, .index = index };
	struct io_stale *s = bpf_map_lookup_elem(&io_stale, &key);
	__u64 *armed_ns;

	if (!s || s->buf != buf)
		return NULL;
	armed_ns = bpf_map_lookup_elem(&io_stale_rings, &ring);
	return armed_ns && *armed_ns == s->armed_ns ? s : NULL;
}

/* Where all of it is, it does not matter where in the buffer a request was. */
static __always_inline bool is_all_stale(const struct io_stale *s)
{
	struct io_mapped_ubuf___common *b = (void *)s->buf;
	__u64 begin = BPF_CORE_READ(b, ubuf);

	return s->addr <= untagged(begin) && s->end >= untagged(begin) + buffer_len((__u64)b, begin);
}

/* A request has transferred so much; .placed: it began at .addr. */
static __always_inline void note_stale(struct io_stale *s, __u8 op, bool placed, __u64 addr, __u64 bytes)
{
	__u64 n = placed ? stale_bytes(s, addr, bytes) : is_all_stale(s) ? bytes : 0;

	if (!placed && !n)
		__sync_fetch_and_add(&s->hits.unplaced, 1);
	if (!n)
		return;
	if (op == OP_READ_FIXED || op == OP_READV_FIXED) {
		__sync_fetch_and_add(&s->hits.reads, 1);
		__sync_fetch_and_add(&s->hits.read_bytes, n);
	} else {
		__sync_fetch_and_add(&s->hits.writes, 1);
		__sync_fetch_and_add(&s->hits.write_bytes, n);
	}
}

static __always_inline void stale_no_more(__u64 ring)
{
	if (io_by_stale)
		bpf_map_delete_elem(&io_stale_rings, &ring);
}

#endif
