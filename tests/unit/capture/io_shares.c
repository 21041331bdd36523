// SPDX-License-Identifier: GPL-2.0
/* What the reader keeps of rings that are gone: of all that there is room for a user has as much as is free. */
#include "capture/io_shares.h"
#include "unit.h"

#define MOST	1009

static unsigned int keep(struct io_shares *s, __u32 payer, unsigned int nr)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nr; i++)
		kept += io_shares_may_keep(s, payer, IO_TABLE_FAILURES, MOST);
	return kept;
}

static void leaves_half(void **state)
{
	struct io_shares s = { 0 };

	(void)state;
	assert_int_equal(keep(&s, 1001, MOST), MOST / 2 + 1);
	assert_int_equal(keep(&s, 1002, MOST), MOST / 4);
	assert_int_equal(keep(&s, 1003, 7), 7);
	/* of another kind each has its share anew */
	assert_true(io_shares_may_keep(&s, 1001, IO_TABLE_CALLS, MOST));
	io_shares_free(&s);
}

/* Who is selected shares with nobody. */
static void has_all(void **state)
{
	struct io_shares s = { .whole = true };

	(void)state;
	assert_int_equal(keep(&s, 1001, 2 * MOST), MOST);
	io_shares_free(&s);
}

static void counts_anew(void **state)
{
	struct io_shares s = { 0 };

	(void)state;
	keep(&s, 1001, MOST);
	io_shares_forget(&s);
	/* entries of several processors became one */
	for (unsigned int i = 0; i < 3; i++)
		io_shares_keep(&s, 1001, IO_TABLE_FAILURES);
	assert_int_equal(keep(&s, 1001, MOST), MOST / 2 + 1 - 3);
	io_shares_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_half), cmocka_unit_test(has_all), cmocka_unit_test(counts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
