// SPDX-License-Identifier: GPL-2.0
/*
 * So many threads that all wait in io_uring_register(): the first for a page that a userfaultfd
 * holds back, with the ring's lock held, the others for that. They go on when standard input ends.
 * usage: waiters THREADS
 */
#include <errno.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

static struct iovec iov;
static struct io_uring ring;

static void *wait_in_call(void *arg)
{
	(void)arg;
	uring_register(ring.ring_fd, &iov, 1);
	return NULL;
}

static int hold_back(void)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);

	iov.iov_len = PAGE;
	iov.iov_base = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range = (struct uffdio_range){ (unsigned long)iov.iov_base, PAGE };
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		report_skip("userfaultfd is refused: %s", strerror(errno));
	return fd;
}

int main(int argc, char **argv)
{
	unsigned int nr;
	struct uffdio_zeropage page = { 0 };
	pthread_attr_t small;
	pthread_t *threads;
	int fd;

	report_init(&argc, argv);
	nr = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	if (!nr)
		return 2;
	threads = calloc(nr, sizeof(*threads));
	must(uring_open(&ring, 1), "io_uring_setup");
	fd = hold_back();
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 4 * PAGE);
	for (unsigned int i = 0; i < nr; i++) {
		if (pthread_create(&threads[i], &small, wait_in_call, NULL))
			report_skip("%u threads are not to be had", nr);
		/* with the lock held */
		if (!i)
			usleep(100000);
	}
	usleep(300000);
	report("address=%p", iov.iov_base);
	report_ready();
	page.range = (struct uffdio_range){ (unsigned long)iov.iov_base, PAGE };
	must(ioctl(fd, UFFDIO_ZEROPAGE, &page) ? -errno : 0, "the page");
	for (unsigned int i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
