// SPDX-License-Identifier: GPL-2.0
/* Of how many failed I/Os no cause was kept: what was cancelled, or only slower, is neither. */
#include <errno.h>
#include <linux/io_uring.h>
#include "facts.h"
#include "model/io_counters.h"
#include "model/io_loss.h"

static struct io_failure_row row(enum io_failure_kind kind, int result, __u64 count)
{
	return (struct io_failure_row){ .key = { .ring = RING, .kind = kind, .result = result }, .failure = { .count = count } };
}

static void only_what_failed(void **state)
{
	struct io_failure_row failures[] = {
		row(IO_FAILED, -EFAULT, 5), row(IO_FAILED, -EBADF, 7), row(IO_FAILED, -ECANCELED, 11),
		row(IO_PUNTED, 0, 13), row(IO_LATE, -EFAULT, 17),
	};
	struct io_model m = { 0 };

	(void)state;
	io_model_row(&m, RING, 1, IO_WHO(3, IORING_OP_READ_FIXED, true))->c.errors = 19;
	io_model_row(&m, RING2, 1, IO_WHO(3, IORING_OP_READ_FIXED, true))->c.errors = 23;
	m.failures = failures;
	m.nr_failures = 5;
	assert_int_equal(io_no_cause(&m), 19 + 23 - 5 - 7);
	/* a failure that was told while its counter was read */
	failures[0].failure.count = 43;
	assert_int_equal(io_no_cause(&m), 0);
	m.failures = NULL;
	io_model_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
