/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers for people, and back. */
#ifndef FIXBUF_BASE_FMT_H
#define FIXBUF_BASE_FMT_H

#include <linux/types.h>
#include <stddef.h>

#define FMT_LEN 32

/* "0", "512", "4K", "7.9M", "1G": binary units, at most four digits. Returns buf. */
const char *fmt_bytes(char buf[FMT_LEN], __u64 bytes);
/* As fmt_bytes(); a level below zero keeps its sign. */
const char *fmt_pages(char buf[FMT_LEN], __s64 pages);
/* The same as fmt_bytes() with " KiB" and the like spelled out, for sentences. */
const char *fmt_bytes_long(char buf[FMT_LEN], __u64 bytes);
/* "850ns", "12.3us", "4.56ms", "1.20s" */
const char *fmt_ns(char buf[FMT_LEN], __u64 ns);
/* "17:03:59.250" here, of a time since 1970. */
const char *fmt_time_of_day(char buf[FMT_LEN], __u64 ns);
/* "2026-12-01T17:03:59+0100" here, of the same. */
const char *fmt_date(char buf[FMT_LEN], __u64 ns);
/* Without its fraction; what is beyond 64 bits, or no number, is the largest. */
__u64 whole(double v);
/* What makes a plural of a noun: "s" unless there is one. */
const char *plural(__u64 n);
/* "1 page", "12 pages": number and noun agree. Returns buf. */
const char *fmt_count_pages(char buf[FMT_LEN], __u64 pages);
/* The verb of so many: "is", "are". */
const char *is_or_are(__u64 n);

/* "500ms", "10s", "2m", "1h", "1.5s"; a bare number is seconds. -1 when it is none, or 0. */
int parse_duration(const char *s, __u64 *ns);
/* "512K", "100M", "2G": binary units; a bare number is bytes. -1 when it is none, or 0. */
int parse_size(const char *s, __u64 *bytes);
/* A whole decimal number that fits 32 bits; -1 otherwise. */
int parse_u32(const char *s, __u32 *value);

#endif
