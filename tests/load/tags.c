// SPDX-License-Identifier: GPL-2.0
/*
 * A table with tags: each buffer that is released posts a completion of its own, which is no I/O. Prime
 * numbers of reads (reads=) before and after slots are updated, tags= posted, and updates with tags that
 * fail in between: says fail.N=CAUSE, fail.N.errno, fails=.
 */
#include <errno.h>
#include <stdint.h>
#include "load_report.h"
#include "memory.h"

#define NR	3
#define FIRST	1009	/* a tag */
#define SECTOR	512

static struct io_uring ring;
static struct iovec iov[2 * NR];
static uint64_t tags[] = { FIRST, FIRST + 4, FIRST + 10, FIRST + 12, FIRST + 22 };
static unsigned int nr_fails, nr_reads, nr_tags;
static int file;

static int update(unsigned int offset, const void *entries, const void *its_tags, unsigned int nr)
{
	struct io_uring_rsrc_update2 u = {
		.offset = offset, .data = (uintptr_t)entries, .tags = (uintptr_t)its_tags, .nr = nr,
	};

	return uring_call(ring.ring_fd, IORING_REGISTER_BUFFERS_UPDATE, &u, sizeof(u));
}

static void fails(const char *cause, int ret)
{
	must(ret < 0 ? 0 : -EPROTO, cause);
	report("fail.%u=%s", nr_fails, cause);
	report("fail.%u.errno=%s", nr_fails++, errno_name(-ret));
}

/* .held: what is in the slots from 0 on. */
static void read_fixed(unsigned int times, const struct iovec *held, unsigned int slots)
{
	for (unsigned int i = 0; i < times; i++) {
		unsigned int slot = i % slots;
		int ret = uring_io(&ring, IORING_OP_READ_FIXED, file, held[slot].iov_base, SECTOR, 0, slot);

		must(ret == SECTOR ? 0 : ret < 0 ? ret : -EIO, "READ_FIXED");
	}
	nr_reads += times;
}

/* Some kernels release late. Whose completion it is says its user_data alone. */
static void await_tags(unsigned int nr)
{
	struct __kernel_timespec ten = { .tv_sec = 10 };
	struct io_uring_cqe *cqe;

	for (unsigned int i = 0; i < nr; i++) {
		must(io_uring_wait_cqe_timeout(&ring, &cqe, &ten), "a tag");
		must(cqe->user_data >= FIRST && !cqe->res ? 0 : -EPROTO, "a tag");
		io_uring_cqe_seen(&ring, cqe);
	}
	nr_tags += nr;
}

int main(int argc, char **argv)
{
	struct io_uring_rsrc_register all = { .nr = NR, .data = (uintptr_t)iov, .tags = (uintptr_t)tags };
	struct iovec none = { 0 };

	report_init(&argc, argv);
	for (int i = 0; i < 2 * NR; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	file = must(mem_cached_file(PAGE), "a file");
	must(uring_open(&ring, 8), "io_uring_setup");
	if (uring_call(ring.ring_fd, IORING_REGISTER_BUFFERS2, &all, sizeof(all)) == -EINVAL)
		report_skip("no tags, which take Linux 5.13");
	read_fixed(7, iov, NR);
	fails("entries", update(0, (void *)16, tags, 2));
	fails("tags", update(0, iov, (void *)16, 2));
	fails("empty", update(1, &none, tags, 1));
	fails("beyond", update(2, iov, tags, 2));
	must(update(0, iov + NR, tags + NR, 2), "update");
	await_tags(2);
	must(update(2, &none, NULL, 1), "update");
	await_tags(1);
	read_fixed(11, iov + NR, 2);
	/* not every kernel posts tags for that */
	must(uring_unregister(ring.ring_fd), "unregister");
	report("reads=%u", nr_reads);
	report("tags=%u", nr_tags);
	report("fails=%u", nr_fails);
	report_ready();
	return 0;
}
