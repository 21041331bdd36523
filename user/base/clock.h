/* SPDX-License-Identifier: GPL-2.0 */
/* The clock of every time in this program: CLOCK_MONOTONIC, as the kernel side's, which knows no time namespaces. */
#ifndef FIXBUF_BASE_CLOCK_H
#define FIXBUF_BASE_CLOCK_H

#include <linux/types.h>

#define NS_PER_MS	1000000ULL
#define NS_PER_S	1000000000ULL

/* Nanoseconds of CLOCK_MONOTONIC. */
__u64 clock_now_ns(void);
/* Nanoseconds of CLOCK_REALTIME. */
__u64 clock_today_ns(void);
/* What added to a time of clock_now_ns() gives one of CLOCK_REALTIME, as of now. */
__s64 clock_realtime_offset_ns(void);

#endif
