// SPDX-License-Identifier: GPL-2.0
/* The bound that a failed import broke: the same for an event and for a counter. */
#include "facts.h"
#include "model/io_fault.h"
#include "checks/failure_io.h"

static void expect(struct io_import i, enum io_bound bound, __u64 by, const char *text)
{
	char said[256];
	__u64 passed;

	assert_int_equal(io_import_bound(&i, &passed), bound);
	assert_int_equal(passed, by);
	explain_import(said, sizeof(said), &i);
	assert_string_equal(said, text);
}

static void bounds(void **state)
{
	const struct io_import inside = {
		.index = 3, .nr_slots = 7, .has_range = true, .addr = 0x10000, .len_bytes = 4096,
		.buf_addr = 0x10000, .buf_len_bytes = 8192,
	};
	struct io_import i = inside;

	(void)state;
	expect(i, IO_BOUND_NONE, 0, "0x10000 + 4 KiB lies inside buffer 3 as it is now: it was changed "
	       "meanwhile, or does not allow this direction");
	i.other_tag = true;
	expect(i, IO_BOUND_TAG, 0, "0x10000 + 4 KiB lies inside buffer 3, but its tag (the top byte of the "
	       "pointer) is not that of the address that was registered");
	i.len_bytes = 8193;
	expect(i, IO_BOUND_END, 1, "0x10000 + 8 KiB ends 1 byte past buffer 3");
	i.addr = 0xf000;
	expect(i, IO_BOUND_BEGIN, 4096, "0xf000 is 4 KiB before buffer 3 begins");
	/* address 0 is known, and far below */
	i.addr = 0;
	expect(i, IO_BOUND_BEGIN, 0x10000, "0x0 is 64 KiB before buffer 3 begins");
	i.addr = ~0ULL;
	expect(i, IO_BOUND_WRAP, 0, "0xffffffffffffffff + 8193 wraps around");
	i.has_range = false;
	expect(i, IO_BOUND_UNKNOWN, 0, "the import from buffer 3 (8 KiB) failed");
	i.empty = true;
	expect(i, IO_BOUND_EMPTY, 0, "slot 3 is empty");
	i.nr_slots = 3;
	expect(i, IO_BOUND_INDEX, 1, "there is no buffer 3, the table has 3");
	i.nr_slots = 0;
	expect(i, IO_BOUND_INDEX, 4, "there is no buffer 3, the table has 0");
}

static void one_rule(void **state)
{
	const struct fact_io f = {
		.addr = 0x11000, .len_bytes = 8192, .buf_addr = 0x10000, .buf_len_bytes = 8192,
		.index = 3, .nr_slots = 7, .io_flags = IO_F_RANGE | IO_F_NO_IMPORT,
	};
	const struct io_evidence seen = {
		.flags = EV_RANGE | EV_SLOT, .index = 3, .addr = 0x11000, .len_bytes = 8192,
		.buf_addr = 0x10000, .buf_len_bytes = 8192, .nr_slots = 7,
	};

	(void)state;
	expect(io_import_of_fact(&f), IO_BOUND_END, 4096,
	       "0x11000 + 8 KiB ends 4 KiB past buffer 3");
	expect(io_import_of(&seen), IO_BOUND_END, 4096,
	       "0x11000 + 8 KiB ends 4 KiB past buffer 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds),
		cmocka_unit_test(one_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
