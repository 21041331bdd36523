// SPDX-License-Identifier: GPL-2.0
/* An address says where in a buffer an I/O was only for who has the memory that was registered. */
#include "facts.h"
#include "checks/advice_digest.h"

#define CHILD_MM (MM + 4096)

struct world {
	struct io_model m;
	struct ledger *l;
};

static void hold(struct world *w, __u32 pid, __u64 mm)
{
	struct fact_holder h = fact_holder(RING, pid, 6, 100, 100);

	h.mm = mm;
	FEED(w->l, h);
}

/* .pid did plain I/O on the ring. */
static void use(struct world *w, __u32 pid)
{
	io_model_row(&w->m, RING, 0, IO_WHO(pid, 22, false))->c.ops = 101;
}

/* A buffer at ADDR, of a ring that is held by 812, whose it is, and by a child that a fork made. */
static void begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->l = ledger_new();
	see_ring(w->l, RING, 100, 100);
	see_buffer(w->l, RING, 0, BUF(0), ADDR, 65536, 16);
	hold(w, 813, CHILD_MM);
	w->m.addresses = calloc(2, sizeof(*w->m.addresses));
	w->m.nr_addresses = 2;
	for (int i = 0; i < 2; i++)
		w->m.addresses[i] = (struct io_address_row){
			.key = { RING, ADDR + i * MIB },
			.use = { .ops = 103, .bytes = 103 * 4096, .max_len = 4096, .direct = 103 },
		};
}

static void end(struct world *w)
{
	io_model_free(&w->m);
	ledger_free(w->l);
}

/* Whether its addresses are judged: one lies in the buffer then, one outside. */
static bool judged(struct world *w)
{
	struct digests d = { 0 };
	const struct plain_use *u;
	bool is;

	digests_take(&d, &w->m, w->l);
	u = &digests_find(&d, RING, 0)->plain;
	is = d.nr_plain;
	assert_int_equal(d.nr_unjudged, !is);
	assert_int_equal(u->inside_ops[PLAIN_RW], is ? 103 : 0);
	assert_int_equal(u->outside_ops, is ? 103 : 0);
	digests_free(&d);
	return is;
}

static void by_memory(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	use(&w, 812);
	assert_true(judged(&w));
	/* another process that shares the memory */
	hold(&w, 814, MM);
	use(&w, 814);
	assert_true(judged(&w));
	/* fixed I/O has no address of the child's */
	io_model_row(&w.m, RING, 0, IO_WHO(813, 4, true))->c.ops = 107;
	assert_true(judged(&w));
	use(&w, 813);
	assert_false(judged(&w));
	end(&w);
}

static void child_alone(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	use(&w, 813);
	assert_false(judged(&w));
	end(&w);
	/* it is gone; its parent holds the ring */
	begin(&w);
	use(&w, 812);
	use(&w, 815);
	assert_false(judged(&w));
	end(&w);
}

static void registered_by(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	use(&w, 812);
	w.m.calls = calloc(1, sizeof(*w.m.calls));
	w.m.nr_calls = 1;
	w.m.calls[0] = (struct io_calls_row){ .ring = RING, .calls = { .registers = 1, .pid = 813 } };
	assert_false(judged(&w));
	w.m.calls[0].calls.pid = 812;
	assert_true(judged(&w));
	/* not told by older recordings */
	w.m.calls[0].calls.pid = 0;
	assert_true(judged(&w));
	end(&w);
}

/* Whose memory the ring's is, is not known; of one process that holds it, it is. */
static void without_account(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.l->rings->mm = NULL;
	use(&w, 812);
	assert_false(judged(&w));
	w.l->rings->nr_holders = 1;
	assert_true(judged(&w));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_memory),
		cmocka_unit_test(child_alone),
		cmocka_unit_test(registered_by),
		cmocka_unit_test(without_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
