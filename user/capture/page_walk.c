// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/own_ring.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "capture/page_walk.h"
#include "capture/pagemap.h"
#include "capture/peek.h"
#include "capture/targets.h"
#include "walk.skel.h"
#include "model/ledger_buffers.h"

#define NO_FRAMES "the kernel hides page frame numbers from this process; verify needs CAP_SYS_ADMIN"
#define TRIES 50
#define REST_US 1000
#define MAX_RESTS 64		/* in a second */
#define MAX_FRAME (1ULL << 40)	/* 52 bits of address */

struct page_walk {
	struct walk *w;
	struct walk_bpf *skel;
	struct bpf_link *calls;
	__u64 pages_at;		/* kernel address of the struct page of frame 0 */
	__u32 page_size;	/* of a struct page */
	struct space *space;	/* the address space that is looked into */
	struct extent pages[PEEK_CHUNK]; /* single ones, yet to be compared */
	size_t nr_pages;
	struct extent *extents;	/* of the buffer that is being read; the room is used again */
	size_t nr, room;
	__u64 bad_segment_at, segment_bytes;
	time_t second;		/* of .rests */
	unsigned int rests;
};

struct page_walk *page_walk_prepare(struct walk *w)
{
	struct page_walk *pw = calloc(1, sizeof(*pw));

	if (!pw) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	pw->w = w;
	pw->skel = walk_peek(w)->skel;
	pw->space = space_prepare(pw->skel);
	bpf_program__set_autoload(pw->skel->progs.peek_segs, true);
	bpf_program__set_autoload(pw->skel->progs.peek_folios, true);
	bpf_program__set_autoload(pw->skel->progs.peek_first_page, true);
	bpf_program__set_autoload(pw->skel->progs.peek_submitters, true);
	bpf_program__set_autoload(pw->skel->progs.note_call, true);
	bpf_map__set_autocreate(pw->skel->maps.ring_calls, true);
	return pw;
}

void page_walk_free(struct page_walk *pw)
{
	if (!pw)
		return;
	bpf_link__destroy(pw->calls);
	space_free(pw->space);
	free(pw->extents);
	free(pw);
}

static int no_array(void)
{
	return err_set(ENOTSUP, "this kernel does not keep its struct pages in one array (no SPARSEMEM_VMEMMAP); pages cannot be told by frame number");
}

static int calibrate(struct page_walk *pw, void *mem, struct pagemap *own)
{
	struct walk_bpf__bss *bss = pw->skel->bss;
	__u64 frame[2] = { pagemap_frame(own, (__u64)mem),
			   pagemap_frame(own, (__u64)mem + PAGE_BYTES) };
	int err;

	if (!frame[0] || !frame[1])
		return err_set(EPERM, NO_FRAMES);
	err = peek(pw->skel->progs.peek_slots, walk_own_ring(pw->w), 0, 1);
	if (!err)
		err = peek(pw->skel->progs.peek_segs, bss->out_slots[0].bvec, 0,
				bss->out_slots[0].segments);
	if (err)
		return err;
	space_learn_pinned(pw->space, own);
	pw->page_size = bss->out_page_size;
	pw->pages_at = bss->out_segs[0].page - frame[0] * pw->page_size;
	/* neighbours in memory may be one segment */
	if (bss->out_nr == 2 ? bss->out_segs[1].page - frame[1] * pw->page_size != pw->pages_at :
			       frame[1] != frame[0] + 1)
		return no_array();
	return 0;
}

static int by_own_buffer(struct page_walk *pw, struct pagemap *own)
{
	struct iovec iov = { .iov_len = 2 * PAGE_BYTES };
	int err;

	iov.iov_base = mmap(NULL, iov.iov_len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (iov.iov_base == MAP_FAILED)
		return err_set(errno, "no memory for a buffer of our own: %s", strerror(errno));
	if (syscall(__NR_io_uring_register, walk_own(pw->w)->fd, CALL_REGISTER, &iov, 1)) {
		err = err_set(errno, "cannot register a buffer of our own: %s; raise RLIMIT_MEMLOCK by 8 KiB or grant CAP_IPC_LOCK",
			      strerror(errno));
	} else {
		err = calibrate(pw, iov.iov_base, own);
		syscall(__NR_io_uring_register, walk_own(pw->w)->fd, CALL_UNREGISTER, NULL, 0);
	}
	munmap(iov.iov_base, iov.iov_len);
	return err;
}

/* Where the array of struct pages begins, by a page of this file in memory; 0 with a sentence. */
static __u64 array_by_file(struct page_walk *pw, struct pagemap *own, int fd)
{
	void *page = MAP_FAILED;
	__u64 frame = 0, at = 0;

	if (fd >= 0 && !ftruncate(fd, PAGE_BYTES))
		page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (page == MAP_FAILED) {
		err_set(errno, "no memory for a file of our own: %s", strerror(errno));
	} else {
		*(volatile char *)page = 1;
		/* another file may have been mapped there before */
		pagemap_renew(own, (__u64)page + PAGE_BYTES);
		frame = pagemap_frame(own, (__u64)page);
		if (!frame)
			err_set(EPERM, NO_FRAMES);
		else if (!peek(pw->skel->progs.peek_first_page, fd, 0, 0))
			at = pw->skel->bss->out_first_page - frame * pw->skel->bss->out_page_size;
		munmap(page, PAGE_BYTES);
	}
	return at;
}

/* Where no ring can be had, and so no buffer: by two files, which must agree. */
static int by_files(struct page_walk *pw, struct pagemap *own)
{
	const int fds[2] = { memfd_create("page", MFD_CLOEXEC), memfd_create("page", MFD_CLOEXEC) };
	__u64 first = array_by_file(pw, own, fds[0]);
	__u64 second = first ? array_by_file(pw, own, fds[1]) : 0;
	int err = !first || !second ? -EPERM : first != second ? no_array() : 0;

	pw->page_size = pw->skel->bss->out_page_size;
	pw->pages_at = first;
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return err;
}

int page_walk_start(struct page_walk *pw)
{
	struct pagemap *own;
	int err;

	pw->calls = targets_attach(pw->skel->progs.note_call);
	if (!pw->calls)
		return err_set(errno, "cannot attach to the tracepoint io_uring_register: %s",
			       strerror(errno));
	own = pagemap_open(getpid());
	if (!own)
		return err_set(errno, "cannot look into /proc/self/pagemap: %s", strerror(errno));
	err = walk_own(pw->w)->fd >= 0 ? by_own_buffer(pw, own) : by_files(pw, own);
	pagemap_close(own);
	return err;
}

/* Appends .pages pages from .addr, or lengthens the last extent when they are alike. */
static int add_pages(struct page_walk *pw, struct extent e)
{
	struct extent *last = pw->nr ? &pw->extents[pw->nr - 1] : NULL;

	if (last && last->addr + last->pages * PAGE_BYTES == e.addr &&
	    last->pfn + last->pages == e.pfn && last->order == e.order &&
	    last->mapping == e.mapping && !last->pins == !e.pins) {
		last->pages += e.pages;
		if (e.pins < last->pins)
			last->pins = e.pins;
		return 0;
	}
	if (pw->nr == pw->room) {
		size_t room = pw->room ? 2 * (size_t)pw->room : 1024;
		struct extent *more = realloc(pw->extents, room * sizeof(*more));

		/* the next slot is read into what there is */
		if (!more)
			return err_set(ENOMEM, "out of memory");
		pw->extents = more;
		pw->room = room;
	}
	pw->extents[pw->nr++] = e;
	return 0;
}

/* Compares the pages that wait and makes them extents. */
static int flush_pages(struct page_walk *pw)
{
	int err = space_look(pw->space, pw->pages, pw->nr_pages, pw->pages_at, pw->page_size);

	for (size_t i = 0; !err && i < pw->nr_pages; i++)
		err = add_pages(pw, pw->pages[i]);
	pw->nr_pages = 0;
	return err;
}

/*
 * A buffer that a call has freed and not yet taken out of its slot has, where a segment was, what
 * the allocator keeps in free memory.
 */
static bool is_page(const struct page_walk *pw, __u64 page)
{
	__u64 at = page - pw->pages_at;

	return page >= pw->pages_at && !(at % pw->page_size) && at / pw->page_size < MAX_FRAME;
}

/* Pages of one folio, from user address .addr and frame .pfn on. */
static int add_folio(struct page_walk *pw, const struct seg *s, __u64 addr, __u64 pfn, __u64 pages)
{
	if (s->flags & SEG_F_UNREADABLE || s->head > s->page || s->order > 30)
		return -EAGAIN;
	for (__u64 i = 0; i < pages; i++) {
		int err = pw->nr_pages == PEEK_CHUNK ? flush_pages(pw) : 0;

		if (err)
			return err;
		pw->pages[pw->nr_pages++] = (struct extent){
			.addr = addr + i * PAGE_BYTES,
			.pfn = pfn + i,
			.pages = 1,
			.order = s->order,
			.pins = s->pins,
		};
	}
	return 0;
}

/* Pages of neighbours in memory, whatever folios they belong to. */
static int add_run(struct page_walk *pw, __u64 addr, __u64 pfn, __u64 pages)
{
	struct walk_bpf__bss *bss = pw->skel->bss;

	while (pages) {
		int err = peek_is_over(walk_peek(pw->w)) ? peek_end() :
			  peek(pw->skel->progs.peek_folios,
				    pw->pages_at + pfn * pw->page_size, pages, 0);

		for (__u32 i = 0; !err && i < bss->out_nr; i++) {
			const struct seg *s = &bss->out_folios[i];
			__u64 size = 1ULL << (s->order & 31);
			__u64 n = size - (s->page - s->head) / pw->page_size;

			/* torn: it would not get us on */
			if (!n || n > size)
				return -EAGAIN;
			if (n > pages)
				n = pages;
			err = add_folio(pw, s, addr, pfn, n);
			addr += n * PAGE_BYTES;
			pfn += n;
			pages -= n;
		}
		if (err || !bss->out_nr)
			return err ? : -EAGAIN;
	}
	return 0;
}

/* The pages of one segment, which begins at user address .at. */
static int add_segment(struct page_walk *pw, const struct seg *s, __u64 at, bool runs)
{
	__u64 in_folio = (s->page - s->head) / pw->page_size * PAGE_BYTES + s->off;
	__u64 pfn = (s->page - pw->pages_at) / pw->page_size + (s->off >> PAGE_SHIFT);
	__u64 pages = ((s->off & (PAGE_BYTES - 1)) + s->len + PAGE_BYTES - 1) >> PAGE_SHIFT;
	__u64 addr = at & ~(PAGE_BYTES - 1);
	bool leaves = in_folio + s->len > PAGE_BYTES << (s->order & 31);

	if (!s->len || !is_page(pw, s->page))
		return -EAGAIN;
	if (!pw->bad_segment_at &&
	    ((leaves && !runs) || (s->off & (PAGE_BYTES - 1)) != (at & (PAGE_BYTES - 1))))
		pw->bad_segment_at = at;
	return leaves && runs ? add_run(pw, addr, pfn, pages) : add_folio(pw, s, addr, pfn, pages);
}

static int read_segments(struct page_walk *pw, const struct buffer *b)
{
	struct walk_bpf__bss *bss = pw->skel->bss;
	__u64 at = b->addr;

	pw->nr = pw->nr_pages = 0;
	pw->bad_segment_at = 0;
	pw->segment_bytes = 0;
	for (__u32 done = 0, nr; done < b->segments; done += nr) {
		int err = peek_is_over(walk_peek(pw->w)) ? peek_end() :
			  peek(pw->skel->progs.peek_segs, b->bvec, done, b->segments - done);

		if (err)
			return err;
		nr = bss->out_nr;
		for (__u32 i = 0; i < nr; i++) {
			err = add_segment(pw, &bss->out_segs[i], at,
					  b->buf_flags & BUFFER_F_RUNS);
			if (err)
				return err;
			at += bss->out_segs[i].len;
		}
		/* a torn length must not make us read forever */
		if (!nr || at - b->addr > b->len_bytes + (1ULL << 31))
			return -EAGAIN;
	}
	pw->segment_bytes = at - b->addr;
	return flush_pages(pw);
}

/* Whether the slot still holds the buffer as the ledger knows it. */
static bool slot_is(struct page_walk *pw, const struct ring *r, __u32 index, const struct buffer *b)
{
	const struct fact_buffer *now = &pw->skel->bss->out_slots[0];

	return !peek(pw->skel->progs.peek_slots, r->id, index, 1) &&
	       pw->skel->bss->out_nr && (!r->mm || pw->skel->bss->out_mm == r->mm->id) &&
	       now->buf == b->id && now->addr == b->addr &&
	       now->len_bytes == b->len_bytes && now->segments == b->segments &&
	       !(now->buf_flags & (BUFFER_F_TORN | BUFFER_F_EMPTY));
}

__u64 page_walk_denials(const struct page_walk *pw)
{
	return space_denials(pw->space);
}

__u64 page_walk_shared(const struct page_walk *pw)
{
	return space_shared(pw->space);
}

void page_walk_rest(struct page_walk *pw)
{
	space_leave(pw->space);
}

__u64 page_walk_last_call(const struct page_walk *pw, __u64 ring)
{
	__u64 last;

	return bpf_map_lookup_elem(bpf_map__fd(pw->skel->maps.ring_calls), &ring, &last) ? 0 : last;
}

/* Of who holds it first. */
bool page_walk_heap(struct page_walk *pw, const struct ring *r, __u64 *start, __u64 *end)
{
	const struct holder *h = r->nr_holders ? &r->holders[0] : NULL;
	bool found = false;

	if (h && h->mm) {
		space_enter(pw->space, (struct whose){ pid_in_proc(h->pid, h->ns_pid), h->mm, false },
			    h->uid, 0);
		found = space_heap(pw->space, start, end);
	}
	return found;
}

static bool looks_wrong(const struct page_walk *pw)
{
	bool wrong = pw->bad_segment_at;

	for (size_t i = 0; i < pw->nr; i++)
		wrong |= !pw->extents[i].pins || pw->extents[i].mapping > MAPPING_SAME;
	return wrong;
}

/* A call under way ends meanwhile. Whether there is one cannot be told. */
static bool rest(struct page_walk *pw)
{
	time_t now = time(NULL);

	if (now != pw->second) {
		pw->second = now;
		pw->rests = 0;
	}
	if (pw->rests == MAX_RESTS)
		return false;
	pw->rests++;
	usleep(REST_US);
	return true;
}

/*
 * Some mm of the process that registered the buffer; if it has called exec
 * since, no page of the buffer is in it, and that means nothing.
 */
static void believe_if_seen(struct page_walk *pw)
{
	for (size_t i = 0; i < pw->nr; i++)
		if (pw->extents[i].mapping == MAPPING_SAME)
			return;
	for (size_t i = 0; i < pw->nr; i++)
		pw->extents[i].mapping = MAPPING_UNKNOWN;
}

static bool is_small(const struct buffer *b)
{
	return b && !b->walked && !(b->buf_flags & BUFFER_F_KERNEL) && buffer_pages(b) <= PAGEMAP_SMALL;
}

/* Those in the slots that come next, too: many small buffers would take a turn each. */
static void read_ahead(struct page_walk *pw, const struct ring *r, __u32 index)
{
	struct pagemap *pm = space_pagemap(pw->space);
	struct pagemap_place places[PAGEMAP_AHEAD];
	size_t nr = 0;

	if (!pm || !is_small(r->slots[index]) || !pagemap_wants_ahead(pm))
		return;
	for (; index < r->nr_slots && nr < PAGEMAP_AHEAD; index++) {
		const struct buffer *b = r->slots[index];

		if (is_small(b))
			places[nr++] = (struct pagemap_place){
				b->addr >> PAGE_SHIFT, (b->addr >> PAGE_SHIFT) + buffer_pages(b),
			};
	}
	/* one alone is read when it is its turn */
	if (nr > 1)
		pagemap_read_ahead(pm, places, nr);
}

/* Whose doing it is that it is looked at. */
static __u32 payer_of(const struct ring *r)
{
	return r->payer || !r->nr_holders ? r->payer : r->holders[0].uid;
}

/*
 * What looks wrong is read twice: a call frees a buffer before it empties the slot, and before
 * 6.13 it fills the slot before the buffer (io_sqe_buffer_register()).
 */
int page_walk_slot(struct page_walk *pw, struct ring *ring, __u32 index, struct whose whose)
{
	struct buffer *b = ring->slots[index];
	struct extent *extents;
	bool again = false;
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++) {
		__u64 before = page_walk_last_call(pw, ring->id);

		/* first: of a ring that is gone no address space is looked for, slot by slot */
		if (!slot_is(pw, ring, index, b))
			continue;
		space_enter(pw->space, whose, payer_of(ring), b->addr + b->len_bytes);
		if (!i)
			read_ahead(pw, ring, index);
		err = read_segments(pw, b);
		/* freed and registered anew meanwhile? the calls tell even if all looks the same */
		if (!err && (!slot_is(pw, ring, index, b) ||
			     page_walk_last_call(pw, ring->id) != before))
			err = -EAGAIN;
		if (!err && !again && looks_wrong(pw) && rest(pw)) {
			again = true;
			err = -EAGAIN;
		}
	}
	if (err)
		return err;
	if (!whose.mm && (!ring->mm || space_mm(pw->space) != ring->mm->id))
		believe_if_seen(pw);
	/* room for what there is: most buffers have one extent, and a look has very many buffers */
	extents = must_alloc(pw->nr, sizeof(*extents));
	if (pw->nr)
		memcpy(extents, pw->extents, pw->nr * sizeof(*extents));
	buffer_set_extents(b, extents, pw->nr);
	b->bad_segment_at = pw->bad_segment_at;
	b->segment_bytes = pw->segment_bytes;
	b->walked = true;
	pw->nr = 0;
	return 0;
}
