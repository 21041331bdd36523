// SPDX-License-Identifier: GPL-2.0
#include "checks/causes.h"
#include "unit.h"

#define RING	0x1000
#define MM	0x77

static struct cause cause(enum cause_kind kind, __u64 ring, __u64 mm, __u32 uid, __u32 call)
{
	struct cause c = { .kind = kind, .fd = -1 };

	c.call.h.ring = ring;
	c.call.h.call = call;
	c.call.mm = mm;
	c.call.charged_uid = uid;
	return c;
}

static void add(struct causes *cs, __u64 ring, __u64 mm, __u32 uid, __u32 call)
{
	const struct cause c = cause(CAUSE_CALL, ring, mm, uid, call);

	causes_add(cs, &c);
}

static __u32 call_of(const struct causes *cs, const struct finding *f, __u64 mm)
{
	const struct cause *c = causes_of(cs, f, mm);

	return c ? c->call.h.call : 0;
}

static void what_is_blamed(void **state)
{
	struct finding of_ring = { .tag = UNCHARGED_PIN, .ring = RING };
	struct finding of_mm = { .tag = GHOST_PIN, .mm = MM };
	struct finding of_user = { .tag = OVER_LIMIT, .uid = 1000 };
	struct causes cs = { 0 };

	(void)state;
	/* nothing happened */
	assert_int_equal(call_of(&cs, &of_ring, MM), 0);
	add(&cs, RING, MM, 1000, 1);
	/* a call on its ring */
	assert_int_equal(call_of(&cs, &of_ring, MM), 1);
	/* a call on a ring of its address space */
	assert_int_equal(call_of(&cs, &of_mm, MM), 1);
	/* a call of its user */
	assert_int_equal(call_of(&cs, &of_user, 0), 1);
	add(&cs, 0x2000, MM, 1000, 2);
	/* another ring of the account may have done it, later */
	assert_int_equal(call_of(&cs, &of_ring, MM), 2);
	add(&cs, 0x3000, 0x88, 1001, 3);
	/* another user's has not */
	assert_int_equal(call_of(&cs, &of_ring, MM), 2);
	/* nor to that user's limit */
	assert_int_equal(call_of(&cs, &of_user, 0), 2);
	add(&cs, RING, MM, 1000, 4);
	/* the last call on a ring is to blame */
	assert_int_equal(call_of(&cs, &of_ring, MM), 4);
	causes_clear(&cs);
	/* what was checked is nobody's any more */
	assert_int_equal(call_of(&cs, &of_ring, MM), 0);
}

/* A watch that comes late reads very many events in one go, most of them of others. */
static void beside_others(void **state)
{
	struct finding f = { .tag = UNCHARGED_PIN, .ring = RING };
	struct causes cs = { 0 };

	(void)state;
	add(&cs, RING, MM, 1000, 1);
	for (__u32 i = 0; i < 100000; i++)
		add(&cs, 0x4000, 0x99, 1001, 2 + i);
	/* no number of another's calls pushes a call out */
	assert_int_equal(call_of(&cs, &f, MM), 1);
	for (__u32 i = 0; i < 1000; i++) {
		const struct cause end = cause(CAUSE_RELEASE, 0x10000 + i, 0x99, 1001, 0);

		causes_add(&cs, &end);
	}
	/* nor do others' rings that end */
	assert_int_equal(call_of(&cs, &f, MM), 1);
	for (__u32 i = 0; i < 2 * MAX_CAUSES; i++)
		add(&cs, 0x100000 + i, 0x99, 1001, 7);
	/* of more rings than there is room for the oldest goes */
	assert_int_equal(call_of(&cs, &f, MM), 0);
	f.ring = 0x100000 + 2 * MAX_CAUSES - 1;
	/* and the newest stays */
	assert_int_equal(call_of(&cs, &f, MM), 7);
	causes_clear(&cs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_blamed),
		cmocka_unit_test(beside_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
