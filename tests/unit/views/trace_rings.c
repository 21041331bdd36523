// SPDX-License-Identifier: GPL-2.0
/* The verdict on a program: what failed, or that it is not known, or nothing. */
#include <stdlib.h>
#include "unit.h"
#include "views/trace_rings.h"

static void is_said(struct view_trace v, bool missed, const char *verdict)
{
	struct ring_pasts none = { .nr = 0 };
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	view_trace_rings(f, &v, &none, missed);
	fclose(f);
	assert_string_equal(text, verdict);
	free(text);
}

static void verdicts(void **state)
{
	(void)state;
	is_said((struct view_trace){ .calls = 0 }, false, "");
	is_said((struct view_trace){ .calls = 7 }, false,
		"verdict: nothing found: of what was seen nothing failed\n");
	is_said((struct view_trace){ .calls = 7, .failed = 2, .lost = 3 }, true,
		"verdict: found: 2 of 7 calls failed\n");
	is_said((struct view_trace){ .calls = 7, .not_made = 1, .io_errors = 5, .io_cancelled = 1 }, false,
		"verdict: found: 1 ring could not be created, 5 I/Os failed and 1 was cancelled\n");
}

/* What was not seen may have failed. */
static void not_all_seen(void **state)
{
	(void)state;
	is_said((struct view_trace){ .calls = 7, .lost = 1 }, false,
		"verdict: unsettled: 1 event was lost; what was seen did not fail\n");
	is_said((struct view_trace){ .calls = 7, .io_lost = 11 }, false,
		"verdict: unsettled: 11 I/Os were not counted; what was seen did not fail\n");
	is_said((struct view_trace){ .calls = 7 }, true,
		"verdict: unsettled: not all that the program started was followed; what was seen did not fail\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(not_all_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
