// SPDX-License-Identifier: GPL-2.0
/* How wide text is: by the terminal, and elsewhere by who prints it. */
#include <pty.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "unit.h"
#include "base/wrap.h"

static void widths(void **state)
{
	static const struct { unsigned short columns; int is; } of[] = {
		{ 80, 80 }, { 200, 100 }, { 23, 40 }, { 61, 61 }, { 0, 80 },
	};
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	assert_int_equal(wrap_width(f, 118), 118);
	wrap_for_screen(f, 61);
	assert_int_equal(wrap_width(f, 118), 61);
	wrap_for_screen(NULL, 0);
	assert_int_equal(wrap_width(f, 118), 118);
	fclose(f);
	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		struct winsize size = { .ws_row = 24, .ws_col = of[i].columns };
		int master, slave;

		assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
		f = fdopen(slave, "w");
		assert_non_null(f);
		assert_int_equal(wrap_width(f, 118), of[i].is);
		fclose(f);
		close(master);
	}
}

static char *wrapped(unsigned int columns)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	wrap_for_screen(f, columns);
	fputs("        ", f);
	wrap_line(f, 8, "%s and a number of words, %d, that are more than what fits  one line of %s", "these", 61, "it");
	wrap_for_screen(NULL, 0);
	fclose(f);
	return text;
}

static void lines(void **state)
{
	char *text = wrapped(0);

	(void)state;
	assert_string_equal(text, "        these and a number of words, 61, that are more than what fits  one line of it\n");
	free(text);
	text = wrapped(61);
	assert_string_equal(text, "        these and a number of words, 61, that are more than\n"
			    "        what fits one line of it\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(widths), cmocka_unit_test(lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
