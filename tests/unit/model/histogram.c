// SPDX-License-Identifier: GPL-2.0
/* Histograms against distributions that are known: index, percentiles, the error stated. */
#include <math.h>
#include "model/histogram.h"
#include "unit.h"

static void index_and_low(void **state)
{
	(void)state;
	for (__u32 i = 0; i < HIST_BUCKETS; i++)
		assert_int_equal(hist_index(hist_low(i)), i);
	for (__u32 i = 1; i < HIST_BUCKETS; i++)
		assert_int_equal(hist_index(hist_low(i) - 1), i - 1);
	for (__u64 v = 0; v < 32; v++)
		assert_int_equal(hist_low(hist_index(v)), v);
	assert_int_equal(hist_index(~0ULL), HIST_BUCKETS - 1);
	assert_int_equal(hist_index(1ULL << HIST_TOP_BIT), HIST_BUCKETS - 1);
}

/* A bucket's middle is within the stated error of everything in it. */
static void error_is_bounded(void **state)
{
	(void)state;
	for (__u32 i = HIST_STEPS; i + 1 < HIST_BUCKETS; i++) {
		double low = hist_low(i), high = hist_low(i + 1) - 1, middle = floor((low + high) / 2);

		assert_true((middle - low) / low <= HIST_ERROR);
		assert_true((high - middle) / high <= HIST_ERROR);
	}
}

static void near(__u64 got, double want)
{
	if (fabs(got - want) > want * HIST_ERROR + 1)
		fail_msg("got %llu, want %.0f within %.1f%%", got, want, 100 * HIST_ERROR);
}

static void uniform(void **state)
{
	__u64 count[HIST_BUCKETS] = { 0 };

	(void)state;
	for (__u64 v = 1; v <= 1000000; v++)
		count[hist_index(v)]++;
	assert_int_equal(hist_total(count), 1000000);
	near(hist_percentile(count, 500), 500000);
	near(hist_percentile(count, 900), 900000);
	near(hist_percentile(count, 990), 990000);
	near(hist_percentile(count, 999), 999000);
	assert_true(hist_max(count) >= 1000000);
	assert_true(hist_max(count) <= 1000000 * (1 + 2 * HIST_ERROR));
}

/* Exponential with a mean of 10 us: the k-th quantile is -ln(1 - k) of it. */
static void exponential(void **state)
{
	__u64 count[HIST_BUCKETS] = { 0 };
	int n = 999983;

	(void)state;
	for (int i = 0; i < n; i++)
		count[hist_index(-log(1 - (i + 0.5) / n) * 10000)]++;
	near(hist_percentile(count, 500), log(2) * 10000);
	near(hist_percentile(count, 900), log(10) * 10000);
	near(hist_percentile(count, 990), log(100) * 10000);
	near(hist_percentile(count, 999), log(1000) * 10000);
}

static void few_values(void **state)
{
	__u64 count[HIST_BUCKETS] = { 0 };

	(void)state;
	assert_int_equal(hist_percentile(count, 500), 0);
	assert_int_equal(hist_max(count), 0);
	count[hist_index(7)] = 1;
	assert_int_equal(hist_percentile(count, 500), 7);
	assert_int_equal(hist_percentile(count, 999), 7);
	assert_int_equal(hist_max(count), 7);
	count[hist_index(9)] = 999;
	assert_int_equal(hist_percentile(count, 1), 7);
	assert_int_equal(hist_percentile(count, 2), 9);
	/* one slow value in a thousand lies just above p99.9 */
	count[hist_index(7)] = 0;
	count[hist_index(1 << 20)] = 1;
	assert_int_equal(hist_percentile(count, 999), 9);
	assert_int_equal(hist_percentile(count, 1000) >> 20, 1);
	/* the middle of a bucket may be above all that is in it */
	assert_true(hist_percentile(count, 1000) > 1 << 20);
	assert_int_equal(hist_percentile_to(count, 1000, 1 << 20), 1 << 20);
	assert_int_equal(hist_percentile_to(count, 999, 1 << 20), 9);
}

/* One of many has what was added, wherever that is, and no room for what was not. */
static void few_buckets(void **state)
{
	static const unsigned int at[] = { 101, 97, 0, HIST_BUCKETS - 1, 101 };
	__u64 dense[HIST_BUCKETS] = { 0 }, room[HIST_BUCKETS];
	struct hist *h = NULL, *other;

	(void)state;
	assert_int_equal(hist_at(h, 3), 0);
	assert_null(hist_copy(h));
	assert_int_equal(hist_permille(h, 500, ~0ULL), 0);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		hist_add(&h, at[i], i + 1);
		dense[at[i]] += i + 1;
		assert_memory_equal(hist_all(h, room), dense, sizeof(dense));
		if (i < 2)
			assert_int_equal(h->nr, HIST_STEPS);
	}
	other = hist_copy(h);
	free(h);
	assert_memory_equal(hist_all(other, room), dense, sizeof(dense));
	assert_int_equal(hist_at(other, HIST_BUCKETS), 0);
	assert_int_equal(hist_permille(other, 500, ~0ULL), hist_percentile(dense, 500));
	free(other);
}

/* The longest bar takes what is left, and all that there is has a bar. */
static void drawn(void **state)
{
	static const struct { unsigned int columns; size_t bar; } of[] = {
		{ 0, 50 }, { 50, 7 }, { 80, 37 }, { 200, 157 }, { 30, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		__u64 count[HIST_BUCKETS] = { [0] = 1000003, [HIST_STEPS] = 1 };
		size_t len, bar = 0;
		char *text;
		FILE *f = open_memstream(&text, &len);

		assert_non_null(f);
		hist_draw(f, count, 2, of[i].columns);
		fclose(f);
		for (const char *c = text; *c != '\n'; c++)
			bar += !strncmp(c, "█", strlen("█"));
		assert_int_equal(bar, of[i].bar);
		assert_int_equal(strstr(strchr(text, '\n'), "▏") != NULL, of[i].bar > 0);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index_and_low),
		cmocka_unit_test(error_is_bounded),
		cmocka_unit_test(uniform),
		cmocka_unit_test(exponential),
		cmocka_unit_test(few_values),
		cmocka_unit_test(few_buckets),
		cmocka_unit_test(drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
