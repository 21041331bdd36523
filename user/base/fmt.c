// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/fmt.h"
#include "base/page_size.h"

static const char *scale(char buf[FMT_LEN], __u64 bytes, const char *const units[])
{
	double v = bytes;
	int u = 0;

	while (v >= 1024 && u < 5) {
		v /= 1024;
		u++;
	}
	if (u && v < 100 && fabs(v - round(v)) >= 0.05)
		snprintf(buf, FMT_LEN, "%.1f%s", v, units[u]);
	else
		snprintf(buf, FMT_LEN, "%.0f%s", v, units[u]);
	return buf;
}

const char *fmt_bytes(char buf[FMT_LEN], __u64 bytes)
{
	static const char *const units[] = { "", "K", "M", "G", "T", "P" };

	return scale(buf, bytes, units);
}

const char *fmt_pages(char buf[FMT_LEN], __s64 pages)
{
	char number[FMT_LEN];

	fmt_bytes(number, (pages < 0 ? -(__u64)pages : (__u64)pages) << PAGE_SHIFT);
	snprintf(buf, FMT_LEN, "%s%.30s", pages < 0 ? "-" : "", number);
	return buf;
}

const char *fmt_bytes_long(char buf[FMT_LEN], __u64 bytes)
{
	static const char *const units[] = { " bytes", " KiB", " MiB", " GiB", " TiB", " PiB" };

	return bytes == 1 ? strcpy(buf, "1 byte") : scale(buf, bytes, units);
}

__u64 whole(double v)
{
	return v < 0 ? 0 : v < 0x1p64 ? (__u64)v : ~0ULL;
}

const char *fmt_ns(char buf[FMT_LEN], __u64 ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double v = ns;
	int u = 0;

	while (v >= 999.5 && u < 3) {
		v /= 1000;
		u++;
	}
	snprintf(buf, FMT_LEN, "%.*f%s", u == 0 || v >= 100 ? 0 : v >= 10 ? 1 : 2, v, units[u]);
	return buf;
}

const char *fmt_date(char buf[FMT_LEN], __u64 ns)
{
	const time_t s = ns / 1000000000;
	struct tm tm = { 0 };

	localtime_r(&s, &tm);
	strftime(buf, FMT_LEN, "%FT%T%z", &tm);
	return buf;
}

const char *fmt_time_of_day(char buf[FMT_LEN], __u64 ns)
{
	time_t s = ns / 1000000000;
	char text[16];
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(text, sizeof(text), "%T", &tm);
	snprintf(buf, FMT_LEN, "%s.%03u", text, (unsigned int)(ns % 1000000000 / 1000000));
	return buf;
}

const char *plural(__u64 n)
{
	return n == 1 ? "" : "s";
}

const char *fmt_count_pages(char buf[FMT_LEN], __u64 pages)
{
	snprintf(buf, FMT_LEN, "%llu page%s", pages, plural(pages));
	return buf;
}

const char *is_or_are(__u64 n)
{
	return n == 1 ? "is" : "are";
}

int parse_duration(const char *s, __u64 *ns)
{
	static const struct { const char *unit; double ns; } units[] = {
		{ "", 1e9 }, { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 },
		{ "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
	};
	double v;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -1;
	errno = 0;
	v = strtod(s, &end);
	if (errno)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		v *= units[i].ns;
		if (!(v >= 1 && v < 9e18))
			return -1;
		*ns = v;
		return 0;
	}
	return -1;
}

int parse_size(const char *s, __u64 *bytes)
{
	static const char units[] = "KMGT";
	unsigned long long v;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -1;
	errno = 0;
	v = strtoull(s, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (errno || !v || (*end && (!unit || end[1])))
		return -1;
	for (; unit && unit >= units; unit--) {
		if (v >> 54)
			return -1;
		v <<= 10;
	}
	*bytes = v;
	return 0;
}

int parse_u32(const char *s, __u32 *value)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -1;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno || *end || v > 0xffffffffULL)
		return -1;
	*value = v;
	return 0;
}
