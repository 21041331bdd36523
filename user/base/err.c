// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include "base/err.h"

static char sentence[1024];

int err_set(int errno_value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	return errno_value > 0 ? -errno_value : errno_value;
}

const char *err_text(void)
{
	return sentence;
}

static void say(const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, PROGRAM_NAME ": ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int misuse(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return EXIT_USAGE;
}

int cannot(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return EXIT_CANNOT;
}
