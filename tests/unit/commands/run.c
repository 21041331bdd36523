// SPDX-License-Identifier: GPL-2.0
/* How long a command goes on after its program's end. */
#include "unit.h"
#include "base/clock.h"
#include "commands/run.h"

#define FLOOD_NS	(20 * NS_PER_S)

struct told {
	__u64 flood_end_ns;
	bool was_asked;
};

/* There is always more to read, as what the program left behind goes on, until that is not waited for. */
static bool step(void *arg)
{
	const struct told *t = arg;

	return !t->was_asked && clock_now_ns() < t->flood_end_ns;
}

static bool is_releasing(void *arg)
{
	struct told *t = arg;

	t->was_asked = true;
	return false;
}

static void what_it_left_does_not_keep_us(void **state)
{
	struct told t = { .flood_end_ns = clock_now_ns() + FLOOD_NS };
	const struct run_steps steps = { .step = step, .releasing = is_releasing, .arg = &t };
	const struct output to = { .out = stdout };
	char *argv[] = { "true", NULL };
	struct run r = { .to = &to, .argv = argv, .program.ended = 1, .program.pidfd = -1 };

	(void)state;
	run_steps(&r, &steps);
	assert_true(t.was_asked);
	assert_true(clock_now_ns() < t.flood_end_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_left_does_not_keep_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
