// SPDX-License-Identifier: GPL-2.0
#include <linux/io_uring.h>
#include "facts.h"
#include "checks/overlap.h"

#define OTHER 0x200

static struct overlap one(__u32 index, __u32 older, bool certain, __u64 requests, __u64 addr)
{
	return (struct overlap){
		.of = {
			.newer = { RING, index, IORING_OP_READ_FIXED },
			.older = { RING, older, older == ~0U ? IORING_OP_READ : IORING_OP_WRITE_FIXED },
			.certain = certain, .pid = 812,
		},
		.what = { requests, addr, addr + 512, { 0x17, 0x16 } },
	};
}

static struct findings found(struct overlap *list, size_t nr)
{
	struct findings fs = { 0 };
	struct ledger *l = ledger_new();

	check_overlaps(list, nr, l, &fs);
	ledger_free(l);
	return fs;
}

static void certain(void **state)
{
	struct overlap list[] = { one(3, 3, true, 37, 0x1000) };
	struct findings fs = found(list, 1);

	(void)state;
	assert_int_equal(fs.nr, 1);
	assert_int_equal(fs.list[0].tag, OVERLAP);
	assert_int_equal(severity_of_finding(&fs.list[0]), SEVERITY_ERROR);
	assert_int_equal(fs.list[0].index, 3);
	assert_string_equal(fs.list[0].detail, "pid 812 ring 0xffff888100001000 buffer 3: 37 requests were submitted while another over some of the same bytes "
		"was under way, and one of both writes them; the first: READ_FIXED of buffer 3 (user_data 0x17) beside "
		"WRITE_FIXED of buffer 3 (user_data 0x16), from 0x1000 to 0x1200");
	findings_free(&fs);
}

/* The earlier one's place was given back while it was noted. */
static void unknown_range(void **state)
{
	struct overlap list[] = { one(3, 3, false, 37, 0x1000) };
	struct findings fs;

	(void)state;
	list[0].what.end = 0;
	fs = found(list, 1);
	assert_contains(fs.list[0].detail, "WRITE_FIXED of buffer 3 (user_data 0x16);");
	assert_null(strstr(fs.list[0].detail, "from 0x"));
	findings_free(&fs);
}

/* One finding per slot and cause, whichever the others are. */
static void together(void **state)
{
	struct overlap list[] = {
		one(3, 5, true, 31, 0x2000), one(3, 4, true, 0, 0x500), one(3, 3, false, 2, 0x1000), one(3, 4, true, 6, 0x1000),
		one(7, 7, true, 0, 0x1000),
	};
	struct findings fs = found(list, 5);

	(void)state;
	assert_int_equal(fs.nr, 2);
	assert_contains(fs.list[0].detail, " 37 requests were ");
	assert_contains(fs.list[0].detail, " beside WRITE_FIXED of buffer 4 ");
	assert_contains(fs.list[1].detail, " 2 requests were ");
	assert_contains(fs.list[1].detail, "the earlier one may have ended by then");
	assert_int_equal(severity_of_finding(&fs.list[1]), SEVERITY_INFO);
	findings_free(&fs);
}

/* Told of the slot, whichever of both has one; the other ring is named. */
static void plain(void **state)
{
	struct overlap list[] = { one(3, ~0U, false, 1, 0x1000), one(2, 2, true, 5, 0x1000) };
	struct findings fs;

	(void)state;
	list[1].of.older.ring = OTHER;
	list[0].of.older.ring = OTHER;
	list[0].of.newer.index = ~0U;
	list[0].of.older.index = 3;
	fs = found(list, 2);
	assert_int_equal(fs.nr, 2);
	for (size_t i = 0; i < fs.nr; i++) {
		bool has_none = fs.list[i].index == 3;

		assert_int_equal(fs.list[i].ring, has_none ? OTHER : RING);
		assert_int_equal(fs.list[i].cause, has_none ? OVERLAP_PLAIN : OVERLAP_CERTAIN);
		assert_contains(fs.list[i].detail, has_none ? "1 request was submitted" : "of buffer 2 of ring 0x200");
		if (has_none)
			assert_contains(fs.list[i].detail, " without a buffer of ring 0xffff888100001000 ");
	}
	findings_free(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certain), cmocka_unit_test(unknown_range), cmocka_unit_test(together), cmocka_unit_test(plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
