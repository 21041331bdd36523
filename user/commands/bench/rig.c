// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "base/clock.h"
#include "base/fmt.h"
#include "base/own_ring.h"
#include "base/system.h"
#include "commands/bench/rig.h"

void bench_progress(const struct bench *b, const char *fmt, ...)
{
	__u64 now = clock_now_ns(), all = b->end_ns - b->begun_ns, done = now - b->begun_ns;
	char text[64];
	va_list ap;

	if (!b->progress)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "\r%3.0f%% %-60s", done < all ? 100.0 * done / all : 100, text);
}

/* As a program does that wants speed: completions are run when it waits for them (6.1). */
int bench_ring(struct bench *b, struct ring_raw *r, unsigned int entries)
{
	int err = ring_raw_open(r, entries,
				IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);

	b->defer_taskrun = !err;
	return err == -EINVAL ? ring_raw_open(r, entries, 0) : err;
}

bool bench_beyond_limit(size_t bytes)
{
	struct rlimit rl;

	return !getrlimit(RLIMIT_MEMLOCK, &rl) && bytes > rl.rlim_cur && system_lifts_memlock(0) <= 0;
}

void bench_refused(char reason[BENCH_REASON], size_t bytes, int err)
{
	char need[FMT_LEN], limit[FMT_LEN];
	struct rlimit rl;

	if (err == -ENOMEM && !getrlimit(RLIMIT_MEMLOCK, &rl) && rl.rlim_cur != RLIM_INFINITY)
		snprintf(reason, BENCH_REASON, "registering %s more goes beyond RLIMIT_MEMLOCK (%s); raise it, or be root",
			 fmt_bytes_long(need, bytes), fmt_bytes_long(limit, rl.rlim_cur));
	else
		snprintf(reason, BENCH_REASON, "registering %s failed: %s",
			 fmt_bytes_long(need, bytes), strerror(-err));
}
