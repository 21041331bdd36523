// SPDX-License-Identifier: GPL-2.0
/* A pin that was seen and never undone is told once every ring that held it is gone. */
#include "checks/checks.h"
#include "facts.h"

#define SECOND 1000000000ULL

static struct ledger *exact_ledger(void)
{
	struct ledger *l = ledger_new();

	l->exact = true;
	l->track_pins = true;
	return l;
}

static struct fact_pin fact_pin(enum fact_kind kind, __u64 ring, __u64 buf, __s64 result)
{
	return (struct fact_pin){
		.h = fact_head(kind, sizeof(struct fact_pin), ring),
		.buf = buf, .addr = ADDR, .pages = 13, .refs = 13, .result = result,
		.folio_shift = 12,
	};
}

static void pin(struct ledger *l, __u64 ring, __u64 buf)
{
	struct fact_pin f = fact_pin(FACT_PIN, ring, buf, 0);
	struct fact_buffer b = fact_buffer(ring, 0, buf, ADDR, 13 * 4096, 13);

	FEED(l, f);
	FEED(l, b);
}

static void create(struct ledger *l, __u64 ring)
{
	struct fact_ring f = fact_ring(FACT_RING_CREATE, ring, 0, 0);

	FEED(l, f);
}

static void clone(struct ledger *l, __u64 ring, __u64 buf)
{
	struct fact_buffer b = fact_buffer(ring, 0, buf, ADDR, 13 * 4096, 13);

	FEED(l, b);
}

static void end(struct ledger *l, __u64 ring, __u64 t_ns)
{
	struct fact f = fact_head(FACT_RING_GONE, sizeof(f), ring);

	f.t_ns = t_ns;
	ledger_feed(l, &f);
}

static void unpin(struct ledger *l, __u64 ring, __u64 buf)
{
	struct fact_pin f = fact_pin(FACT_UNPIN, ring, buf, 0);

	FEED(l, f);
}

static size_t nr_leaks(const struct ledger *l, const struct ledger *now)
{
	struct findings fs = { 0 };
	size_t nr;

	check_leaks(l, now, &fs);
	nr = fs.nr;
	findings_free(&fs);
	return nr;
}

static void healthy(void **state)
{
	struct ledger *l = exact_ledger();

	(void)state;
	for (int i = 0; i < 7; i++) {
		create(l, RING);
		pin(l, RING, BUF(i));
		assert_int_equal(nr_leaks(l, NULL), 0);
		unpin(l, RING, BUF(i));
		end(l, RING, SECOND);
		assert_int_equal(nr_leaks(l, NULL), 0);
	}
	assert_null(l->pins);
	ledger_free(l);
}

static void leaked(void **state)
{
	struct ledger *l = exact_ledger();
	struct findings fs = { 0 };
	const struct finding *f;

	(void)state;
	create(l, RING);
	pin(l, RING, BUF(0));
	end(l, RING, SECOND);
	check_leaks(l, NULL, &fs);
	f = only(&fs, LEAKED_PIN);
	assert_int_equal(f->pages, 13);
	assert_int_equal(f->pid, 812);
	assert_int_equal(f->uid, 1000);
	assert_true(f->ring == RING);
	assert_true(f->addr == ADDR);
	assert_int_equal(f->index, -1);
	assert_contains(f->detail, "pid 812 (fio): 13 pages (52 KiB) from 0x7f0000000000");
	assert_int_equal(findings_worst(&fs), SEVERITY_ERROR);
	findings_free(&fs);
	/* the unpin comes after all */
	unpin(l, RING, BUF(0));
	assert_int_equal(nr_leaks(l, NULL), 0);
	ledger_free(l);
}

/* I/O in flight keeps a buffer that left its table, as long as the ring lives. */
static void dropped_only(void **state)
{
	struct ledger *l = exact_ledger();
	struct fact_call c = fact_call(RING, CALL_UNREGISTER, 0, 0, 0);

	(void)state;
	create(l, RING);
	pin(l, RING, BUF(0));
	FEED(l, c);
	assert_null(ledger_buffer(l, BUF(0)));
	assert_int_equal(nr_leaks(l, NULL), 0);
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 1);
	ledger_free(l);
}

static void lives_on_in_a_clone(void **state)
{
	struct ledger *l = exact_ledger();

	(void)state;
	create(l, RING);
	create(l, RING2);
	pin(l, RING, BUF(0));
	clone(l, RING2, BUF(0));
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 0);
	end(l, RING2, 3 * SECOND);
	assert_int_equal(nr_leaks(l, NULL), 1);
	ledger_free(l);
}

/* Each of two rings could look as if the other kept the buffer. */
static void dropped_by_two_at_once(void **state)
{
	struct ledger *l = exact_ledger();

	(void)state;
	create(l, RING);
	create(l, RING2);
	pin(l, RING, BUF(0));
	clone(l, RING2, BUF(0));
	end(l, RING, SECOND);
	end(l, RING2, SECOND + 1000);
	assert_int_equal(nr_leaks(l, NULL), 0);
	ledger_free(l);
}

/* The ring was made or filled by tasks that are not watched. */
static void held_elsewhere(void **state)
{
	struct ledger *l = exact_ledger(), *now = ledger_new();

	(void)state;
	create(l, RING);
	pin(l, RING, BUF(0));
	end(l, RING, SECOND);
	see_ring(now, RING2, 13, 13);
	assert_int_equal(nr_leaks(l, now), 1);
	see_buffer(now, RING2, 5, BUF(0), ADDR, 13 * 4096, 13);
	assert_int_equal(nr_leaks(l, now), 0);
	ledger_free(now);
	ledger_free(l);
}

static void only_what_was_seen(void **state)
{
	struct ledger *l = exact_ledger();
	struct fact_pin failed = fact_pin(FACT_PIN, RING, BUF(1), -14);
	struct fact_pin derived = fact_pin(FACT_PIN, RING, BUF(2), 0);
	struct fact_pin unknown = fact_pin(FACT_PIN, RING, 0, 0);

	(void)state;
	derived.h.flags = FACT_F_DERIVED;
	see_ring(l, RING, 13, 13);
	see_buffer(l, RING, 0, BUF(0), ADDR, 13 * 4096, 13);
	FEED(l, failed);
	FEED(l, derived);
	FEED(l, unknown);
	/* this pin is of a buffer that was there before */
	unpin(l, RING, BUF(5));
	assert_null(l->pins);
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 0);
	ledger_free(l);

	/* derived pins are concluded, not seen, and prove no leak */
	l = ledger_new();
	create(l, RING);
	pin(l, RING, BUF(0));
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 0);
	ledger_free(l);
}

/* Its program was detached before those of pins: that the ledger does not have it is no end. */
static void ring_was_never_told(void **state)
{
	struct ledger *l = exact_ledger();
	struct fact_pin f = fact_pin(FACT_PIN, RING, BUF(0), 0);

	(void)state;
	FEED(l, f);
	assert_non_null(l->pins);
	assert_int_equal(nr_leaks(l, NULL), 0);
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 0);
	ledger_free(l);
}

/* A pin from before the start may have ended before there was a probe for its end. */
static void only_since_all_probes(void **state)
{
	struct ledger *l = exact_ledger();

	(void)state;
	/* the facts of facts.h have the time 1000 ns */
	l->pins_since_ns = 1001;
	create(l, RING);
	pin(l, RING, BUF(0));
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 0);
	l->pins_since_ns = 1000;
	create(l, RING);
	pin(l, RING, BUF(0));
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 1);
	ledger_free(l);
}

/* The kernel reuses the address of a buffer whose end was not seen. */
static void address_used_again(void **state)
{
	struct ledger *l = exact_ledger();

	(void)state;
	create(l, RING);
	for (int i = 0; i < 5; i++)
		pin(l, RING, BUF(0));
	assert_int_equal(HASH_COUNT(l->pins), 1);
	unpin(l, RING, BUF(0));
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 0);
	ledger_free(l);
}

static void many(void **state)
{
	struct ledger *l = exact_ledger();

	(void)state;
	create(l, RING);
	for (int i = 0; i < 10007; i++) {
		struct fact_pin f = fact_pin(FACT_PIN, RING, BUF(i), 0);

		FEED(l, f);
	}
	for (int i = 0; i < 10007; i++)
		if (i % 101)
			unpin(l, RING, BUF(i));
	assert_int_equal(nr_leaks(l, NULL), 0);
	end(l, RING, SECOND);
	assert_int_equal(nr_leaks(l, NULL), 100);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy),
		cmocka_unit_test(leaked),
		cmocka_unit_test(dropped_only),
		cmocka_unit_test(lives_on_in_a_clone),
		cmocka_unit_test(dropped_by_two_at_once),
		cmocka_unit_test(held_elsewhere),
		cmocka_unit_test(only_what_was_seen),
		cmocka_unit_test(ring_was_never_told),
		cmocka_unit_test(only_since_all_probes),
		cmocka_unit_test(address_used_again),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
