// SPDX-License-Identifier: GPL-2.0
/* When a second signal is one of its own. */
#include <unistd.h>
#include "unit.h"
#include "base/signals.h"

/* timeout(1) sends two at once; who presses Ctrl-C once more means it. */
static void again(void **state)
{
	(void)state;
	signals_catch();
	raise(SIGTERM);
	assert_int_equal(interrupted, SIGTERM);
	raise(SIGINT);
	assert_int_equal(interrupted, SIGINT);
	assert_int_equal(interrupted_again, 0);
	usleep(113000);
	raise(SIGINT);
	assert_int_equal(interrupted_again, 1);
	alarm(0);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
