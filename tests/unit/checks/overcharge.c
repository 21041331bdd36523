// SPDX-License-Identifier: GPL-2.0
/* What is charged twice: why, how much of it is worth a warning, and what to do. */
#include "charged.h"

static void unaligned_neighbours(void **state)
{
	struct ledger *l = with_ring(4);

	(void)state;
	/* 6000 bytes each: the page in the middle belongs to both */
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 6000, 2), 100, 0);
	walk_at(see_buffer(l, RING, 1, BUF(1), ADDR + 6000, 6000, 2), 101, 0);
	expect_pages(l, OVERCHARGED, 1, "pid 812 fd 6 buffer 0, pid 812 fd 6 buffer 1: 3 pages "
		     "(12 KiB) are pinned, 4 are charged; they do not start at page boundaries, so neighbours "
		     "share a page, which is charged to both");
}

/* Little is no reason to fail: 1 MiB, or a tenth of the least limit. */
static void how_much(void **state)
{
	static const struct { __u64 pages; __u64 limit; bool minor; } all[] = {
		{ 256, 8 * MIB, true }, { 257, 8 * MIB, false }, { 257, 20 * MIB, true },
		{ 513, 20 * MIB, false }, { 256, ~0ULL, true }, { 257, ~0ULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct ledger *l = with_ring(2 * all[i].pages);
		struct findings fs = { 0 };

		ledger_ring(l, RING)->holders[0].memlock_limit_bytes = all[i].limit;
		walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, all[i].pages * 4096, all[i].pages),
			1000, 0);
		walk_at(see_buffer(l, RING, 1, BUF(1), ADDR, all[i].pages * 4096, all[i].pages),
			1000, 0);
		check_charges(l, &defaults, &fs);
		assert_int_equal(only(&fs, OVERCHARGED)->cause, OVERCHARGED_BY_OVERLAP);
		assert_int_equal(severity_of_finding(only(&fs, OVERCHARGED)),
				 all[i].minor ? SEVERITY_INFO : SEVERITY_WARNING);
		findings_free(&fs);
		ledger_free(l);
	}
}

static void causes(void **state)
{
	struct ledger *l = with_ring(6);

	(void)state;
	/* as malloc() gives them */
	for (__u32 i = 0; i < 3; i++)
		walk_at(see_buffer(l, RING, i, BUF(i), ADDR + 0x640 + i * 4096, 4096, 2), 100 + i, 0);
	expect_pages(l, OVERCHARGED, 2, "each starts 0x640 into a page");
	/* the same set on two rings */
	l = with_ring(8);
	see_ring(l, RING2, 8, 8);
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 4 * 4096, 4), 100, 0);
	walk_at(see_buffer(l, RING2, 0, BUF(1), ADDR, 4 * 4096, 4), 100, 0);
	expect_pages(l, OVERCHARGED, 4, "several rings register the same memory");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(unaligned_neighbours),
		cmocka_unit_test(how_much),
		cmocka_unit_test(causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
