// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/signals.h"
#include "commands/export/verify.h"
#include "unit.h"

static int ends[2];

static void ignore(int sig)
{
	(void)sig;
}

static void speak(int sig)
{
	static int times;

	(void)sig;
	if (++times == 3 && write(ends[1], "x", 1) != 1)
		abort();
}

static void tick(void (*on)(int))
{
	const struct itimerval soon = { { 0, 20000 }, { 0, 20000 } };
	const struct sigaction sa = { .sa_handler = on };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

/* The end of the time of -d is a signal, and so is what keeps a reader that takes nothing from keeping us. */
static void await(void **state)
{
	struct export_verify v = { 0 };

	(void)state;
	assert_int_equal(pipe(ends), 0);
	v.from = ends[0];
	tick(ignore);
	assert_false(export_verify_await(&v, 100));
	tick(speak);
	assert_true(export_verify_await(&v, 10000));
	interrupted = SIGINT;
	assert_false(export_verify_await(&v, 10000));
	interrupted = 0;
	v.from = -1;
	assert_false(export_verify_await(&v, 10000));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(await) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
