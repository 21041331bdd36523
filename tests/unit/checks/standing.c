// SPDX-License-Identifier: GPL-2.0
/* A watch tells each finding once, and sums against an account only after a rest. */
#include "facts.h"
#include "checks/standing.h"

#define MS 1000000ULL

static int told, suspected;

/* A frame of it belongs to each cause, until that is told or dropped: ASan sees one that is not freed. */
static const struct stack stack = {
	.user = { .list = (struct stack_frame[]){ { .symbol = { "main", 4 } } }, .nr = 1 },
};

static void tell(const struct finding *f, const struct cause *c, void *arg)
{
	(void)arg;
	assert_non_null(f->detail);
	assert_int_equal(c->kind, CAUSE_BETWEEN);
	assert_string_equal(c->stack->user.list[0].symbol.bytes, "main");
	suspected += f->unconfirmed;
	told += !f->unconfirmed;
}

static __u64 grown_to;

static void grown(const struct finding *f, void *arg)
{
	(void)arg;
	assert_int_equal(f->uid, 1000);
	assert_int_equal(f->fd, 6);
	assert_true(f->requests > grown_to);
	grown_to = f->requests;
}

static struct cause between(const struct finding *f, __u64 mm, void *arg)
{
	(void)arg;
	assert_true(mm == MM || !f->pid);
	return (struct cause){ .kind = CAUSE_BETWEEN, .fd = -1, .stack = stack_copy(&stack) };
}

static struct standing *new_set(void)
{
	told = suspected = 0;
	grown_to = 0;
	return standing_new(&(struct standing_teller){ tell, between, grown, NULL });
}

/* Feeds a check at this time that found nr slots of the ring with the tag; nr -1: the account. */
static void merge(struct standing *s, struct ledger *l, enum finding_tag tag, int nr, __u64 ms)
{
	struct findings fs = { 0 };
	struct finding f = { .tag = tag, .fd = -1, .index = -1, .pid = 812 };

	if (nr < 0)
		finding_add(&fs, f, "the account");
	f.ring = RING;
	for (f.index = 0; f.index < nr; f.index++)
		finding_add(&fs, f, "slot %d", f.index);
	standing_merge(s, l, &fs, ms * MS, ms * MS);
	findings_free(&fs);
}

static void once(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, 16);
	merge(s, l, UNCHARGED_PIN, 3, 1);
	assert_int_equal(told, 3);
	merge(s, l, UNCHARGED_PIN, 3, 2);
	assert_int_equal(told, 3);
	merge(s, l, UNCHARGED_PIN, 5, 3);
	assert_int_equal(told, 5);
	/* a finding that was gone is told again when it returns */
	merge(s, l, UNCHARGED_PIN, 0, 4);
	merge(s, l, UNCHARGED_PIN, 2, 5);
	assert_int_equal(told, 7);
	assert_int_equal(standing_waiting(s), 0);
	standing_free(s);
	ledger_free(l);
}

static void after_a_rest(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, 16);
	merge(s, l, UNCHARGED_PIN, -1, 1000);
	assert_int_equal(told, 0);
	assert_int_equal(standing_waiting(s), 1);
	standing_tell_rested(s, 1049 * MS);
	assert_int_equal(told, 0);
	standing_stir(s, MM, 1049 * MS);
	standing_stir(s, MM2, 1090 * MS);
	merge(s, l, UNCHARGED_PIN, -1, 1060);
	/* a time before it was stirred is no rest */
	standing_tell_rested(s, 1040 * MS);
	standing_tell_rested(s, 1098 * MS);
	assert_int_equal(told, 0);
	standing_tell_rested(s, 1099 * MS);
	assert_int_equal(told, 1);
	standing_tell_rested(s, 2000 * MS);
	merge(s, l, UNCHARGED_PIN, -1, 2000);
	assert_int_equal(told, 1);
	assert_int_equal(standing_waiting(s), 0);
	standing_free(s);
	ledger_free(l);
}

/*
 * A suspicion vanishes, with the end of a call that was under way or of what was wrong: that is not
 * known, so it is told as one.
 */
static void mended_meanwhile(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, 16);
	merge(s, l, OVERCHARGED, -1, 1000);
	assert_int_equal(suspected, 0);
	merge(s, l, OVERCHARGED, 0, 1010);
	standing_tell_rested(s, 2000 * MS);
	assert_int_equal(told, 0);
	assert_int_equal(suspected, 1);
	assert_int_equal(standing_waiting(s), 0);
	/* what is released late was a ghost for a moment, as any is */
	merge(s, l, GHOST_PIN, -1, 1000);
	merge(s, l, GHOST_PIN, 0, 1010);
	assert_int_equal(suspected, 1);
	/* a call that has been under way since before explains it, a later one does not */
	merge(s, l, OVERCHARGED, -1, 1000);
	standing_explain(s, MM, 999 * MS);
	merge(s, l, OVERCHARGED, 0, 1010);
	assert_int_equal(suspected, 1);
	merge(s, l, OVERCHARGED, -1, 1000);
	standing_explain(s, MM, 1001 * MS);
	standing_explain(s, MM2, 999 * MS);
	merge(s, l, OVERCHARGED, 0, 1010);
	assert_int_equal(suspected, 2);
	/* one that waits at the end did not rest */
	merge(s, l, UNCHARGED_PIN, -1, 3000);
	standing_drop_waiting(s);
	assert_int_equal(suspected, 3);
	assert_int_equal(told, 0);
	standing_free(s);
	ledger_free(l);
}

/* Kernels up to 6.12 release a buffer up to a second late, so that the rest is longer there. */
static void ghosts_wait_longer(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, 16);
	merge(s, l, GHOST_PIN, -1, 1000);
	standing_tell_rested(s, 2400 * MS);
	assert_int_equal(told, 0);
	standing_tell_rested(s, 2500 * MS);
	assert_int_equal(told, 1);
	standing_free(s);
	ledger_free(l);
}

static void at_once(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, -3);
	merge(s, l, CHARGE_UNDERFLOW, -1, 1000);
	assert_int_equal(told, 1);
	standing_free(s);
	ledger_free(l);
}

static void after_a_loss(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();
	struct findings fs = { 0 };
	struct finding f = { .tag = OVERCHARGED, .fd = -1, .index = -1, .pid = 812 };

	(void)state;
	see_ring(l, RING, 16, 16);
	merge(s, l, OVERCHARGED, -1, 1000);
	standing_drop_waiting(s);
	assert_int_equal(suspected, 1);
	/* a look tells what it finds at once, and only once */
	for (int i = 0; i < 3; i++) {
		finding_add(&fs, f, "the account");
		standing_look(s, l, &fs, false);
		findings_free(&fs);
	}
	assert_int_equal(told, 1);
	standing_free(s);
	ledger_free(l);
}

/* Feeds a look, which has one finding or none. */
static void look(struct standing *s, struct ledger *l, bool has, bool confirmed, bool all)
{
	struct finding f = {
		.tag = STALE_PAGE, .fd = -1, .index = -1, .pid = 812, .unconfirmed = !confirmed,
	};
	struct findings fs = { 0 };

	if (has)
		finding_add(&fs, f, "pages");
	standing_look(s, l, &fs, all);
	findings_free(&fs);
}

static void balance(struct standing *s, struct ledger *l, bool has)
{
	struct finding f = { .tag = UNEXPLAINED_CHARGE, .fd = -1, .index = -1, .pid = 812 };
	struct findings fs = { 0 };

	if (has)
		finding_add(&fs, f, "the account");
	standing_balance(s, l, &fs);
	findings_free(&fs);
}

/* The balance is taken less often than everything is looked at: a look does not forget it. */
static void by_the_balance(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, 16);
	balance(s, l, true);
	look(s, l, true, true, true);
	assert_int_equal(told, 2);
	look(s, l, false, true, true);
	balance(s, l, true);
	assert_int_equal(told, 2);
	balance(s, l, false);
	balance(s, l, true);
	assert_int_equal(told, 3);
	standing_free(s);
	ledger_free(l);
}

/* What only looks show stands from one look to the next, whatever calls come between. */
static void by_looks(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, 16);
	look(s, l, true, false, true);
	look(s, l, true, false, true);
	assert_int_equal(told, 0);
	assert_int_equal(suspected, 1);
	assert_int_equal(standing_waiting(s), 0);
	standing_tell_rested(s, 1000 * MS);
	look(s, l, true, true, true);
	assert_int_equal(told, 1);
	merge(s, l, STALE_PAGE, 0, 1000);
	look(s, l, true, true, true);
	assert_int_equal(told, 1);
	/* neither a doubt nor a look that left something out takes it back */
	look(s, l, true, false, true);
	look(s, l, false, false, false);
	merge(s, l, STALE_PAGE, 0, 1001);
	look(s, l, true, true, true);
	assert_int_equal(told, 1);
	look(s, l, false, false, true);
	look(s, l, true, true, true);
	assert_int_equal(told, 2);
	assert_int_equal(suspected, 1);
	standing_free(s);
	ledger_free(l);
}

/* A look found so many requests over a slot of a ring, whose holder is .known. */
static void look_at_requests(struct standing *s, struct ledger *l, __u64 requests, bool known, bool all)
{
	struct findings fs = { 0 };
	struct finding f = {
		.tag = OVERLAP, .ring = RING, .pid = 812, .fd = known ? 6 : -1, .uid = known ? 1000 : 0,
		.requests = requests,
	};

	if (requests)
		finding_add(&fs, f, "%llu requests", requests);
	standing_look(s, l, &fs, all);
	findings_free(&fs);
}

/* What is counted while it comes is told at once, and what it came to when it is over, or at the end. */
static void counted(void **state)
{
	struct ledger *l = ledger_new();
	struct standing *s = new_set();

	(void)state;
	see_ring(l, RING, 16, 16);
	look_at_requests(s, l, 3, true, true);
	look_at_requests(s, l, 5, true, true);
	/* its ring has ended, and nobody holds it: it is the same all the same */
	look_at_requests(s, l, 7, false, true);
	assert_int_equal(told, 1);
	assert_int_equal(grown_to, 0);
	standing_tell_grown(s);
	assert_int_equal(grown_to, 7);
	standing_tell_grown(s);
	look_at_requests(s, l, 11, false, false);
	look_at_requests(s, l, 0, true, false);
	assert_int_equal(grown_to, 7);
	look_at_requests(s, l, 0, true, true);
	assert_int_equal(grown_to, 11);
	look_at_requests(s, l, 2, true, true);
	standing_tell_grown(s);
	assert_int_equal(told, 2);
	assert_int_equal(grown_to, 11);
	standing_free(s);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once),
		cmocka_unit_test(after_a_rest),
		cmocka_unit_test(mended_meanwhile),
		cmocka_unit_test(ghosts_wait_longer),
		cmocka_unit_test(at_once),
		cmocka_unit_test(after_a_loss),
		cmocka_unit_test(by_looks),
		cmocka_unit_test(by_the_balance),
		cmocka_unit_test(counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
