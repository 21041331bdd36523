// SPDX-License-Identifier: GPL-2.0
/*
 * A user's process with as many mappings as it may have, of a file with a long name, and NR buffers
 * whose pages were taken out of that file: each makes who verifies them look at mappings.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define LOCKED	(8UL << 20)
#define MAPS	65000
#define FAR	(1UL << 32)

int main(int argc, char **argv)
{
	char name[200];
	struct iovec *iov;
	struct io_uring r;
	size_t bytes;
	int nr, fd, maps = 0;
	char *p;

	report_init(&argc, argv);
	nr = argc == 2 ? atoi(argv[1]) : 0;
	must(nr > 0 ? 0 : -EINVAL, "how many");
	memset(name, '\n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	fd = memfd_create(name, MFD_CLOEXEC);
	bytes = nr * PAGE;
	must(fd < 0 || ftruncate(fd, 2 * FAR) ? -errno : 0, "memfd_create");
	become_plain(LOCKED);
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, FAR);
	iov = calloc(nr, sizeof(*iov));
	must(p == MAP_FAILED || !iov ? -ENOMEM : 0, "memory");
	memset(p, 1, bytes);
	for (int i = 0; i < nr; i++)
		iov[i] = (struct iovec){ p + i * PAGE, PAGE };
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, iov, nr), "register");
	while (maps < MAPS && mmap(NULL, PAGE, maps & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED,
				   fd, 7 * PAGE * maps) != MAP_FAILED)
		maps++;
	must(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FAR, bytes) ? -errno : 0,
	     "fallocate");
	report("maps=%d", maps);
	report_ready();
	return 0;
}
