// SPDX-License-Identifier: GPL-2.0
/* Which findings are ignored, and what a file of them may hold. */
#include "checks/ignored.h"
#include "checks/verdict.h"
#include "facts.h"

static struct ignored all;

static bool add(const char *text)
{
	return ignored_add(&all, text, strlen(text));
}

static size_t lines(const char *text)
{
	return ignored_add_lines(&all, text, strlen(text));
}

static bool has(enum finding_tag tag, __u32 uid, const char *comm)
{
	const struct finding f = { .tag = tag, .uid = uid, .comm = comm_of(comm) };

	return ignored_has(&all, &f);
}

static int forget(void **state)
{
	(void)state;
	ignored_free(&all);
	return 0;
}

static void every_tag(void **state)
{
	(void)state;
	for (int t = 0; t < NR_FINDING_TAGS; t++) {
		assert_string_equal(finding_tag_list.words[t], finding_tag_name(t));
		assert_true(add(finding_tag_name(t)));
		assert_true(has(t, 1000, "fio"));
	}
	assert_null(finding_tag_list.words[NR_FINDING_TAGS]);
}

static void whose(void **state)
{
	(void)state;
	assert_true(add("near-limit:1000"));
	assert_true(add("ghost-pin:fi*"));
	assert_true(has(NEAR_LIMIT, 1000, "fio"));
	assert_false(has(NEAR_LIMIT, 1001, "fio"));
	assert_true(has(GHOST_PIN, 7, "fio"));
	assert_false(has(GHOST_PIN, 7, "nginx"));
	/* of a longer name the kernel keeps 15 letters */
	assert_true(add("bad-segment:a-name-of-16-l*"));
	assert_true(has(BAD_SEGMENT, 7, "a-name-of-16-le"));
	/* a finding that names no process is nobody's by name */
	assert_false(has(GHOST_PIN, 7, ""));
	assert_false(has(OVER_LIMIT, 1000, "fio"));
}

static void no_rule(void **state)
{
	static const char *const wrong[] = {
		"", "near", "near-limits", "near-limit:", ":fio", "near-limit fio", "NEAR-LIMIT",
		"near-limit:a-name-of-16-let", "near-limit:4294967296",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(add(wrong[i]));
	assert_false(ignored_add(&all, "near-limit\0", 11));
	assert_int_equal(all.nr, 0);
}

static void a_file(void **state)
{
	(void)state;
	assert_int_equal(lines("# accepted\n\n  near-limit:a b#c # the batch jobs\n"
			       "\tover-limit:7\t\r\nghost-pin"), 0);
	assert_int_equal(all.nr, 3);
	assert_true(has(NEAR_LIMIT, 0, "a b#c"));
	assert_true(has(OVER_LIMIT, 7, "x"));
	assert_true(has(GHOST_PIN, 8, "y"));
	assert_int_equal(lines("near-limit\n#\nnear limit\n"), 3);
	assert_int_equal(lines(""), 0);
}

static void what_is_left(void **state)
{
	struct findings fs = { 0 };
	struct unsettled_list u = { 0 };
	const struct finding sure = { .tag = NEAR_LIMIT, .uid = 7, .pid = 812 };
	const struct finding suspected = { .tag = GHOST_PIN, .uid = 7, .pid = 812, .unconfirmed = true };

	const struct finding slight = {
		.tag = UNEXPLAINED_CHARGE, .cause = UNEXPLAINED_LITTLE, .uid = 11, .pid = 813,
		.unconfirmed = true,
	};

	(void)state;
	finding_add(&fs, sure, "sure");
	finding_add(&fs, suspected, "suspected");
	finding_add(&fs, slight, "slight");
	finding_add(&fs, (struct finding){ .tag = STALE_PAGE }, "told");
	unsettled_add(&u, suspicion_row(&suspected));
	unsettled_add(&u, suspicion_row(&slight));
	add("near-limit");
	add("ghost-pin:7");
	ignored_settle(&all, &fs, SEVERITY_INFO, &u);
	assert_int_equal(u.nr, 1);
	assert_int_equal(u.list[0].uid, 11);
	/* an info does not change the verdict */
	ignored_settle(&all, &fs, SEVERITY_WARNING, &u);
	assert_int_equal(u.nr, 0);
	assert_int_equal(ignored_drop(&all, &fs), 2);
	assert_int_equal(fs.nr, 2);
	assert_int_equal(fs.list[1].tag, STALE_PAGE);
	findings_free(&fs);
	unsettled_free(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_tag, forget),
		cmocka_unit_test_teardown(whose, forget),
		cmocka_unit_test_teardown(no_rule, forget),
		cmocka_unit_test_teardown(a_file, forget),
		cmocka_unit_test_teardown(what_is_left, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
