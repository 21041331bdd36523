// SPDX-License-Identifier: GPL-2.0
/* Findings about a user's charge against RLIMIT_MEMLOCK. */
#include "checks/checks.h"
#include "facts.h"

static void check(const struct ledger *l, unsigned int percent, struct findings *fs)
{
	const struct check_options o = { .near_limit_percent = percent };

	findings_free(fs);
	check_charges(l, &o, fs);
}

/* Makes a user with a limit of 2048 pages, of whose charge .buffers pages are in a buffer. */
static struct ledger *with(__s64 locked, __u64 buffer)
{
	struct ledger *l = ledger_new();

	see_ring(l, RING, locked, buffer);
	if (buffer)
		see_buffer(l, RING, 0, BUF(0), ADDR, buffer * 4096, buffer);
	return l;
}

static void below(void **state)
{
	struct ledger *l = with(1843, 1843);
	struct findings fs = { 0 };

	(void)state;
	check(l, 0, &fs);
	assert_int_equal(fs.nr, 0);
	check(l, 89, &fs);
	assert_int_equal(fs.nr, 1);
	ledger_free(l);
	/* the charge is exactly at the threshold */
	l = with(1024, 1024);
	check(l, 50, &fs);
	assert_int_equal(fs.nr, 1);
	check(l, 51, &fs);
	assert_int_equal(fs.nr, 0);
	ledger_free(l);
}

static void near(void **state)
{
	struct ledger *l = with(1844, 1280);
	struct findings fs = { 0 };
	const struct finding *f;

	(void)state;
	check(l, 0, &fs);
	assert_int_equal(fs.nr, 1);
	f = only(&fs, NEAR_LIMIT);
	assert_int_equal(f->uid, 1000);
	assert_int_equal(f->pid, 812);
	assert_int_equal(f->fd, -1);
	assert_int_equal(f->index, -1);
	assert_int_equal(f->pages, 1844);
	assert_string_equal(f->detail, "user 1000 has 7.2 MiB locked of the 8 MiB that "
			    "RLIMIT_MEMLOCK of pid 812 (fio) allows, held by: pid 812 (fio) 5 MiB, "
			    "other uses of the account (perf, AF_XDP, zero-copy sends, "
			    "rings that are closing, "
			    "unregistered buffers that requests still hold) 2.2 MiB");
	findings_free(&fs);
	ledger_free(l);
}

static void at_and_over(void **state)
{
	struct ledger *l = with(2048, 2048);
	struct findings fs = { 0 };

	(void)state;
	check(l, 0, &fs);
	assert_int_equal(fs.nr, 1);
	only(&fs, NEAR_LIMIT);
	ledger_free(l);
	l = with(2050, 2050);
	check(l, 0, &fs);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(only(&fs, OVER_LIMIT)->pages, 2);
	findings_free(&fs);
	ledger_free(l);
}

static void unlimited(void **state)
{
	struct ledger *l = with(2050, 2050);
	struct fact_holder h = fact_holder(RING, 812, 6, 2050, 2050);
	struct fact_ring r = fact_ring(FACT_RING, RING, 2050, 2050);
	struct findings fs = { 0 };

	(void)state;
	h.memlock_limit_bytes = ~0ULL;
	FEED(l, h);
	check(l, 0, &fs);
	assert_int_equal(fs.nr, 0);
	/* the limit of another holder counts */
	h = fact_holder(RING, 977, 6, 2050, 2050);
	FEED(l, h);
	check(l, 0, &fs);
	assert_int_equal(only(&fs, OVER_LIMIT)->pid, 977);
	/* but not that of a ring that is not charged */
	r.ring_flags = 0;
	r.nr_slots = 1;
	FEED(l, r);
	check(l, 0, &fs);
	assert_int_equal(fs.nr, 0);
	ledger_free(l);
	/* no page is locked and none is allowed */
	l = with(0, 0);
	h = fact_holder(RING, 812, 6, 0, 0);
	h.memlock_limit_bytes = 0;
	FEED(l, h);
	check(l, 0, &fs);
	assert_int_equal(fs.nr, 0);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(below),
		cmocka_unit_test(near),
		cmocka_unit_test(at_and_over),
		cmocka_unit_test(unlimited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
