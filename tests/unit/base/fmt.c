// SPDX-License-Identifier: GPL-2.0
/* Numbers are formatted for people, and parsed back. */
#include "base/fmt.h"
#include "unit.h"

static void bytes(void **state)
{
	static const struct { __u64 n; const char *brief, *full; } t[] = {
		{ 0, "0", "0 bytes" }, { 512, "512", "512 bytes" }, { 1023, "1023", "1023 bytes" },
		{ 1024, "1K", "1 KiB" }, { 4096, "4K", "4 KiB" }, { 8283750, "7.9M", "7.9 MiB" },
		{ 1ULL << 30, "1G", "1 GiB" }, { 1ULL << 40, "1T", "1 TiB" },
		{ 1ULL << 50, "1P", "1 PiB" }, { 1ULL << 60, "1024P", "1024 PiB" },
		{ 1000 * 1024, "1000K", "1000 KiB" }, { 150 * 1024 + 512, "150K", "150 KiB" },
	};
	char buf[FMT_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_string_equal(fmt_bytes(buf, t[i].n), t[i].brief);
		assert_string_equal(fmt_bytes_long(buf, t[i].n), t[i].full);
	}
}

static void times(void **state)
{
	static const struct { __u64 ns; const char *text; } t[] = {
		{ 0, "0ns" }, { 850, "850ns" }, { 999, "999ns" }, { 1000, "1.00us" },
		{ 12300, "12.3us" }, { 4560000, "4.56ms" }, { 123456789, "123ms" },
		{ 999999, "1.00ms" }, { 1200000000, "1.20s" }, { 4000000000000ULL, "4000s" },
	};
	char buf[FMT_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(fmt_ns(buf, t[i].ns), t[i].text);
}

static void whole_numbers(void **state)
{
	(void)state;
	assert_int_equal(whole(-0.5), 0);
	assert_int_equal(whole(42.9), 42);
	assert_int_equal(whole(0x1p63), 1ULL << 63);
	assert_int_equal(whole(1.8e28), ~0ULL);
	assert_int_equal(whole(0.0 / 0.0), ~0ULL);
}

static void durations(void **state)
{
	static const struct { const char *text; __u64 ns; } good[] = {
		{ "10", 10000000000ULL }, { "10s", 10000000000ULL }, { "500ms", 500000000 },
		{ "2m", 120000000000ULL }, { "1h", 3600000000000ULL }, { "1.5s", 1500000000 },
		{ "250us", 250000 }, { "1ns", 1 },
	};
	static const char *const bad[] = {
		"", "s", "-1s", "+1s", "0", "0s", "0.1ns", "1x", "1 s", "1s ", "1sec", "nan", "inf",
		"1e300h", "1e999", " 1",
	};
	__u64 ns = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_duration(good[i].text, &ns), 0);
		assert_true(ns == good[i].ns);
	}
	ns = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_duration(bad[i], &ns), -1);
	assert_true(ns == 77);
}

static void numbers(void **state)
{
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "1x", "0x10", "1.0", "4294967296",
		"99999999999999999999",
	};
	__u32 n = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_u32(bad[i], &n), -1);
	assert_int_equal(n, 77);
	assert_int_equal(parse_u32("0", &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(parse_u32("4294967295", &n), 0);
	assert_true(n == 4294967295U);
}

/* "1 pages are pinned" has been printed. */
static void nouns_and_verbs_agree(void **state)
{
	char buf[FMT_LEN];

	(void)state;
	assert_string_equal(fmt_count_pages(buf, 1), "1 page");
	assert_string_equal(fmt_count_pages(buf, 0), "0 pages");
	assert_string_equal(fmt_count_pages(buf, 17), "17 pages");
	assert_string_equal(is_or_are(1), "is");
	assert_string_equal(is_or_are(0), "are");
}

static void times_of_day(void **state)
{
	char buf[FMT_LEN];

	(void)state;
	setenv("TZ", "UTC", 1);
	assert_string_equal(fmt_time_of_day(buf, 0), "00:00:00.000");
	assert_string_equal(fmt_time_of_day(buf, (86400ULL * 7 + 61439) * 1000000000 + 250999999), "17:03:59.250");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(times),
		cmocka_unit_test(times_of_day),
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(durations),
		cmocka_unit_test(numbers),
		cmocka_unit_test(nouns_and_verbs_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
