// SPDX-License-Identifier: GPL-2.0
/* Tags, severities and remedies; the list that holds them. */
#include <stdio.h>
#include "facts.h"
#include "base/clock.h"
#include "checks/finding_index.h"

static void tags(void **state)
{
	/* people may have these tags in filters and alerts, so that they must not change */
	static const struct { const char *name, *severity; } stable[NR_FINDING_TAGS] = {
		[STALE_PAGE] = { "stale-page", "error" },
		[LOST_TO_STALE_PAGES] = { "lost-to-stale-pages", "error" },
		[WRONG_BUFFER] = { "wrong-buffer", "error" },
		[OVERLAP] = { "overlap", "error" },
		[UNMAPPED_PAGE] = { "unmapped-page", "warning" },
		[UNPINNED_PAGE] = { "unpinned-page", "error" },
		[UNCHARGED_PIN] = { "uncharged-pin", "error" },
		[OVERCHARGED] = { "overcharged", "warning" },
		[CHARGE_UNDERFLOW] = { "charge-underflow", "error" },
		[GHOST_PIN] = { "ghost-pin", "info" },
		[UNEXPLAINED_CHARGE] = { "unexplained-charge", "warning" },
		[BAD_SEGMENT] = { "bad-segment", "error" },
		[LEAKED_PIN] = { "leaked-pin", "error" },
		[OVER_LIMIT] = { "over-limit", "error" },
		[NEAR_LIMIT] = { "near-limit", "warning" },
		[STUCK_REQUEST] = { "stuck-request", "warning" },
		[CQ_OVERFLOW] = { "cq-overflow", "warning" },
		[FAILING_IO] = { "failing-io", "warning" },
		[PUNTED] = { "punted", "info" },
		[HEAP_BUFFER] = { "heap-buffer", "info" },
		[IN_USE_AT_UNREGISTER] = { "in-use-at-unregister", "info" },
	};

	(void)state;
	for (int t = 0; t < NR_FINDING_TAGS; t++) {
		const char *tag = finding_tag_name(t);

		if (stable[t].name) {
			assert_string_equal(tag, stable[t].name);
			assert_string_equal(severity_name(finding_traits(t)->severity), stable[t].severity);
		}
		assert_true(*tag && strspn(tag, "abcdefghijklmnopqrstuvwxyz-") == strlen(tag));
		for (int k = 0; k < t; k++)
			assert_string_not_equal(tag, finding_tag_name(k));
		assert_true(strlen(finding_traits(t)->remedies[0]) > 20);
	}
}

static bool is_same(const struct finding *a, const struct finding *b)
{
	struct finding_key x = finding_key(a), y = finding_key(b);

	return !memcmp(&x, &y, sizeof(x));
}

static void same(void **state)
{
	const struct finding slot = {
		.tag = STALE_PAGE, .ring = RING, .index = 3, .pid = 812, .uid = 1000, .addr = ADDR,
	};
	struct finding f = slot, user = { .tag = NEAR_LIMIT, .pid = 812, .uid = 1000, .index = -1 };

	(void)state;
	/* the same finding with more pages is not another one */
	f.pages = 7;
	assert_true(is_same(&slot, &f));
	f.index = 4;
	assert_false(is_same(&slot, &f));
	f = slot;
	f.addr += 4096;
	assert_false(is_same(&slot, &f));
	f = slot;
	f.tag = UNMAPPED_PAGE;
	assert_false(is_same(&slot, &f));
	/* I/O of a ring that fails in two ways is two findings */
	f = slot;
	f.error = 5;
	assert_false(is_same(&slot, &f));
	/* a finding about a user's limit is the same whichever process it names */
	f = user;
	f.pid = 977;
	assert_true(is_same(&user, &f));
	f.uid = 1001;
	assert_false(is_same(&user, &f));
	/* accounts of processes that have ended, of one user */
	f = (struct finding){ .tag = GHOST_PIN, .uid = 1000, .index = -1, .mm = MM };
	user = f;
	assert_true(is_same(&user, &f));
	f.mm = MM2;
	assert_false(is_same(&user, &f));
}

static bool is_even(const struct finding *f, const void *arg)
{
	(void)arg;
	return !(f->index & 1);
}

static void order(void **state)
{
	static const enum finding_tag tags[] = { GHOST_PIN, STALE_PAGE, NEAR_LIMIT, GHOST_PIN,
						 OVER_LIMIT };
	static const int sorted[] = { 1, 4, 2, 0, 3 };
	struct findings fs = { 0 };

	(void)state;
	findings_sort(&fs);
	for (int i = 0; i < 5; i++)
		finding_add(&fs, (struct finding){ .tag = tags[i], .index = i }, "number %d", i);
	findings_sort(&fs);
	for (int i = 0; i < 5; i++)
		assert_int_equal(fs.list[i].index, sorted[i]);
	findings_keep(&fs, is_even, NULL);
	assert_int_equal(fs.nr, 3);
	assert_int_equal(fs.list[0].index, 4);
	for (int i = 0; i < 5; i++)
		finding_add(&fs, (struct finding){ .tag = GHOST_PIN, .index = 10 + i }, "more");
	assert_int_equal(fs.list[7].index, 14);
	findings_free(&fs);
}

static void list(void **state)
{
	struct findings fs = { 0 };

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
	finding_add(&fs, (struct finding){ .tag = OVERCHARGED, .cause = OVERCHARGED_BY_OVERLAP },
		    "last");
	assert_string_equal(fs.list[37].remedy,
			    "do not let buffers overlap");
	assert_int_equal(findings_worst(&fs), SEVERITY_WARNING);
	findings_free(&fs);
	assert_int_equal(fs.nr, 0);
	assert_null(fs.list);
}

/* As many as --every-page makes of 1 GiB: each is looked up in what the look before had. */
static void many(void **state)
{
	enum { N = 262144 };
	struct finding f = { .tag = STALE_PAGE, .ring = RING, .index = 3, .pid = 812, .uid = 1000 };
	struct finding_index *index = NULL;
	__u64 begun = cpu_time_ns();

	(void)state;
	assert_int_equal(finding_index_find(index, &f), -1);
	for (int i = 0; i < N; i++) {
		f.addr = ADDR + i * 4096ULL;
		finding_index_add(&index, &f, i);
		/* the first keeps its place */
		finding_index_add(&index, &f, i + 1);
	}
	for (int i = N - 1; i >= 0; i--) {
		f.addr = ADDR + i * 4096ULL;
		assert_int_equal(finding_index_find(index, &f), i);
	}
	f.uid = 1001;
	assert_int_equal(finding_index_find(index, &f), -1);
	finding_index_free(&index);
	assert_null(index);
	assert_true(cpu_time_ns() - begun < 5 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags),
		cmocka_unit_test(same),
		cmocka_unit_test(order),
		cmocka_unit_test(many),
		cmocka_unit_test(list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
