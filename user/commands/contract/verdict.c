// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "commands/contract/verdict.h"

static struct outcome *outcome;		/* shared with the process that runs the check */

void verdict_goes_to(struct outcome *shared)
{
	outcome = shared;
}

static void __attribute__((format(printf, 2, 0), noreturn))
leave(enum verdict verdict, const char *fmt, va_list ap)
{
	vsnprintf(outcome->detail, sizeof(outcome->detail), fmt, ap);
	outcome->verdict = verdict;
	_exit(0);
}

#define VERDICT(name, verdict)				\
	void name(const char *fmt, ...)			\
	{						\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		leave(verdict, fmt, ap);		\
	}

VERDICT(holds, HOLDS)
VERDICT(differs, DIFFERS)
VERDICT(not_tried, NOT_TRIED)
VERDICT(absent, ABSENT)
VERDICT(fails, FAILS)

const char *result_name(long result)
{
	static char text[4][24];
	static unsigned int next;
	char *t = text[next++ % 4];
	const char *name = result < 0 ? strerrorname_np(-result) : NULL;

	if (name)
		return name;
	snprintf(t, sizeof(text[0]), "%ld", result);
	return t;
}

void want(const char *what, long seen, long expected)
{
	if (seen != expected)
		fails("%s: %s, not %s", what, result_name(seen), result_name(expected));
}
