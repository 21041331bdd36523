// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/system.h"
#include "capture/setup_evidence.h"
#include "model/setup_flags.h"

#define KNOWN_BY_ALL 0x7fU	/* flags of 5.10 */

static void look_at_settings(struct fact_setup *s)
{
	/* from 76d3ccecfa18 ("io_uring: add a sysctl to disable io_uring system-wide"), 6.6 */
	s->disabled = system_setting("io_uring_disabled", 0);
	s->group = system_setting("io_uring_group", -1);
	s->seen |= SETUP_DISABLED;
}

/* A ring of our own with this flag and what it needs: 0 or -errno. */
static int try_flag(__u32 bit)
{
	const struct setup_flag *flag = setup_flag(bit);
	struct io_uring_params p = { .flags = bit | (flag ? flag->needs : 0) };
	int fd = syscall(__NR_io_uring_setup, 1, &p);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/*
 * Each by itself: what EINVAL is about when all are given is not told. Once, as the kernel stays: whoever
 * lets calls fail all the time would have us make rings.
 */
static void try_flags(struct fact_setup *s)
{
	static __u32 tried = KNOWN_BY_ALL, unknown;

	if (s->setup_flags & ~tried && try_flag(0))
		return;
	for (__u32 rest = s->setup_flags & ~tried; rest; rest &= rest - 1) {
		__u32 bit = rest & -rest;

		if (try_flag(bit) == -EINVAL)
			unknown |= bit;
		tried |= bit;
	}
	s->unknown_flags = s->setup_flags & unknown;
	s->seen |= SETUP_FLAGS;
}

void setup_look(struct fact_setup *s)
{
	if (s->result == -EPERM)
		look_at_settings(s);
	if (s->result == -EINVAL && s->seen & SEEN_STRUCT)
		try_flags(s);
}
