/* SPDX-License-Identifier: GPL-2.0 */
/* A ring whose pages are charged, and what check_charges() is expected to find of it. */
#ifndef FIXBUF_TEST_CHARGED_H
#define FIXBUF_TEST_CHARGED_H

#include "checks/checks.h"
#include "facts.h"

static const struct check_options defaults;

/* Makes a ring whose pages are charged to user and mm alike, far from the limit. */
static struct ledger *with_ring(__s64 charged)
{
	struct ledger *l = ledger_new();

	see_ring(l, RING, charged, charged);
	return l;
}

/* Asserts that there is this finding and no other. */
static void expect_pages(struct ledger *l, enum finding_tag tag, __u64 pages, const char *says)
{
	struct findings fs = { 0 };

	check_charges(l, &defaults, &fs);
	for (size_t i = 1; i < fs.nr; i++)
		fail_msg("%s: %s", finding_tag_name(fs.list[i].tag), fs.list[i].detail);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(fs.list[0].tag, tag);
	assert_int_equal(fs.list[0].pages, pages);
	assert_int_equal(fs.list[0].pid, 812);
	assert_int_equal(fs.list[0].uid, 1000);
	assert_contains(fs.list[0].detail, says);
	findings_free(&fs);
	ledger_free(l);
}

#endif
