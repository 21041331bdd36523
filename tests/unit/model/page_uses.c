// SPDX-License-Identifier: GPL-2.0
/* What a process registers again as it was is one buffer of the page, with all I/O over it. */
#include "facts.h"
#include "model/page_uses.h"

static struct page_life life(__u32 ring, __u32 slot, __u64 addr, __u64 ops)
{
	return (struct page_life){ .ring = ring, .slot = slot, .addr = addr, .len_bytes = 4096, .ops = ops, .bins[3] = ops };
}

static void equal_ones_are_one(void **state)
{
	struct page_ring rings[] = { { .pid = 7, .fd = 3 }, { .pid = 7, .fd = 4 }, { .pid = 8, .fd = 3 }, { .fd = 3 }, { .fd = 3 } };
	struct page_life lives[] = {
		life(1, 0, ADDR, 3), life(1, 0, ADDR, 0), life(2, 0, ADDR, 5),
		life(3, 0, ADDR, 7),			/* another process's */
		life(1, 1, ADDR, 11),			/* another slot */
		life(1, 0, ADDR + 4096, 13),		/* other memory */
		life(1, 5, ADDR, 0),			/* not used */
		life(4, 0, ADDR, 17), life(5, 0, ADDR, 19), /* of nobody who is known */
	};
	const struct page p = { .rings = rings, .nr_rings = 5, .lives = lives, .nr_lives = 9 };
	const __u64 ops[] = { 19, 17, 13, 11, 8, 7 };
	struct page_use *uses = page_uses(&p), *u = uses;

	(void)state;
	assert_int_equal(HASH_COUNT(uses), 6);
	for (int i = 0; i < 6; i++, u = u->hh.next) {
		assert_int_equal(u->ops, ops[i]);
		assert_int_equal(u->bins[3], ops[i]);
		assert_int_equal(u->times, ops[i] == 8 ? 3 : 1);
		assert_int_equal(u->rings_differ, ops[i] == 8);
	}
	page_uses_free(uses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_ones_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
