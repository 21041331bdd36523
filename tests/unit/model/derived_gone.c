// SPDX-License-Identifier: GPL-2.0
/* Where an account stands after each of several requests that held buffers has ended. */
#include "facts.h"
#include "model/derived.h"

#define NR	3

static __s64 before[NR + 1], after[NR + 1];
static unsigned int uncharges;

static void note(const struct fact *f, void *arg)
{
	const struct fact_charge *c = (const void *)f;

	(void)arg;
	if (f->kind != FACT_UNCHARGE || uncharges > NR)
		return;
	before[uncharges] = c->user_before_pages;
	after[uncharges++] = c->user_after_pages;
}

static void drop(struct ledger *l, __u32 index)
{
	struct fact_buffer f = fact_buffer(RING, index, BUF(index), ADDR, 8192, 1);

	f.buf_flags = BUFFER_F_EMPTY;
	FEED(l, f);
}

static void ends(struct ledger *l, __u32 index)
{
	struct fact_in_use u = {
		.h = fact_head(FACT_IN_USE, sizeof(u), RING), .buf = BUF(index), .node = index + 1,
	};

	u.h.t_ns = 2000 + index;
	FEED(l, u);
}

/* .seen: the level is seen before the last of them ends. */
static void run(bool seen)
{
	struct derived d = { .tell = note };
	struct ledger *l = ledger_new();
	struct fact_ring look;

	uncharges = 0;
	derived_observe(&d, l);
	see_ring(l, RING, 100, 100);
	for (__u32 i = 0; i < NR; i++)
		see_buffer(l, RING, i, BUF(i), ADDR, 8192, 1);
	for (__u32 i = 0; i < NR; i++) {
		struct fact_in_use u = {
			.h = fact_head(FACT_IN_USE, sizeof(u), RING), .buf = BUF(i), .node = i + 1, .requests = 1,
		};

		FEED(l, u);
		drop(l, i);
	}
	for (__u32 i = 0; i < NR; i++) {
		if (seen && i == NR - 1) {
			look = fact_ring(FACT_RING, RING, 71, 71);
			look.h.t_ns = 3000;
			FEED(l, look);
		}
		ends(l, i);
	}
	ledger_free(l);
	derived_free(&d);
}

static void each_begins_where_the_last_one_stopped(void **state)
{
	(void)state;
	run(false);
	assert_int_equal(uncharges, NR);
	assert_int_equal(before[0], 100);
	for (unsigned int i = 1; i < NR; i++)
		assert_int_equal(before[i], after[i - 1]);
	assert_true(after[NR - 1] < 100);
}

static void a_level_that_is_seen_counts(void **state)
{
	(void)state;
	run(true);
	assert_int_equal(uncharges, NR);
	assert_int_equal(before[NR - 1], 71);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_begins_where_the_last_one_stopped),
		cmocka_unit_test(a_level_that_is_seen_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
