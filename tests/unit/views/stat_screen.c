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

/* Columns go whole, and what is left has its titles; a name is cut before it goes. */
static void narrow(void **state)
{
	static const struct {
		unsigned int columns;
		enum io_order order;
		const char *titles, *row;
	} sizes[] = {
		{ 20, IO_BY_OPS, "\nCOMM           OPS/S\n", "\nfifteen   1000000000\n" },
		{ 20, IO_BY_FIXED, "\nCOMM           FIXED\n", "\nfifteen lette     0%\n" },
		{ 16, IO_BY_OPS, "\nCOMM       OPS/S\n", "\nfift  1000000000\n" },
		{ 15, IO_BY_OPS, "\n     OPS/S\n", "\n1000000000\n" },
		{ 15, IO_BY_COMM, "\nCOMM\n", "\nfifteen letters\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct stat_screen s = { .rows = 6, .columns = sizes[i].columns, .interval_ns = 1000000000,
					 .order = sizes[i].order };
		char *text = picture(&s);

		if (!strstr(text, sizes[i].titles) || !strstr(text, sizes[i].row))
			print_message("%s", text);
		assert_non_null(strstr(text, sizes[i].titles));
		assert_non_null(strstr(text, sizes[i].row));
		free(text);
	}
}

/* No row finds room: the head says so, not "1-0 of 4003". */
static void low(void **state)
{
	struct stat_screen s = { .rows = 3, .columns = 80, .interval_ns = 1000000000 };
	char *text = picture(&s);

	(void)state;
	assert_non_null(strstr(text, "; 0 of 4003"));
	free(text);
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

/* 45 buffers of five rings, one of them with three: what is left out is said, and a filter is theirs, too. */
static char *picture_of_buffers(struct stat_screen *s)
{
	struct io_model m = { .t_ns = 1000000000ULL };
	struct io_failures failures = { 0 };
	struct output to = { 0 };
	struct view_stat v = { .to = &to, .m = &m, .failures = &failures, .header = true, .by_buffer = true };
	struct io_buffer_row used[45] = { 0 };
	char *text;

	for (__u32 i = 0; i < 45; i++) {
		used[i].key = (struct io_buffer_key){ .ring = 0x1000 * (i < 42 ? i % 4 : 4) + 0x1000, .addr = 0x10000 * i, .index = i };
		used[i].use = (struct io_buffer_use){ .ops = 7000 + i, .len_bytes = 4096 };
	}
	for (__u32 i = 0; i < 5; i++) {
		struct io_row *r = io_model_row(&m, 0x1000 * (i + 1), 0, IO_WHO(8110 + i, 22, false));

		r->c.ops = 100;
		r->c.fd = 7;
	}
	m.buffers = used;
	m.nr_buffers = 45;
	v.l = ledger_new();
	text = view_stat_screen(&v, s);
	m.buffers = NULL;
	m.nr_buffers = 0;
	io_model_free(&m);
	ledger_free((struct ledger *)v.l);
	return text;
}

static size_t count_of(const char *text, const char *part)
{
	size_t nr = 0;

	for (; (text = strstr(text, part)); text++)
		nr++;
	return nr;
}

static void buffers(void **state)
{
	struct stat_screen s = { .rows = 24, .columns = 100, .interval_ns = 1000000000 };
	char *text = picture_of_buffers(&s);

	(void)state;
	assert_contains(text, "buffers, the busiest first: 7 of 45\n");
	assert_int_equal(count_of(text, " 0x"), 7);
	assert_contains(text, "7044");
	free(text);
	strcpy(s.only, "8114");
	text = picture_of_buffers(&s);
	assert_null(strstr(text, "buffers, "));
	assert_int_equal(count_of(text, " 0x"), 3);
	assert_int_equal(count_of(text, "8114"), 5);
	free(text);
}

/* What found no room below the rows is counted, and shown alone; there is as much of it as was said. */
static void notes(void **state)
{
	struct stat_screen s = { .rows = 7, .columns = 60, .interval_ns = 1000000000 };
	char *text = picture(&s), *more = strstr(text, "; n: ");
	size_t widest, cut, shown, page = s.page;
	unsigned int first, last, nr;

	(void)state;
	assert_non_null(more);
	cut = strtoul(more + 5, NULL, 10);
	free(text);
	s.notes = true;
	s.first_note = 4001;
	text = picture(&s);
	assert_int_equal(sscanf(text, "below the rows; n shows them again; %u-%u of %u\n", &first, &last, &nr), 3);
	assert_int_equal(last, nr);
	assert_int_equal(s.first_note, first - 1);
	shown = count_lines(text, &widest);
	assert_int_equal(shown, 1 + last - first + 1);
	assert_true(widest <= s.columns && shown <= s.rows);
	/* three above them, the rows, and what was seen of the notes */
	assert_int_equal(cut, 3 + page + nr - s.rows);
	assert_null(strstr(text, "fifteen"));
	free(text);
}

/* All of a table below the rows, too. */
static void all_buffers(void **state)
{
	struct stat_screen s = { .rows = 60, .columns = 100, .interval_ns = 1000000000, .notes = true };
	char *text = picture_of_buffers(&s);

	(void)state;
	assert_int_equal(count_of(text, " 0x"), 45);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits),
		cmocka_unit_test(narrow),
		cmocka_unit_test(low),
		cmocka_unit_test(scrolls),
		cmocka_unit_test(filters),
		cmocka_unit_test(buffers),
		cmocka_unit_test(notes),
		cmocka_unit_test(all_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
