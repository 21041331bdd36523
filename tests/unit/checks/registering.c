// SPDX-License-Identifier: GPL-2.0
/* Registering is slow when it takes time that matters, and of what the faults, the sizes and the segments say. */
#include <stdlib.h>
#include <string.h>
#include "checks/advice.h"
#include "checks/registering.h"
#include "facts.h"

#define MS 1000000ULL

/* 101 calls of 1 MiB, of pages that are there. */
static const struct io_register_cost usual = {
	.calls = 101, .ns = 50 * MS, .max_ns = 2 * MS, .buffers = 101, .bytes = 101 * MIB,
	.pages = 101 * 256, .segments = 101, .min_faults = 3,
};

static enum slow_for slow(const struct io_register_cost *cost, __u64 watched_ns)
{
	const struct registering r = { .calls = 101, .cost = *cost };

	return registering_slow(&r, watched_ns);
}

static void when(void **state)
{
	struct io_register_cost c = usual;

	(void)state;
	assert_int_equal(slow(&c, 1000 * MS), SLOW_OTHERWISE);
	/* less than one part in a hundred */
	assert_int_equal(slow(&c, 5001 * MS), SLOW_NOT);
	c.ns = 10 * MS - 1;
	assert_int_equal(slow(&c, 20 * MS), SLOW_NOT);
	/* no call was seen to begin */
	memset(&c, 0, sizeof(c));
	assert_int_equal(slow(&c, 0), SLOW_NOT);
}

static void why(void **state)
{
	struct io_register_cost c = usual;

	(void)state;
	/* a fault for each segment, which are huge pages */
	c.min_faults = 101;
	assert_int_equal(slow(&c, 1000 * MS), SLOW_FAULTS);
	/* where nothing is known of folios a fault for each page */
	c.segments = 0;
	assert_int_equal(slow(&c, 1000 * MS), SLOW_OTHERWISE);
	c.maj_faults = 101 * 255;
	assert_int_equal(slow(&c, 1000 * MS), SLOW_FAULTS);
	c = usual;
	c.segments = c.pages;
	assert_int_equal(slow(&c, 1000 * MS), SLOW_SMALL_FOLIOS);
	c.bytes = 101 * 4096;
	c.pages = c.segments = 101;
	assert_int_equal(slow(&c, 1000 * MS), SLOW_SMALL_CALLS);
	c.calls = 63;
	assert_int_equal(slow(&c, 1000 * MS), SLOW_SMALL_FOLIOS);
}

static void by_process(void **state)
{
	struct io_calls_row rows[] = {
		{ .ring = 1, .born_ns = 7, .calls = { .registers = 2, .pid = 907 }, .cost = { .calls = 1, .bytes = 8, .max_ns = 5 } },
		{ .ring = 2, .born_ns = 8, .calls = { .clones = 2, .pid = 907 } },
		{ .ring = 3, .born_ns = 9, .calls = { .registers = 1, .pid = 812 } },
		{ .ring = 1, .born_ns = 3, .calls = { .updates = 3, .pid = 907 }, .cost = { .calls = 3, .bytes = 5, .max_ns = 9 } },
	};
	struct io_model m = { .calls = rows, .nr_calls = 4 };
	struct registerings all = { 0 };

	(void)state;
	registerings_take(&all, &m);
	assert_int_equal(all.nr, 2);
	assert_int_equal(all.list[0].pid, 812);
	assert_int_equal(all.list[0].cost.calls, 0);
	assert_int_equal(all.list[1].pid, 907);
	assert_int_equal(all.list[1].born_ns, 3);
	assert_int_equal(all.list[1].rings, 2);
	assert_int_equal(all.list[1].calls, 5);
	assert_int_equal(all.list[1].cost.calls, 4);
	assert_int_equal(all.list[1].cost.bytes, 13);
	assert_int_equal(all.list[1].cost.max_ns, 9);
	registerings_free(&all);
}

static void sentence(void **state)
{
	struct io_calls_row row = {
		.ring = RING, .calls = { .registers = 101, .updates = 2, .pid = 812 }, .cost = usual,
	};
	struct io_model m = { .calls = &row, .nr_calls = 1, .t_ns = 1000 * MS };
	struct ledger *l = ledger_new();
	const struct advice *a = NULL;
	struct advices all = { 0 };

	(void)state;
	row.cost.min_faults = 256 * 101;
	row.cost.segments = 256 * 101;
	advise(&m, l, &all);
	for (size_t i = 0; i < all.nr; i++)
		if (!strcmp(all.list[i].tag, "slow-registration"))
			a = &all.list[i];
	assert_non_null(a);
	assert_int_equal(a->pid, 812);
	assert_int_equal(a->ops, 101);
	assert_int_equal(a->bytes, 101 * MIB);
	assert_contains(a->detail, ": 101 calls that registered 101 MiB (25856 pages in segments of 4 KiB on average) took 50.0ms, 2.00ms the longest, 5.0% of the time watched and 495us for each MiB; 25856 page faults, 0 major, were taken on the way");
	assert_contains(a->remedy, "had no pages yet");
	advices_free(&all);
	/* slots without a buffer have no size to compare with */
	row.cost = (struct io_register_cost){ .calls = 101, .ns = 50 * MS };
	advise(&m, l, &all);
	a = NULL;
	for (size_t i = 0; i < all.nr; i++)
		if (!strcmp(all.list[i].tag, "slow-registration"))
			a = &all.list[i];
	assert_non_null(a);
	assert_contains(a->detail, "5.0% of the time watched; 0 page faults");
	advices_free(&all);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when),
		cmocka_unit_test(why),
		cmocka_unit_test(by_process),
		cmocka_unit_test(sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
