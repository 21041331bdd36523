// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"

static int nr_done, nr_failed, nr_skipped;

static void line(bool held, const char *what, va_list ap)
{
	printf("%s %d - ", held ? "ok" : "not ok", ++nr_done);
	vprintf(what, ap);
	putchar('\n');
	fflush(stdout);
	nr_failed += !held;
}

bool ok(bool held, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	line(held, what, ap);
	va_end(ap);
	return held;
}

bool is(long long got, long long want, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	line(got == want, what, ap);
	va_end(ap);
	if (got != want)
		note("got %lld (0x%llx), want %lld (0x%llx)", got, got, want, want);
	return got == want;
}

bool is_text(const char *got, const char *want, const char *what, ...)
{
	bool same = got && want && !strcmp(got, want);
	va_list ap;

	va_start(ap, what);
	line(same, what, ap);
	va_end(ap);
	if (!same)
		note("got '%s', want '%s'", got ? got : "(none)", want ? want : "(none)");
	return same;
}

bool has_text(const char *text, const char *part, const char *what, ...)
{
	bool found = text && strstr(text, part);
	va_list ap;

	va_start(ap, what);
	line(found, what, ap);
	va_end(ap);
	if (!found)
		note("no '%s' in '%s'", part, text ? text : "(none)");
	return found;
}

/* Begins each line with '#', so that no quoted line reads as a result. */
void note(const char *text, ...)
{
	char *s = NULL, *save = NULL;
	va_list ap;

	va_start(ap, text);
	if (vasprintf(&s, text, ap) < 0)
		s = NULL;
	va_end(ap);
	for (char *l = s ? strtok_r(s, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save))
		printf("# %s\n", l);
	fflush(stdout);
	free(s);
}

void skip(const char *what, const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	printf("ok %d - %s # SKIP ", ++nr_done, what);
	vprintf(reason, ap);
	putchar('\n');
	fflush(stdout);
	va_end(ap);
	nr_skipped++;
}

void skip_all(const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	printf("1..0 # SKIP ");
	vprintf(reason, ap);
	putchar('\n');
	va_end(ap);
	exit(EXIT_SKIPPED);
}

void bail(const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	printf("Bail out! ");
	vprintf(reason, ap);
	putchar('\n');
	va_end(ap);
	exit(1);
}

int tap_end(void)
{
	printf("1..%d\n", nr_done);
	if (nr_failed)
		return 1;
	return nr_done && nr_done == nr_skipped ? EXIT_SKIPPED : 0;
}
