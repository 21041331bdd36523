// SPDX-License-Identifier: GPL-2.0
/*
 * An address says where in a buffer an I/O was only for who has the memory that was registered. What a
 * ring has no row of is its process's.
 */
#include "facts.h"
#include "checks/advice.h"
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

/* ---- where tables were full, numbers are said to be at least so many ------------------- */

static struct advices advised(const struct io_model *m)
{
	struct advices a = { 0 };
	struct ledger *l = ledger_new();

	advise(m, l, &a);
	ledger_free(l);
	assert_int_equal(a.nr, 1);
	return a;
}

/* Operations of rings that have no row are known of the process; of how many rings only some. */
static void rings(void **state)
{
	struct io_model m = { .t_ns = 1000000000ULL };
	struct advices a;
	struct io_row *r;

	(void)state;
	for (int i = 0; i < 101; i++) {
		r = io_model_row(&m, RING + (i % 7) * 4096, 1 + i, IO_WHO(907, 4, true));
		r->c.ops = 1;
		r->c.fd = 5;
	}
	a = advised(&m);
	assert_false(a.list[0].at_least);
	assert_string_equal(a.list[0].detail, "pid 907: 101 rings were made for 101 operations");
	advices_free(&a);
	r = io_model_row(&m, IO_RING_ANY, 0, IO_WHO(907, 4, true));
	r->c.ops = 103;
	r->rings = 47;
	a = advised(&m);
	assert_true(a.list[0].at_least);
	assert_int_equal(a.list[0].ops, 204);
	assert_string_equal(a.list[0].detail, "pid 907: at least 148 rings were made for 204 operations");
	advices_free(&a);
	io_model_free(&m);
}

/* Calls that were lost may be of this ring, and operations of it in its process's row. */
static void calls(void **state)
{
	struct io_calls_row c = {
		.ring = RING, .born_ns = 5,
		.calls = { .registers = 101, .unregisters = 97, .last_ns = 2000000, .pid = 812 },
	};
	struct io_model m = { .t_ns = 1000000000ULL, .calls = &c, .nr_calls = 1, .calls_lost = 7 };
	struct io_row *r = io_model_row(&m, RING, 5, IO_WHO(812, 4, true));
	struct advices a;

	(void)state;
	r->c.ops = r->fixed_ops = 1009;
	io_model_row(&m, IO_RING_ANY, 0, IO_WHO(812, 4, true))->c.ops = 103;
	a = advised(&m);
	assert_true(a.list[0].at_least);
	assert_contains(a.list[0].detail, "registered at least 101 times and unregistered at least 97 times in 2.00ms, for at least 1009 operations that used it");
	advices_free(&a);
	/* the ring has no row any more */
	io_model_drop_rows(&m);
	io_model_row(&m, IO_RING_ANY, 0, IO_WHO(812, 4, true))->c.ops = 103;
	a = advised(&m);
	assert_contains(a.list[0].detail, "97 times in 2.00ms");
	assert_null(strstr(a.list[0].detail, "operations"));
	advices_free(&a);
	m.calls = NULL;
	m.nr_calls = 0;
	io_model_free(&m);
}

/* How far a buffer was touched is not known where uses were lost. */
static void buffers(void **state)
{
	struct io_buffer_row use = { .key = { .ring = RING, .addr = ADDR }, .use = { .ops = 1009, .max_end = 1 } };
	struct io_model m = { .t_ns = 1000000000ULL, .buffers = &use, .nr_buffers = 1 };
	struct ledger *l = ledger_new();

	(void)state;
	see_ring(l, RING, 0, 0);
	see_buffer(l, RING, 0, BUF(0), ADDR, 8 * MIB, 4);
	io_model_row(&m, RING, 0, IO_WHO(812, 4, true))->c.ops = 1009;
	for (m.loss.no_buffer = 0; m.loss.no_buffer < 2; m.loss.no_buffer++) {
		struct advices a = { 0 };
		size_t nr = 0;

		advise(&m, l, &a);
		for (size_t i = 0; i < a.nr; i++)
			nr += !strcmp(a.list[i].tag, "oversized-buffer");
		assert_int_equal(nr, !m.loss.no_buffer);
		advices_free(&a);
	}
	m.buffers = NULL;
	m.nr_buffers = 0;
	io_model_free(&m);
	ledger_free(l);
}

#define ONE_ADDRESS 1009

/* Rings without a row of their own, one after another at one address: of the newest one use is kept. */
static void one_after_another(void **state)
{
	static struct io_buffer_row used[ONE_ADDRESS];
	struct io_model m = { .buffers = used, .nr_buffers = ONE_ADDRESS };
	struct ledger *l = ledger_new();
	struct digests d = { 0 };

	(void)state;
	for (int i = 0; i < ONE_ADDRESS; i++) {
		/* the newest in their midst */
		used[i].born_ns = 1 + (i + 503) % ONE_ADDRESS;
		used[i].key = (struct io_buffer_key){ .ring = RING, .addr = ADDR, .index = 3 };
		used[i].use.ops = used[i].born_ns;
	}
	digests_take(&d, &m, l);
	assert_int_equal(HASH_COUNT(d.uses), 1);
	assert_int_equal(d.uses->use->ops, ONE_ADDRESS);
	digests_free(&d);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_memory),
		cmocka_unit_test(child_alone),
		cmocka_unit_test(registered_by),
		cmocka_unit_test(without_account),
		cmocka_unit_test(rings), cmocka_unit_test(calls), cmocka_unit_test(buffers),
		cmocka_unit_test(one_after_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
