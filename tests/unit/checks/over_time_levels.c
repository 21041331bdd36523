// SPDX-License-Identifier: GPL-2.0
/* What is told of a recording by a level alone, which holds whatever is under way. */
#include "told.h"

static void below_zero_inside_a_call(NO_STATE)
{
	fill(RING, 0, 0);
	account(FACT_UNCHARGE, RING, BUF(0), PAGES, -5);
	account(FACT_UNCHARGE, RING, BUF(1), PAGES, 3);
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	assert_int_equal(end()->list[0].tag, CHARGE_UNDERFLOW);
	assert_int_equal(end()->list[0].pages, 5);
}

static void of_a_user_without_rings(NO_STATE)
{
	create(RING, 0);
	close_ring(RING, -7);
	gone(RING);
	assert_true(end()->nr > 0);
	assert_int_equal(end()->list[0].tag, CHARGE_UNDERFLOW);
}

/* In the moments after the look sums do not add up yet; a call's own level is true at once. */
static void near_its_limit_right_after_the_look(NO_STATE)
{
	struct fact_call f = fact_call(RING, CALL_REGISTER, NR, NR, 0);

	create(RING, 0);
	f.user_after_pages = NR * PAGES;
	f.limit_bytes = (NR * PAGES + 7) * 4096;
	tell(&f.h);
	wait_ms(3);
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	close_ring(RING, 0);
	gone(RING);
	assert_int_equal(only(end(), NEAR_LIMIT)->pages, NR * PAGES);
	assert_int_equal(end()->nr, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(below_zero_inside_a_call), TEST(of_a_user_without_rings),
		TEST(near_its_limit_right_after_the_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
