// SPDX-License-Identifier: GPL-2.0
/* Whose view of a buffer counts. */
#include "capture/decisive.h"
#include "unit.h"

/* M: made the ring, H: holds it, P: has pinned memory; its pages: + all, x others' memory, */
/* a the same in private memory, - nothing is mapped, ? none could be looked at; S: it submits, s: not */
static struct view view(const char *is)
{
	struct view v = { .submits = SUBMITS_UNKNOWN };

	for (; *is; is++)
		switch (*is) {
		case 'M': v.maker = true; break;
		case 'H': v.holds = true; break;
		case 'P': v.may_have = true; break;
		case 'S': v.submits = SUBMITS; break;
		case 's': v.submits = SUBMITS_NOT; break;
		case '+': v.all = true, v.same = 17; break;
		case 'x': v.other = v.shared = true, v.same = 14; break;
		case 'a': v.other = true; break;
		case '?': v.unseen = true; break;
		default: break;
		}
	return v;
}

/* Whether the view is of nobody who goes on with the ring. */
static void bystanders(void **state)
{
	struct view forked = view("Hsa"), daemon = view("HSa"), maker = view("MHP?");

	(void)state;
	assert_false(view_is_bystanders(&forked));
	forked.passes_by = daemon.passes_by = true;
	assert_true(view_is_bystanders(&forked));
	/* it has submitted */
	assert_false(view_is_bystanders(&daemon));
	assert_false(view_is_bystanders(&maker));
	maker.ended = true;
	assert_true(view_is_bystanders(&maker));
}

/* Which is told, -1: it is contested. */
static int told(const char *first, const char *second, const char *third)
{
	struct view v[] = { view(first), view(second), view(third ? third : "") };
	bool contested;
	size_t i = decisive_view(v, third ? 3 : 2, &contested);

	if (contested)
		assert_true(v[i].all);
	return contested ? -1 : (int)i;
}

static void maker_decides(void **state)
{
	(void)state;
	/* what a child has there is its own affair */
	assert_int_equal(told("MHPS+", "HPsx", NULL), 0);
	assert_int_equal(told("MHPS+", "HSx", "HPx"), 0);
	assert_int_equal(told("MHPS+", "HPSa", NULL), 0);
	assert_int_equal(told("MHPS+", "Ha", NULL), 0);
	/* one that has never pinned anything did not register it */
	assert_int_equal(told("MHPSx", "H+", NULL), 0);
	assert_int_equal(told("MHPSx", "HS+", "Hs+"), 0);
	/* who could not be looked at is not vouched for */
	assert_int_equal(told("MHP?", "H+", NULL), 0);
	/* it sees no other memory, and a child that has it can use it */
	assert_int_equal(told("MHPS-", "H+", NULL), 1);
	assert_int_equal(told("M?", "H+", NULL), 1);
}

static void child_decides(void **state)
{
	(void)state;
	/* the maker has pinned nothing: it did not register it */
	assert_int_equal(told("MHSx", "HP+", NULL), 1);
	assert_int_equal(told("MHSx", "HP+", "HSx"), 1);
	/* private memory is in one address space alone */
	assert_int_equal(told("MHPSa", "HP+", NULL), 1);
	assert_int_equal(told("HPSa", "HPS+", "HPSa"), 1);
	/* what exec made holds the ring by chance */
	assert_int_equal(told("HPsx", "HS+", NULL), 1);
	/* nobody who holds it could have registered it: they go on with it, but for one */
	assert_int_equal(told("Hsx", "HS+", NULL), 1);
}

static void only_others_can_use_it(void **state)
{
	(void)state;
	assert_int_equal(told("MP+", "HSa", NULL), 1);
	assert_int_equal(told("MP+", "HPSx", NULL), 1);
	assert_int_equal(told("MP+", "Hsa", NULL), 0);
	assert_int_equal(told("MP+", "Ha", NULL), -1);
	assert_int_equal(told("MP+", "Hsa", "HSa"), 2);
	assert_int_equal(told("MP+", "Ha", "HSa"), 2);
}

/* Nobody who goes on with the ring has what is pinned. */
static void heirs(void **state)
{
	(void)state;
	assert_int_equal(told("HSx", "Hs+", NULL), 0);
	assert_int_equal(told("HSx", "Hs+", "HS+"), -1);
	assert_int_equal(told("Hsx", "Hs+", NULL), 1);
}

static void contested(void **state)
{
	(void)state;
	assert_int_equal(told("MHPSx", "HP+", NULL), -1);
	assert_int_equal(told("MHPS+", "HPSx", NULL), -1);
	assert_int_equal(told("HPSx", "HPs+", NULL), -1);
	assert_int_equal(told("HSx", "HS+", NULL), -1);
	assert_int_equal(told("HSx", "H+", NULL), -1);
	assert_int_equal(told("MHSx", "HPSx", "H+"), -1);
}

static void nobody_sees_it(void **state)
{
	(void)state;
	assert_int_equal(told("MHPSx", "HPx", NULL), 0);
	assert_int_equal(told("MHPS-", "HPx", NULL), 1);
	assert_int_equal(told("MPx", "Hx", NULL), 1);
	assert_int_equal(told("?", "Ha", NULL), 1);
	assert_int_equal(told("MHS-", "Hs-", NULL), 0);
	assert_int_equal(told("MHPS?", "H?", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maker_decides), cmocka_unit_test(child_decides),
		cmocka_unit_test(only_others_can_use_it), cmocka_unit_test(heirs),
		cmocka_unit_test(contested),
		cmocka_unit_test(nobody_sees_it),
		cmocka_unit_test(bystanders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
