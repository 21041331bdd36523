// SPDX-License-Identifier: GPL-2.0
/* How stat fits a terminal. */
#include <stdlib.h>
#include <string.h>
#include "facts.h"
#include "base/untrusted.h"
#include "views/stat_screen.h"

#define RINGS	4003
#define BUSY	1009

/* One ring in each of 4003 processes; the sentences below the table are longer than any screen. */
static char *picture(struct stat_screen *s)
{
	struct io_model m = { .t_ns = 1000000000ULL, .in_flight = 3, .loss = { .no_start = 7, .evicted = 11 } };
	struct io_failures failures = { 0 };
	struct output to = { 0 };
	struct view_stat v = { .to = &to, .m = &m, .failures = &failures, .header = true, .order = s->order };
	char *text;

	v.l = ledger_new();
	for (__u32 i = 0; i < RINGS; i++) {
		struct io_row *r = io_model_row(&m, 0x1000 * (i + 1), 1, IO_WHO(100000 + i, 22, false));

		r->c.ops = i == BUSY ? 1000000000 : i;
		r->c.bytes = 512 * r->c.ops;
		r->c.fd = 7;
		memcpy(r->c.comm.bytes, "fifteen letters", 15);
	}
	text = view_stat_screen(&v, s);
	io_model_free(&m);
	ledger_free((struct ledger *)v.l);
	return text;
}

static size_t count_lines(const char *text, size_t *widest)
{
	size_t nr = 0;

	for (*widest = 0; *text; nr++) {
		size_t len = strcspn(text, "\n");
		size_t columns = text_columns((struct untrusted){ text, len });

		*widest = columns > *widest ? columns : *widest;
		text += len + (text[len] == '\n');
	}
	return nr;
}

static void fits(void **state)
{
	static const unsigned int sizes[][2] = { { 24, 80 }, { 12, 50 }, { 50, 200 }, { 5, 30 } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct stat_screen s = { .rows = sizes[i][0], .columns = sizes[i][1], .interval_ns = 1000000000 };
		char *text = picture(&s), *table = strstr(text, "COMM");
		size_t widest, lines;

		assert_non_null(table);
		/* the head is cut where it is shown */
		lines = count_lines(table, &widest);
		assert_true(widest <= s.columns);
		/* what is below may be cut at the end, and leaves half of the lines to rows */
		assert_true(s.page >= (s.rows - 3) / 2);
		assert_true(lines >= s.page + 1);
		assert_non_null(strstr(table, "1000000000"));
		if (s.page > 1)
			assert_non_null(strstr(table, "4002"));
		free(text);
	}
}

static void scrolls(void **state)
{
	struct stat_screen s = { .rows = 12, .columns = 80, .first = 5000, .interval_ns = 1000000000 };
	char *text = picture(&s);

	(void)state;
	assert_int_equal(s.first, RINGS - s.page);
	free(text);
}

static void filters(void **state)
{
	struct stat_screen s = { .rows = 24, .columns = 80, .only = "101009", .interval_ns = 1000000000 };
	char *text = picture(&s);

	(void)state;
	assert_contains(text, "with 101009");
	assert_contains(text, "1000000000");
	assert_null(strstr(text, "4002"));
	free(text);
	strcpy(s.only, "nobody");
	text = picture(&s);
	assert_null(strstr(text, "fifteen"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits),
		cmocka_unit_test(scrolls),
		cmocka_unit_test(filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
