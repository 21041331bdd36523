// SPDX-License-Identifier: GPL-2.0
/* What several looks in a row found, beside rings that rest and rings that do not. */
#include <time.h>
#include "facts.h"
#include "checks/confirm.h"

#define OTHER (RING + 0x1000)

/* A look: the rings' last calls, and one finding of that tag on RING (0: of the account). */
static struct ledger *look(struct findings *fs, enum finding_tag tag, __u64 ring, __u64 call,
			   __u64 other_call)
{
	struct ledger *l = ledger_new();
	struct finding f = { .tag = tag, .ring = ring, .pid = 812, .index = -1, .call_ns = call };

	see_ring(l, RING, 16, 16);
	see_ring(l, OTHER, 16, 16);
	ledger_ring(l, RING)->last_call_ns = call;
	ledger_ring(l, OTHER)->last_call_ns = other_call;
	finding_add(fs, f, "wrong");
	return l;
}

/* How many looks in a row it takes, 0 = more than 20. .each: calls come on that ring each time. */
static int looks_needed(enum finding_tag tag, __u64 ring, bool calls, bool other_calls)
{
	struct findings before = { 0 }, now = { 0 };
	struct ledger *l = look(&before, tag, ring, 1, 1), *next;
	bool sure = confirm(&before, l, NULL, NULL);
	int n = 1;

	while (!sure && n < 20) {
		n++;
		next = look(&now, tag, ring, calls ? n : 1, other_calls ? n : 1);
		sure = confirm(&now, next, &before, l);
		ledger_free(l);
		findings_free(&before);
		l = next;
		before = now;
		now = (struct findings){ 0 };
	}
	ledger_free(l);
	findings_free(&before);
	return sure ? n : 0;
}

static void beside(void **state)
{
	(void)state;
	assert_int_equal(looks_needed(UNCHARGED_PIN, RING, false, false), 3);
	/* another ring of the account is busy: it takes longer */
	assert_int_equal(looks_needed(UNCHARGED_PIN, RING, false, true), 8);
	/* so is its own: a call may always be half done */
	assert_int_equal(looks_needed(UNCHARGED_PIN, RING, true, false), 0);
	/* a sum over all rings of the account */
	assert_int_equal(looks_needed(GHOST_PIN, 0, false, false), 3);
	assert_int_equal(looks_needed(GHOST_PIN, 0, false, true), 0);
	/* pages do not depend on calls: the page walk has seen to that */
	assert_int_equal(looks_needed(STALE_PAGE, RING, true, true), 3);
}

static void rest(void **state)
{
	struct findings none = { 0 };
	struct unsettled_list u = { 0 };
	struct findings fs = { 0 };
	struct ledger *l = look(&fs, UNCHARGED_PIN, RING, 1, 1);

	(void)state;
	confirm(&fs, l, NULL, NULL);
	confirm_rest(&fs, &none, l, &u);
	assert_true(fs.list[0].unconfirmed);
	assert_int_equal(u.nr, 1);
	assert_int_equal(u.list[0].what, UNSETTLED_FINDINGS);
	assert_int_equal(u.list[0].pid, 812);
	unsettled_free(&u);
	findings_free(&fs);
	ledger_free(l);
}

/* Pages that were stale and are not: not vouched for, while the buffer is there. */
static void came_and_went(void **state)
{
	struct findings before = { 0 }, now = { 0 }, gone = { 0 };
	struct finding stale = { .tag = STALE_PAGE, .ring = RING, .pid = 812, .buf = BUF(0), .addr = ADDR };
	struct unsettled_list u = { 0 };
	struct ledger *l = ledger_new();

	(void)state;
	see_ring(l, RING, 16, 16);
	see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 1);
	see_buffer(l, RING, 1, BUF(1), ADDR + MIB, 4096, 1);
	finding_add(&before, stale, "stale");
	stale.buf = BUF(7);
	finding_add(&before, stale, "of a buffer that was dropped meanwhile");
	stale.tag = UNCHARGED_PIN;
	finding_add(&before, stale, "of a call that was half done");
	stale.tag = STALE_PAGE;
	stale.buf = BUF(1);
	finding_add(&before, stale, "of a buffer whose memory is another's by now");
	confirm_gone(&gone, &before, &now);
	assert_int_equal(gone.nr, 3);
	findings_free(&before);
	stale.buf = BUF(0);
	finding_add(&before, stale, "once more");
	confirm_gone(&gone, &before, &now);
	confirm_rest(&now, &gone, l, &u);
	assert_int_equal(now.nr, 1);
	assert_true(now.list[0].unconfirmed);
	assert_string_equal(now.list[0].detail, "stale");
	assert_int_equal(u.nr, 1);
	assert_int_equal(gone.nr, 0);
	unsettled_free(&u);
	findings_free(&before);
	findings_free(&now);
	ledger_free(l);
}

/* A process can have any number of both: looking at all of one for each of the other takes minutes. */
static void many_rings_and_findings(void **state)
{
	enum { MANY = 20000 };
	struct findings before = { 0 }, now = { 0 };
	struct ledger *l = ledger_new();
	struct finding f = { .tag = UNCHARGED_PIN, .ring = RING, .pid = 812, .mm = MM };
	clock_t begun;

	(void)state;
	for (__u64 i = 0; i < MANY; i++) {
		see_ring(l, RING + (i << 12), 16, 16);
		f.index = i;
		finding_add(&before, f, "wrong");
		finding_add(&now, f, "wrong");
	}
	confirm(&before, l, NULL, NULL);
	begun = clock();
	confirm(&now, l, &before, l);
	assert_true(clock() - begun < CLOCKS_PER_SEC);
	assert_int_equal(now.list[MANY - 1].looks, 2);
	findings_free(&before);
	findings_free(&now);
	ledger_free(l);
}

static void clones(void **state)
{
	struct finding a = { .tag = STALE_PAGE, .ring = RING, .buf = 7, .mm = MM, .addr = ADDR };
	struct finding b = a;
	struct finding_key x, y;

	(void)state;
	b.ring = OTHER;
	b.index = 3;
	x = finding_key(&a);
	y = finding_key(&b);
	assert_memory_equal(&x, &y, sizeof(x));
	b.buf = 8;
	y = finding_key(&b);
	assert_memory_not_equal(&x, &y, sizeof(x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beside),
		cmocka_unit_test(rest),
		cmocka_unit_test(came_and_went),
		cmocka_unit_test(many_rings_and_findings),
		cmocka_unit_test(clones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
