// SPDX-License-Identifier: GPL-2.0
#include <time.h>
#include "base/clock.h"

static __u64 read_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

__u64 clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

__u64 clock_today_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

__s64 clock_realtime_offset_ns(void)
{
	return clock_today_ns() - clock_now_ns();
}
