// SPDX-License-Identifier: GPL-2.0
/*
 * An ordinary user whose rings have memory besides registered buffers. "provided": a ring with one
 * buffer and GROUPS rings of provided buffers in its own memory, one more in the kernel's, a group of
 * single buffers, and one that it has given back. "no-mmap": a ring that lies in its own memory.
 * "region": one with a region of PARAMS pages. "first": one whose only group is 0. "many":
 * RINGS rings with SPREAD groups each, in as many nodes of the kernel's trees. Reports what lies
 * where, and the pages that nothing else pins.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define LIMIT		(4UL << 20)
#define LIMIT_MANY	(8UL << 20)
#define NR		7		/* pages of the buffer */
#define PARAMS		5
#define RINGS		2	/* more than is read of one user, and what 8 MiB may pin */
#define SPREAD		1021
#define MMAP_GROUP	4001
#define SINGLE_GROUP	29
#define GIVEN_BACK	31
#define SQ		256
#define ENOUGH		5		/* pages for two queues of that size */

#ifndef IORING_SETUP_NO_MMAP
#define IORING_SETUP_NO_MMAP	(1U << 14)
#endif
#define REGISTER_MEM_REGION	34
#define PBUF_RING_MMAP		1
#define REGION_TYPE_USER	1

/* Two of the first 64, which once had an array; the others take all levels of an xarray. */
static const unsigned short groups[] = { 3, 61, 67, 1031, 4093, 4099, 65521 };

#define GROUPS	(sizeof(groups) / sizeof(groups[0]))

/* A power of two: the last ones take more than an account may have unexplained. */
static const unsigned char pages[GROUPS] = { 1, 2, 4, 8, 128, 128, 128 };

static unsigned int entries_of(size_t nr_pages)
{
	return nr_pages * PAGE / sizeof(struct io_uring_buf);
}

static int provide_ring(int fd, unsigned short group, void *memory, unsigned int entries)
{
	struct io_uring_buf_reg reg = {
		.ring_addr = (unsigned long)memory, .bgid = group, .ring_entries = entries,
	};

	/* the header's name of the flags has changed */
	if (!memory)
		memcpy((char *)&reg + 14, &(__u16){ PBUF_RING_MMAP }, 2);
	return uring_call(fd, IORING_REGISTER_PBUF_RING, &reg, 1);
}

static void provide_single(struct io_uring *r)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(r);
	struct io_uring_cqe *cqe;

	io_uring_prep_provide_buffers(sqe, mem_pages(1), PAGE, 1, SINGLE_GROUP, 0);
	io_uring_submit(r);
	must(io_uring_wait_cqe(r, &cqe), "IORING_OP_PROVIDE_BUFFERS");
	must(cqe->res, "IORING_OP_PROVIDE_BUFFERS");
}

static void a_ring(struct io_uring *r)
{
	struct iovec v = { mem_pages(NR), NR * PAGE };

	must(uring_open(r, 4), "io_uring_setup");
	report("ring.fd=%d", r->ring_fd);
	must(uring_register(r->ring_fd, &v, 1), "register");
}

static void provided(void)
{
	struct io_uring_buf_reg back = { .bgid = GIVEN_BACK };
	struct io_uring r;
	unsigned int sum = 0;

	a_ring(&r);
	for (size_t i = 0; i < GROUPS; i++) {
		if (provide_ring(r.ring_fd, groups[i], mem_pages(pages[i]), entries_of(pages[i])))
			report_skip("no rings of provided buffers");
		report("group.%zu=%u", i, groups[i]);
		report("group.%u.pages=%u", groups[i], pages[i]);
		sum += pages[i];
	}
	must(provide_ring(r.ring_fd, GIVEN_BACK, mem_pages(1), entries_of(1)), "a ring of provided buffers");
	must(uring_call(r.ring_fd, IORING_UNREGISTER_PBUF_RING, &back, 1), "unregister it");
	provide_single(&r);
	report("groups=%zu", GROUPS);
	report("pinned=%u", sum);
	report("kernels=%d", provide_ring(r.ring_fd, MMAP_GROUP, NULL, entries_of(2)) ? 0 : 2);
	report("kernels.group=%d", MMAP_GROUP);
}

/* The last word of the offsets, which has a name in later headers. */
static void put_address(void *offsets, size_t size, const void *memory)
{
	memcpy((char *)offsets + size - sizeof(__u64), &(__u64){ (unsigned long)memory }, sizeof(__u64));
}

static void no_mmap(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_NO_MMAP };
	size_t sqes = (SQ * sizeof(struct io_uring_sqe) + PAGE - 1) / PAGE, queues;
	int fd;

	put_address(&p.sq_off, sizeof(p.sq_off), mem_pages(sqes));
	put_address(&p.cq_off, sizeof(p.cq_off), mem_pages(ENOUGH));
	fd = syscall(__NR_io_uring_setup, SQ, &p);
	if (fd < 0 && errno == EINVAL)
		report_skip("no IORING_SETUP_NO_MMAP");
	must(fd < 0 ? -errno : fd, "io_uring_setup");
	report("ring.fd=%d", fd);
	report("sqes=%zu", sqes);
	/* the indices come last */
	queues = (p.sq_off.array + p.sq_entries * sizeof(__u32) + PAGE - 1) / PAGE;
	report("queues=%zu", queues);
	report("pinned=%zu", sqes + queues);
}

static void region(void)
{
	struct {
		__u64 user_addr, size;
		__u32 flags, id;
		__u64 mmap_offset, pad[4];
	} d = { .user_addr = (unsigned long)mem_pages(PARAMS), .size = PARAMS * PAGE, .flags = REGION_TYPE_USER };
	struct {
		__u64 region, flags, pad[2];
	} reg = { .region = (unsigned long)&d };
	struct io_uring r;

	a_ring(&r);
	if (uring_call(r.ring_fd, REGISTER_MEM_REGION, &reg, 1))
		report_skip("no IORING_REGISTER_MEM_REGION");
	report("region=%d", PARAMS);
	report("pinned=%d", PARAMS);
}

static void first(void)
{
	struct io_uring r;

	a_ring(&r);
	if (provide_ring(r.ring_fd, 0, mem_pages(2), entries_of(2)))
		report_skip("no rings of provided buffers");
	report("groups=1");
	report("group.0=0");
	report("group.0.pages=2");
	report("pinned=2");
}

static void many(void)
{
	void *memory = mem_pages(1);

	for (int n = 0; n < RINGS; n++) {
		struct io_uring r;

		must(uring_open(&r, 4), "io_uring_setup");
		for (unsigned int i = 0; i < SPREAD; i++)
			if (provide_ring(r.ring_fd, i * 64, memory, entries_of(1)))
				report_skip("no rings of provided buffers");
	}
	report("rings=%d", RINGS);
	report("groups=%d", SPREAD);
}

static void nothing(void)
{
	struct io_uring r;

	a_ring(&r);
	report("pinned=0");
}

int main(int argc, char **argv)
{
	static const struct load_mode modes[] = {
		{ "provided", provided }, { "no-mmap", no_mmap }, { "region", region }, { "first", first },
		{ "many", many }, { "nothing", nothing },
	};

	report_init(&argc, argv);
	become_plain(argc > 1 && !strcmp(argv[1], "many") ? LIMIT_MANY : LIMIT);
	return load_modes(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
