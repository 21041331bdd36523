// SPDX-License-Identifier: GPL-2.0
/* What stat says as text. */
#include <errno.h>
#include <stdlib.h>
#include "facts.h"
#include "base/wrap.h"
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

/* The slot that nothing was counted over may have served a muted request. */
static void muted(void **state)
{
	const struct io_failures none = { 0 };
	struct advices advices = { .nr_idle_unjudged = 1 };
	struct io_model m = { .t_ns = 1000000000ULL };
	struct output to = { 0 };
	struct view_stat v = {
		.to = &to, .m = &m, .failures = &none, .advices = &advices, .by_buffer = true, .total = true,
	};
	char *text;
	size_t len;

	(void)state;
	v.l = ledger_new();
	see_ring((struct ledger *)v.l, RING, 100, 100);
	see_buffer((struct ledger *)v.l, RING, 0, BUF(0), ADDR, 65536, 16);
	io_model_row(&m, RING, 0, IO_WHO(812, 4, true))->c.ops = 7;
	for (m.muted_fixed = 0; m.muted_fixed <= 1; m.muted_fixed++) {
		to.out = open_memstream(&text, &len);
		assert_non_null(to.out);
		view_stat_text(&v);
		fclose(to.out);
		assert_contains(text, m.muted_fixed ? "  not known\n" : "  never\n");
		if (m.muted_fixed)
			assert_contains(text, "\nwhether buffers are idle could not be told: 1 request with IOSQE_CQE_SKIP_SUCCESS may have used them\n");
		assert_null(strstr(text, "to advise"));
		free(text);
	}
	io_model_free(&m);
	ledger_free((struct ledger *)v.l);
}

/* Advice is wrapped on a terminal, and one line per sentence elsewhere. */
static void wraps(void **state)
{
	struct advice one = {
		.tag = "primed", .remedy = "register less, or register more, whatever it is that takes less time than this sentence",
		.detail = (char *)"103 of 107 reads took a buffer that nobody has registered, on a ring that has 13 of them",
	};
	const struct io_failures failures = { 0 };
	struct advices advices = { .list = &one, .nr = 1 };
	struct io_model m = { .t_ns = 1000000000ULL };
	struct output to = { 0 };
	struct view_stat v = { .to = &to, .m = &m, .advices = &advices, .failures = &failures };

	(void)state;
	for (unsigned int columns = 0; columns <= 61; columns += 61) {
		size_t len, widest = 0;
		char *text;

		to.out = open_memstream(&text, &len);
		assert_non_null(to.out);
		wrap_for_screen(to.out, columns);
		view_stat_advice(&v);
		wrap_for_screen(NULL, 0);
		fclose(to.out);
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
			widest = strcspn(line, "\n") > widest ? strcspn(line, "\n") : widest;
		if (columns) {
			assert_true(widest <= columns);
			assert_contains(text, "\n                ");
		} else {
			assert_contains(text, "        103 of 107 reads took a buffer that nobody has registered, on a ring that has 13 of them.\n");
			assert_contains(text, "whatever it is that takes less time than this sentence\n");
		}
		free(text);
	}
}

/* Percentiles that are known to a power of two are marked, and the mark is explained. */
static void coarse(void **state)
{
	const struct io_failures none = { 0 };
	struct io_model m = { .t_ns = 1000000000ULL };
	struct output to = { 0 };
	struct view_stat v = { .to = &to, .m = &m, .failures = &none, .header = true };
	char *text;
	size_t len;

	(void)state;
	v.l = ledger_new();
	for (int round = 0; round < 2; round++) {
		struct io_row *r = io_model_row(&m, RING + round * 4096, 5, IO_WHO(812, 4, true));

		r->c.ops = r->c.timed = 101;
		r->c.max_ns = 100000;
		if (round) {
			io_row_add_coarse(r, IO_COARSE_OF(hist_index(10000)), 101);
			r->c.coarse = 101;
		} else {
			io_row_add_bucket(r, hist_index(10000), 101);
		}
		to.out = open_memstream(&text, &len);
		assert_non_null(to.out);
		view_stat_text(&v);
		fclose(to.out);
		if (round) {
			assert_contains(text, " ~12.");
			assert_contains(text, "~ marks percentiles that are known to a power of two, as the histogram table had no more room: off by up to 9");
		} else {
			assert_null(strchr(text, '~'));
		}
		free(text);
		to.out = open_memstream(&text, &len);
		assert_non_null(to.out);
		view_stat_csv(&v);
		fclose(to.out);
		assert_contains(text, ",relative_error,unit,container,inner_pid\n");
		assert_contains(text, ",0.031,,,\n");
		assert_int_equal(strstr(text, ",0.9") != NULL, round);
		free(text);
	}
	io_model_free(&m);
	ledger_free((struct ledger *)v.l);
}

/* Where the table had no more room, I/O is counted by process alone: which of its rings is silent is not known. */
static void silent(void **state)
{
	const struct selection all_of_it = { .pids = (__u32[]){ 812 }, .nr_pids = 1 };
	struct io_model m = { .t_ns = 1000000000ULL };
	struct view_stat v = { .m = &m, .select = &all_of_it };
	struct ledger *l = ledger_new();

	(void)state;
	v.l = l;
	for (__u64 i = 0; i < 3; i++)
		see_ring(l, RING + i * 4096, 100, 100);
	io_model_row(&m, RING, 0, IO_WHO(812, 4, true))->c.ops = 7;
	assert_int_equal(view_stat_silent(&v), 2);
	io_model_row(&m, IO_RING_ANY, 0, IO_WHO(977, 4, true))->c.ops = 11;
	assert_int_equal(view_stat_silent(&v), 2);
	io_model_row(&m, IO_RING_ANY, 0, IO_WHO(812, 4, true))->c.ops = 13;
	assert_int_equal(view_stat_silent(&v), 0);
	io_model_free(&m);
	ledger_free(l);
}

/* A buffer whose I/O was cancelled, or failed, was not used never; a failure of a ring before is not its own. */
static void nothing_transferred(void **state)
{
	static const struct { __s32 result; __u64 born_ns; __u32 index; const char *says; } are[] = {
		{ -ECANCELED, 5, 0, " cancelled\n" }, { -EFAULT, 5, 0, " failed\n" }, { -EFAULT, 3, 0, " never\n" },
		{ -ECANCELED, 5, 1, " never\n" },
	};
	struct output to = { .no_header = true };

	(void)state;
	for (size_t i = 0; i < sizeof(are) / sizeof(are[0]); i++) {
		struct io_failure_row f = {
			.key = { .ring = RING, .pid = 812, .what = IO_WHAT(4, true), .index = are[i].index,
				 .result = are[i].result },
			.failure = { .count = 17, .seen = { .flags = EV_FIXED | EV_INDEX, .index = are[i].index } },
			.born_ns = are[i].born_ns,
		};
		struct io_model m = { .t_ns = 1000000000ULL };
		const struct io_failures none = { 0 };
		struct view_stat v = { .to = &to, .m = &m, .failures = &none, .by_buffer = true, .total = true };
		struct ledger *l = ledger_new();
		char *text;
		size_t len;

		see_ring(l, RING, 100, 100);
		see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 1);
		ledger_ring(l, RING)->born_ns = 5;
		io_model_row(&m, RING, 5, IO_WHO(812, 4, true))->c.ops = 17;
		m.failures = &f;
		m.nr_failures = 1;
		v.l = l;
		to.out = open_memstream(&text, &len);
		assert_non_null(to.out);
		view_stat_text(&v);
		fclose(to.out);
		assert_contains(text, are[i].says);
		free(text);
		m.failures = NULL;
		m.nr_failures = 0;
		io_model_free(&m);
		ledger_free(l);
	}
}

/* A buffer is read after the rows: what came between is in its line, and in no row of this interval. */
static void whose_a_buffer_is(void **state)
{
	struct io_buffer_row used = { .key = { .ring = 0x1000, .addr = 0x7000 }, .use = { .ops = 991 }, .born_ns = 5 };
	struct io_model since = { .t_ns = 1000000000ULL, .buffers = &used, .nr_buffers = 1 }, all = { 0 };
	struct output to = { .no_header = true };
	struct view_stat v = { .to = &to, .m = &since, .names = &all, .by_buffer = true };
	struct io_row *r = io_model_row(&all, 0x1000, 5, IO_WHO(812, 4, true));
	char *text;
	size_t len;

	(void)state;
	r->c.comm = (struct comm){ "server" };
	v.l = ledger_new();
	to.out = open_memstream(&text, &len);
	assert_non_null(to.out);
	view_stat_csv(&v);
	fclose(to.out);
	assert_contains(text, ",812,,\"server\",");
	assert_contains(text, ",991,");
	free(text);
	ledger_free((struct ledger *)v.l);
	io_model_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_else),
		cmocka_unit_test(not_judged), cmocka_unit_test(muted),
		cmocka_unit_test(wraps),
		cmocka_unit_test(coarse), cmocka_unit_test(silent),
		cmocka_unit_test(nothing_transferred), cmocka_unit_test(whose_a_buffer_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
