// SPDX-License-Identifier: GPL-2.0
/* Who makes many findings of one kind hides nothing of another user's. */
#include <stdio.h>
#include <stdlib.h>
#include "unit.h"
#include "views/findings.h"

static void folded(void **state)
{
	struct finding list[7];
	const struct findings fs = { .list = list, .nr = 7 };
	char *text = NULL;
	size_t len, told = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	for (size_t i = 0; i < 7; i++)
		list[i] = (struct finding){
			.tag = LEAKED_PIN, .uid = i < 5 ? 1000 : 1001, .detail = "a detail", .remedy = "a remedy",
		};
	view_findings_text(f, &fs, 3, "the rest", false);
	fclose(f);
	for (const char *at = text; (at = strstr(at, "a detail")); at++)
		told++;
	assert_int_equal(told, 3 + 2);
	assert_non_null(strstr(text, "and 2 more leaked-pin "));
	assert_non_null(strstr(text, " of user 1000: the rest\n"));
	assert_null(strstr(text, "of user 1001"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(folded) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
