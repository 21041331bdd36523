// SPDX-License-Identifier: GPL-2.0
#include "unit.h"
#include "checks/lost.h"

static struct findings found_since(__u64 armed_ns, struct io_stale_hits h, __u64 pages)
{
	const struct stale_slot s = {
		.of = { .tag = STALE_PAGE, .cause = STALE_DROPPED, .pid = 7, .ring = 0x100, .buf = 0x200, .fd = 3 },
		.index = 2, .what = { .addr = 0x10000, .end = 0x13000, .armed_ns = armed_ns, .hits = h }, .pages = pages,
		.seen_ns = 1000000000,
	};
	struct findings out = { 0 };

	check_lost(&s, 3000000000, &out);
	return out;
}

static struct findings found(struct io_stale_hits h, __u64 pages)
{
	return found_since(1000000000, h, pages);
}

static void told(void **state)
{
	struct findings f = found((struct io_stale_hits){ 37, 37 * 4096, 41, 41 * 4096, 0 }, 3);

	(void)state;
	assert_int_equal(f.nr, 1);
	assert_int_equal(f.list[0].tag, LOST_TO_STALE_PAGES);
	assert_int_equal(f.list[0].index, 2);
	assert_int_equal(f.list[0].addr, 0x10000);
	assert_int_equal(f.list[0].pages, 3);
	assert_string_equal(f.list[0].detail, "pid 7 ring 0x100 buffer 2: in 2.00s since pages from 0x10000 to 0x13000 were seen to be stale, "
		"37 requests read 148 KiB into them, which are lost to the process, and 41 wrote 164 KiB of what they held before");
	findings_free(&f);
}

/* Between the first stale page and the last are others. */
static void at_most(void **state)
{
	struct findings f = found((struct io_stale_hits){ .reads = 1, .read_bytes = 512, .unplaced = 5 }, 2);

	(void)state;
	assert_contains(f.list[0].detail, "at most 1 request read 512 bytes");
	assert_contains(f.list[0].detail, "; of 5 more it is not known where in the buffer they were");
	findings_free(&f);
}

/* A call on the table ended the count, and a look began it again. */
static void about(void **state)
{
	struct findings f = found_since(2000000000, (struct io_stale_hits){ .reads = 1, .read_bytes = 512 }, 3);

	(void)state;
	assert_contains(f.list[0].detail, "about 1 request read 512 bytes");
	findings_free(&f);
}

static void nothing(void **state)
{
	struct findings f = found((struct io_stale_hits){ .unplaced = 5 }, 3);

	(void)state;
	assert_int_equal(f.nr, 0);
}

static void wrong(void **state)
{
	const struct finding of = { .pid = 7, .ring = 0x100, .index = 3, .fd = 4 };
	const struct io_wrong w = { .requests = 21, .bytes = 21 * 4096, .user_data = 0x17 };
	struct findings f = { 0 };

	(void)state;
	check_wrong(&of, &w, &f);
	assert_int_equal(f.nr, 1);
	assert_int_equal(f.list[0].tag, WRONG_BUFFER);
	assert_string_equal(f.list[0].detail, "pid 7 ring 0x100 buffer 3: 21 requests, 84 KiB, ran over other memory than lay there when they were submitted, "
		"as the slot was given another buffer meanwhile; the first has user_data 0x17");
	findings_free(&f);
}

static void outlived(void **state)
{
	const struct finding of = { .pid = 7, .ring = 0x100, .index = 3, .fd = 4 };
	const struct io_wrong w = { .requests = 1, .bytes = 4096, .user_data = 0x17 };
	struct findings f = { 0 };

	(void)state;
	check_outlived(&of, &w, &f);
	assert_int_equal(f.nr, 1);
	assert_int_equal(f.list[0].tag, LOST_TO_STALE_PAGES);
	assert_int_equal(f.list[0].cause, LOST_WITH_A_SLOT);
	assert_string_equal(f.list[0].detail, "pid 7 ring 0x100 buffer 3: 1 request read 4 KiB into what the slot held before it was given other memory "
		"at the same address, and nobody has that memory mapped any more; the first has user_data 0x17");
	findings_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told), cmocka_unit_test(at_most), cmocka_unit_test(about), cmocka_unit_test(nothing),
		cmocka_unit_test(wrong), cmocka_unit_test(outlived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
