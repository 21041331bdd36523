// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "charge.h"
#include "memory.h"
#include "base/own_ring.h"

bool charge_user(uid_t uid, size_t pages, bool back)
{
	struct rlimit lim = { pages * PAGE, pages * PAGE };

	/* the real user is the one who is charged; the saved one keeps the way back */
	return !setrlimit(RLIMIT_MEMLOCK, &lim) && !setgroups(0, NULL) &&
	       (back || !setresgid(uid, uid, uid)) && !setresuid(uid, uid, back ? 0 : uid);
}

bool charge_root(void)
{
	return !setresuid(0, 0, 0);
}

int charge_left(size_t pages, int ms)
{
	struct iovec v = { mem_pages(pages + 1), (pages + 1) * PAGE };
	struct ring_raw r;
	int ret;

	if (ring_raw_open(&r, 8, 0))
		return -2;
	if (ring_raw_register_buffers(&r, &v, 1) != -ENOMEM) {
		ret = -1;
	} else {
		v.iov_len -= PAGE;
		/* a ring that was closed gives back a little later */
		while ((ret = ring_raw_register_buffers(&r, &v, 1)) && ms > 0) {
			usleep(10000);
			ms -= 10;
		}
		ret = !!ret;
	}
	ring_raw_close(&r);
	munmap(v.iov_base, (pages + 1) * PAGE);
	return ret;
}
