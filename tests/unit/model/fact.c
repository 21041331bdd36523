// SPDX-License-Identifier: GPL-2.0
/* What is said of facts, whatever a recording says that they are. */
#include <limits.h>
#include "facts.h"
#include "model/fact.h"
#include "recording/reader_fact.h"

static void results(void **state)
{
	(void)state;
	assert_string_equal(fact_errno_name(-12), "ENOMEM");
	assert_string_equal(fact_errno_name(-512), "ERESTARTSYS");
	assert_string_equal(fact_errno_name(-4095), "error");
	/* nothing of it is cut off */
	assert_string_equal(fact_errno_name(-12 - (1LL << 32)), "error");
	assert_string_equal(fact_errno_name(LLONG_MIN), "error");
	assert_string_equal(fact_errno_name(12), "error");
}

/* Older recordings have I/O without what the program calls it. */
static void user_data(void **state)
{
	struct fact_io_named io = { .io.h = fact_head(FACT_IO_DONE, sizeof(io), RING), .user_data = 0xdead };
	struct fact_io_failed failed = {
		.io.h = fact_head(FACT_IO_FAILED, sizeof(failed), RING), .seen.user_data = 0xbeef,
	};
	union any_fact got;
	const char *wrong;
	__u64 is;

	(void)state;
	assert_false(fact_user_data(&io.io, &is));
	io.io.io_flags = IO_F_USER_DATA;
	assert_true(fact_user_data(&io.io, &is));
	assert_int_equal(is, 0xdead);
	assert_true(fact_user_data(&failed.io, &is));
	assert_int_equal(is, 0xbeef);
	assert_int_equal(recording_fact(&got, &io, sizeof(io), &wrong), 1);
	assert_true(fact_user_data(&got.io, &is));
	assert_int_equal(is, 0xdead);
	io.io.h.size = sizeof(io.io);
	assert_false(fact_user_data(&io.io, &is));
	io.io.io_flags = 0;
	assert_int_equal(recording_fact(&got, &io, sizeof(io.io), &wrong), 1);
	assert_null(wrong);
	assert_false(fact_user_data(&got.io, &is));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(user_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
