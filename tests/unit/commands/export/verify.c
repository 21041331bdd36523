// SPDX-License-Identifier: GPL-2.0
/* Passes as they come through the pipe: who collects never waits for the rest of one. */
#include "unit.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/descriptor.h"
#include "base/signals.h"
#include "commands/export/model.h"
#include "commands/export/verify.h"

static const struct selection everybody;

#define NR	7

static struct export_verify v;
static struct export_model m;
static int to;

static int begin(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	to = ends[1];
	v = (struct export_verify){ .from = ends[0], .control = -1, .ready = true };
	export_model_init(&m, EXPORT_BY_PID, 100, &everybody);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	close(to);
	export_verify_stop(&v);
	export_model_free(&m);
	return 0;
}

static enum verify_news look(void)
{
	return export_verify_read(&v, &m, 1);
}

static void byte_by_byte(void **state)
{
	struct {
		struct pass p;
		struct pass_finding found[NR];
	} pass = { .p = { .nr = NR, .pages = 4099 } };

	(void)state;
	for (unsigned int i = 0; i < NR; i++)
		pass.found[i] = (struct pass_finding){ .key = { .uid = 1000 + i }, .tag = 1, .count = 1, .pages = 3 };
	assert_int_equal(look(), VERIFY_SPEAKS);
	for (size_t i = 0; i < sizeof(pass); i++) {
		assert_int_equal(m.passes, 0);
		assert_int_equal(descriptor_write(to, (char *)&pass + i, 1), 0);
		assert_int_equal(look(), i + 1 < sizeof(pass) ? VERIFY_SPEAKS : VERIFY_WORKS);
	}
	assert_int_equal(m.passes, 1);
	assert_int_equal(m.pass.pages, 4099);
	assert_int_equal(m.findings[1][0], NR);
	assert_int_equal(look(), VERIFY_SPEAKS);
}

static void two_at_once(void **state)
{
	const struct pass p = { .pages = 5 };

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(descriptor_write(to, &p, sizeof(p)), 0);
	assert_int_equal(look(), VERIFY_WORKS);
	assert_int_equal(look(), VERIFY_WORKS);
	assert_int_equal(m.passes, 2);
}

static void ends_amid_one(void **state)
{
	const struct pass p = { .nr = 1 };

	(void)state;
	assert_int_equal(descriptor_write(to, &p, sizeof(p)), 0);
	assert_int_equal(look(), VERIFY_SPEAKS);
	close(to);
	assert_int_equal(look(), VERIFY_ENDED);
	to = -1;
}

static void says_more_than_there_can_be(void **state)
{
	const struct pass p = { .nr = PASS_MOST + 1 };

	(void)state;
	assert_int_equal(descriptor_write(to, &p, sizeof(p)), 0);
	assert_int_equal(look(), VERIFY_ENDED);
}

static void late(void **state)
{
	const __u64 second = 1000000000;
	struct export_verify x = { .from = 7, .ready = true, .heard_ns = second, .took_ns = 2 * second };

	(void)state;
	assert_false(export_verify_is_late(&x, 5 * second, 142 * second));
	assert_true(export_verify_is_late(&x, 5 * second, 143 * second));
	x.heard_ns = 144 * second;
	assert_false(export_verify_is_late(&x, 5 * second, 143 * second));
	x.heard_ns = second;
	x.from = -1;
	assert_false(export_verify_is_late(&x, 5 * second, 143 * second));
}

static void ignore(int sig)
{
	(void)sig;
}

static void speak(int sig)
{
	static int times;

	(void)sig;
	if (++times == 3 && write(to, "x", 1) != 1)
		abort();
}

static void tick(void (*on)(int))
{
	const struct itimerval often = { { 0, on ? 20000 : 0 }, { 0, on ? 20000 : 0 } };
	const struct sigaction sa = { .sa_handler = on };

	if (on)
		sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

/* The end of the time of -d is a signal, which is no reason not to wait on; one that is to end us is. */
static void awaited(void **state)
{
	(void)state;
	tick(ignore);
	assert_false(export_verify_await(&v, 100));
	tick(speak);
	assert_true(export_verify_await(&v, 10000));
	tick(NULL);
	interrupted = SIGINT;
	assert_false(export_verify_await(&v, 10000));
	interrupted = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(byte_by_byte), TEST(two_at_once), TEST(ends_amid_one), TEST(says_more_than_there_can_be),
		TEST(awaited), cmocka_unit_test(late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
