// SPDX-License-Identifier: GPL-2.0
/* After a loss there is a new ledger: what requests are known to hold still is released when they end. */
#include "facts.h"
#include "model/derived_kept.h"

#define NODE	5

static unsigned int unpins;

static void count(const struct fact *f, void *arg)
{
	(void)arg;
	unpins += f->kind == FACT_UNPIN;
}

static struct fact_in_use in_use(__u64 buf, __u32 requests)
{
	struct fact_in_use u = {
		.h = fact_head(FACT_IN_USE, sizeof(u), RING), .buf = buf, .node = NODE, .requests = requests,
	};

	return u;
}

/* A look at a ring whose slots hold those, from the first on. */
static struct ledger *look(struct derived *d, unsigned int buffers)
{
	struct ledger *l = ledger_new();

	derived_observe(d, l);
	see_ring(l, RING, 10, 10);
	for (unsigned int i = 0; i < buffers; i++)
		see_buffer(l, RING, i, BUF(i), ADDR, 8192, 1);
	return l;
}

static void drop(struct ledger *l, __u32 index)
{
	struct fact_buffer f = fact_buffer(RING, index, BUF(index), ADDR, 8192, 1);

	f.buf_flags = BUFFER_F_EMPTY;
	FEED(l, f);
}

/* Of three that requests hold, two left their slots before the loss. How many unpins one end brings. */
static unsigned int end_of(unsigned int which, unsigned int buffers, size_t nr_held)
{
	struct derived d = { .tell = count };
	struct ledger *l = look(&d, 3);
	struct fact_in_use held[3];

	for (unsigned int i = 0; i < 3; i++) {
		held[i] = in_use(BUF(i), 1);
		FEED(l, held[i]);
	}
	drop(l, 1);
	drop(l, 2);
	ledger_free(l);
	l = look(&d, buffers);
	derived_keep(&d, held, nr_held);
	unpins = 0;
	if (which < buffers)
		drop(l, which);
	assert_int_equal(unpins, 0);
	held[which].requests = 0;
	FEED(l, held[which]);
	ledger_free(l);
	derived_free(&d);
	return unpins;
}

static void still_held(void **state)
{
	(void)state;
	assert_int_equal(end_of(1, 1, 3), 1);
	assert_int_equal(end_of(2, 1, 3), 1);
	/* its slot is dropped after the loss */
	assert_int_equal(end_of(0, 1, 3), 1);
}

static void not_known(void **state)
{
	(void)state;
	/* nobody follows it any more; it left its slot unseen */
	assert_int_equal(end_of(2, 1, 2), 0);
	assert_int_equal(end_of(0, 0, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(still_held),
		cmocka_unit_test(not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
