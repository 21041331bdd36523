// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/own_ring.h"
#include "base/pin_cost.h"

#define MANY	257		/* pages; one is the few */
#define ROUNDS	7		/* the best of: what disturbs makes it longer */

/* Registers so many pages; the time that took, 0 = it failed. The ring is dropped: to unregister waits on some kernels. */
static __u64 register_ns(void *pages, size_t nr)
{
	const struct iovec iov = { pages, nr * sysconf(_SC_PAGESIZE) };
	struct ring_raw r;
	__u64 begin, took = 0;

	if (ring_raw_open(&r, 1, 0))
		return 0;
	begin = clock_now_ns();
	if (!ring_raw_register_buffers(&r, &iov, 1))
		took = clock_now_ns() - begin;
	ring_raw_close(&r);
	return took;
}

static __u64 least(void *pages, size_t nr)
{
	__u64 best = ~0ULL;

	for (int i = 0; i < ROUNDS; i++) {
		__u64 ns = register_ns(pages, nr);

		if (!ns)
			return 0;
		best = ns < best ? ns : best;
	}
	return best;
}

__u64 pin_cost_ps(void)
{
	size_t bytes = MANY * sysconf(_SC_PAGESIZE);
	__u64 one, many;
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return 0;
	/* single pages, as most programs have: a huge one is pinned at once */
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	memset(pages, 1, bytes);
	one = least(pages, 1);
	many = least(pages, MANY);
	munmap(pages, bytes);
	return one && many > one ? (many - one) * 1000 / (MANY - 1) : 0;
}
