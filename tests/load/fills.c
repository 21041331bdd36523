// SPDX-License-Identifier: GPL-2.0
/*
 * A plain user who takes so many places of one of the tables that others share with him.
 *   fills causes|rings|buffers|stacks NR
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "named.h"

#define BLOCK 512
#define LEVELS 12

static unsigned int nr;
static struct io_uring ring;
static int file;

/* Each names another slot that is not there. */
static void causes(void)
{
	struct iovec iov = { mem_pages(1), PAGE };

	must(uring_open(&ring, 4), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (unsigned int i = 1; i <= nr; i++)
		must(uring_io(&ring, IORING_OP_READ_FIXED, file, iov.iov_base, BLOCK, 0, i) == -EFAULT ? 0 : -EIO,
		     "a read that fails");
}

/* One after the other: what is known of each stays a while. */
static void rings(void)
{
	struct iovec iov = { mem_pages(1), PAGE };
	int err;

	for (unsigned int i = 0; i < nr; i++) {
		/* what is charged for those before is given back late */
		while ((err = uring_open(&ring, 1)) == -ENOMEM)
			usleep(1000);
		must(err, "io_uring_setup");
		while ((err = uring_register(ring.ring_fd, &iov, 1)) == -ENOMEM)
			usleep(1000);
		must(err, "register");
		must(uring_io(&ring, IORING_OP_READ_FIXED, file, iov.iov_base, BLOCK, 0, 0) == BLOCK ? 0 : -EIO,
		     "READ_FIXED");
		io_uring_queue_exit(&ring);
	}
}

static void buffers(void)
{
	struct iovec *iov = calloc(nr, sizeof(*iov));
	char *p = mem_huge();

	if (!p)
		report_skip("there is no huge page");
	/* charged once, whatever lies in it */
	for (unsigned int i = 0; i < nr; i++)
		iov[i] = (struct iovec){ p + i % 512 * PAGE, PAGE };
	must(uring_open(&ring, 4), "io_uring_setup");
	must(uring_register(ring.ring_fd, iov, nr), "register");
	for (unsigned int i = 0; i < nr; i++)
		must(uring_io(&ring, IORING_OP_READ_FIXED, file, iov[i].iov_base, BLOCK, 0, i) == BLOCK ? 0 : -EIO,
		     "READ_FIXED");
}

static volatile unsigned int lefts, rights;

/* A way of its own for each number: of two calls at each level one. */
static NAMED void go_down(unsigned int way, unsigned int level)
{
	struct iovec nowhere = { (void *)PAGE, PAGE };

	if (level == LEVELS) {
		uring_register(ring.ring_fd, &nowhere, 1);
	} else if (way & 1U << level) {
		go_down(way, level + 1);
		lefts++;
	} else {
		go_down(way, level + 1);
		rights++;
	}
}

static void stacks(void)
{
	must(uring_open(&ring, 1), "io_uring_setup");
	for (unsigned int i = 0; i < nr; i++)
		go_down(i, 0);
}

int main(int argc, char **argv)
{
	static const struct load_mode modes[] = {
		{ "causes", causes }, { "rings", rings }, { "buffers", buffers }, { "stacks", stacks },
	};
	struct rlimit files = { 65536, 65536 };

	report_init(&argc, argv);
	must(argc == 3 ? 0 : -EINVAL, "how many");
	nr = strtoul(argv[2], NULL, 10);
	setrlimit(RLIMIT_NOFILE, &files);
	file = must(mem_cached_file(PAGE), "a file to read");
	become_plain(8UL << 20);
	return load_modes(2, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
