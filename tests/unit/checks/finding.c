// SPDX-License-Identifier: GPL-2.0
/* Tags, severities and remedies; the list that holds them. */
#include <stdio.h>
#include "facts.h"

static void tags(void **state)
{
	static const struct { const char *name, *severity; } wanted[NR_FINDING_TAGS] = {
		[STALE_PAGE] = { "stale-page", "error" },
		[UNMAPPED_PAGE] = { "unmapped-page", "warning" },
		[UNPINNED_PAGE] = { "unpinned-page", "error" },
		[UNCHARGED_PIN] = { "uncharged-pin", "error" },
		[OVERCHARGED] = { "overcharged", "warning" },
		[CHARGE_UNDERFLOW] = { "charge-underflow", "error" },
		[GHOST_PIN] = { "ghost-pin", "info" },
		[BAD_SEGMENT] = { "bad-segment", "error" },
		[LEAKED_PIN] = { "leaked-pin", "error" },
		[OVER_LIMIT] = { "over-limit", "error" },
		[NEAR_LIMIT] = { "near-limit", "warning" },
	};

	(void)state;
	for (int t = 0; t < NR_FINDING_TAGS; t++) {
		assert_string_equal(finding_tag_name(t), wanted[t].name);
		assert_string_equal(severity_name(finding_severity(t)), wanted[t].severity);
	}
}

static void list(void **state)
{
	struct findings fs = { 0 };
	static const char own[] = "of its own";

	(void)state;
	assert_int_equal(findings_worst(&fs), -1);
	for (int i = 0; i < 37; i++) {
		finding_add(&fs, (struct finding){ .tag = GHOST_PIN, .index = i }, "number %d", i);
		assert_int_equal(findings_worst(&fs), SEVERITY_INFO);
	}
	for (int i = 0; i < 37; i++) {
		char text[32];

		snprintf(text, sizeof(text), "number %d", i);
		assert_string_equal(fs.list[i].detail, text);
		assert_int_equal(fs.list[i].index, i);
		assert_true(strlen(fs.list[i].remedy) > 20);
	}
	finding_add(&fs, (struct finding){ .tag = OVERCHARGED, .remedy = own }, "last");
	assert_ptr_equal(fs.list[37].remedy, own);
	assert_int_equal(findings_worst(&fs), SEVERITY_WARNING);
	findings_free(&fs);
	assert_int_equal(fs.nr, 0);
	assert_null(fs.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags),
		cmocka_unit_test(list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
