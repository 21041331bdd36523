// SPDX-License-Identifier: GPL-2.0
/* What stat says as text. */
#include <stdlib.h>
#include "facts.h"
#include "views/stat.h"

/* The end of what it says with no advice, .failures told above it. */
static char *told(const struct io_failures *failures, size_t nr_unjudged)
{
	struct io_model m = { .t_ns = 1000000000ULL };
	struct advices advices = { .nr_unjudged = nr_unjudged };
	struct output to = { 0 };
	struct view_stat v = {
		.to = &to, .m = &m, .advices = &advices, .failures = failures, .total = true,
		.starts_by = "request",
	};
	char *text;
	size_t len;

	v.l = ledger_new();
	to.out = open_memstream(&text, &len);
	assert_non_null(to.out);
	view_stat_text(&v);
	fclose(to.out);
	ledger_free((struct ledger *)v.l);
	return text;
}

/* What is said about a slower way is advice, too. */
static void nothing_else(void **state)
{
	struct io_failed slow = { .kind = IO_PUNTED, .opcode = 23, .count = 7, .pid = 812, .explain = "use less" };
	struct io_failures failures = { 0 };
	char *text;

	(void)state;
	text = told(&failures, 0);
	assert_contains(text, "\nnothing to advise\n");
	free(text);
	failures = (struct io_failures){ .list = &slow, .nr = 1 };
	text = told(&failures, 0);
	assert_contains(text, "use less");
	assert_contains(text, "\nnothing else to advise\n");
	free(text);
}

/* What was not looked at is no place to say that there is nothing to advise. */
static void not_judged(void **state)
{
	const struct io_failures none = { 0 };
	char *text = told(&none, 1);

	(void)state;
	assert_contains(text, "plain I/O on 1 ring was not judged: a process that used it has other memory than who made it, or which it has is not known");
	assert_null(strstr(text, "to advise"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_else),
		cmocka_unit_test(not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
