// SPDX-License-Identifier: GPL-2.0
/* When what people read is coloured, and whether anybody reads it. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/output.h"
#include "unit.h"

static void by_option(void **state)
{
	struct output to = { .out = fopen("/dev/null", "w") };

	(void)state;
	assert_non_null(to.out);
	assert_false(output_is_coloured(&to));
	to.colour = COLOUR_ALWAYS;
	setenv("NO_COLOR", "1", 1);
	assert_true(output_is_coloured(&to));
	unsetenv("NO_COLOR");
	fclose(to.out);
}

static void on_a_terminal(void **state)
{
	struct output to = { .out = fdopen(posix_openpt(O_RDWR | O_NOCTTY), "w") };

	(void)state;
	assert_non_null(to.out);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(output_is_coloured(&to));
	setenv("NO_COLOR", "", 1);
	assert_true(output_is_coloured(&to));
	setenv("NO_COLOR", "1", 1);
	assert_false(output_is_coloured(&to));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(output_is_coloured(&to));
	setenv("TERM", "xterm", 1);
	to.colour = COLOUR_NEVER;
	assert_false(output_is_coloured(&to));
	fclose(to.out);
}

static void readers(void **state)
{
	struct output to = { 0 };
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	to.out = fdopen(p[1], "w");
	assert_true(output_is_read(&to));
	close(p[0]);
	assert_false(output_is_read(&to));
	fclose(to.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_option),
		cmocka_unit_test(on_a_terminal),
		cmocka_unit_test(readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
