/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A unit test is a program of cmocka's tests; it is named after the module that it tests and
 * lies in the same folder as that does below user/. <cmocka.h> needs the headers before it.
 */
#ifndef FIXBUF_TEST_UNIT_H
#define FIXBUF_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define assert_contains(text, part) do {				\
	if (!strstr(text, part))					\
		fail_msg("\"%s\" is not in \"%s\"", part, text);	\
} while (0)

/* What this process took of a processor, in ns: on a shared machine time goes by without it. */
static inline unsigned long long cpu_time_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

#endif
