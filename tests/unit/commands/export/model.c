// SPDX-License-Identifier: GPL-2.0
/* Which owners have a series of their own; counters never lose or repeat anything. */
#include <errno.h>
#include "facts.h"
#include "base/alloc.h"
#include "commands/export/model.h"
#include "model/histogram.h"

static const struct selection everybody;

#define SECOND 1000000000ULL

static struct export_model m;

static int set_up(void **state)
{
	(void)state;
	export_model_init(&m, EXPORT_BY_COMM, 3, &everybody);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	export_model_free(&m);
	return 0;
}

static void call_of(const char *comm, __u32 uid, __s64 result, __u64 t_ns)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, result);

	c.h.comm = comm_of(comm);
	c.h.uid = uid;
	c.h.t_ns = t_ns;
	export_call(&m, &c, "a cause");
}

static struct owner *owner_of(const char *comm)
{
	for (struct owner *o = m.owners; o; o = o->hh.next)
		if (!strcmp(o->key.comm.bytes, comm))
			return o;
	return NULL;
}

static void calls_by_result(void **state)
{
	const struct owner *o;

	(void)state;
	for (int i = 0; i < 5; i++)
		call_of("fio", 1000, 0, 1);
	for (int i = 0; i < 3; i++)
		call_of("fio", 1000, -ENOMEM, 1);
	call_of("fio", 1001, 0, 1);
	o = owner_of("fio");
	assert_int_equal(HASH_COUNT(m.owners), 2);
	assert_int_equal(o->nr_calls, 2);
	assert_int_equal(o->calls[0].count, 5);
	assert_int_equal(o->calls[1].error, ENOMEM);
	assert_int_equal(o->calls[1].count, 3);
}

/* Both kinds of update calls are counted as one; only a call whose start was seen is timed. */
static void call_time(void **state)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER2, 1, 1, 0);
	const struct bounded *b = &m.call_time[CALL_REGISTER];

	(void)state;
	c.h.t_ns = 10000;
	export_call(&m, &c, "a cause");
	assert_int_equal(b->sum_ns, 0);
	c.start_ns = 10000 - 1023;
	export_call(&m, &c, "a cause");
	c.start_ns = 10000 - 1024;
	export_call(&m, &c, "a cause");
	assert_int_equal(b->count[0], 1);
	assert_int_equal(b->count[1], 1);
	assert_int_equal(b->sum_ns, 2047);
	c.start_ns = 1;
	c.h.t_ns = 1 + (1ULL << 40);
	export_call(&m, &c, "a cause");
	assert_int_equal(b->count[BOUNDS], 1);
}

static void own_calls_are_not_told(void **state)
{
	(void)state;
	m.own_pids[1] = 812;
	call_of("fio", 1000, 0, 1);
	assert_null(m.owners);
}

/* A ring of who was asked for and one beside it on the same user's account; calls of both. */
static void only_what_was_asked_for(void **state)
{
	const struct selection one = { .has_uid = true, .uid = 1001 };
	struct ledger *l = ledger_new();
	struct fact_ring r = fact_ring(FACT_RING, RING, 5, 5), r2 = fact_ring(FACT_RING, RING2, 5, 5);
	struct fact_holder h = fact_holder(RING, 812, 6, 5, 5), h2 = fact_holder(RING2, 813, 6, 5, 5);

	(void)state;
	r2.mm = h2.mm = MM2;
	h2.h.uid = 1001;
	h2.h.comm = comm_of("asked");
	FEED(l, r);
	FEED(l, h);
	FEED(l, r2);
	FEED(l, h2);
	m.select = &one;
	call_of("fio", 1000, 0, 1);
	call_of("asked", 1001, 0, 1);
	export_rings(&m, l, SECOND);
	assert_int_equal(HASH_COUNT(m.owners), 1);
	assert_int_equal(owner_of("asked")->rings, 1);
	assert_int_equal(owner_of("asked")->calls[0].count, 1);
	assert_int_equal(owner_of("asked")->account_pages, 5);
	assert_int_equal(m.nr_users, 1);
	ledger_free(l);
}

static void the_rest_is_other(void **state)
{
	(void)state;
	call_of("a", 1, 0, 1);
	call_of("b", 1, 0, 1);
	call_of("c", 1, 0, 1);
	assert_null(m.other);
	call_of("d", 1, 0, 2);
	call_of("e", 1, 0, 3);
	call_of("d", 1, 0, 4);
	assert_int_equal(HASH_COUNT(m.owners), 3);
	assert_int_equal(m.other->calls[0].count, 3);
	assert_int_equal(m.folded, 2);
}

/* An owner that was not seen for long and has nothing now is evicted for another. */
static void idle_owners_make_room(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	see_ring(l, RING, 0, 0);
	export_rings(&m, l, 1);
	call_of("b", 1, 0, 2);
	call_of("c", 1, 0, 3);
	call_of("d", 1, 0, IDLE_NS);
	assert_int_equal(m.other->calls[0].count, 1);
	call_of("d", 1, 0, IDLE_NS + 3);
	assert_non_null(owner_of("d"));
	assert_null(owner_of("b"));
	assert_non_null(owner_of("fio"));
	assert_non_null(owner_of("c"));
	ledger_free(l);
}

/* A program of this name that has a ring with one buffer. */
static void see_program_of(struct ledger *l, int i, const char *comm, __u64 bytes, __u32 uid)
{
	__u64 ring = RING + i * 0x10000, mm = MM + i * 0x1000;
	struct fact_ring r = fact_ring(FACT_RING, ring, 0, 0);
	struct fact_holder h = fact_holder(ring, 900 + i, 6, 0, 0);

	r.h.flags = FACT_F_SNAPSHOT;
	r.mm = h.mm = mm;
	r.user = USER + uid * 0x100;
	r.charged_uid = h.h.uid = uid;
	r.h.pid = 900 + i;
	r.h.comm = h.h.comm = comm_of(comm);
	FEED(l, h);
	FEED(l, r);
	see_buffer(l, ring, 0, BUF(40 + i), ADDR + i * 1024 * MIB, bytes, 1);
}

static void see_program(struct ledger *l, int i, const char *comm, __u64 bytes)
{
	see_program_of(l, i, comm, bytes, 1000);
}

static __u64 calls_told(void)
{
	__u64 sum = 0;

	for (struct owner *o = m.owners; o; o = o->hh.next)
		for (size_t i = 0; i < o->nr_calls; i++)
			sum += o->calls[i].count;
	for (size_t i = 0; m.other && i < m.other->nr_calls; i++)
		sum += m.other->calls[i].count;
	return sum;
}

/* Twenty minutes of names that end as soon as they have begun, at 40 a second. */
static void names_that_end_take_no_place(void **state)
{
	const int seconds = 20 * 60, rate = 40;
	struct ledger *l = ledger_new();
	char comm[16];

	(void)state;
	for (int i = 0; i < seconds * rate; i++) {
		snprintf(comm, sizeof(comm), "n%d", i);
		call_of(comm, 1, 0, (i + 1) * (SECOND / rate));
		/* it is scraped every 15 seconds */
		if (i % (15 * rate))
			continue;
		export_rings(&m, l, (i + 1) * (SECOND / rate));
		export_told(&m);
	}
	see_program(l, 1, "living", 4096);
	export_rings(&m, l, seconds * SECOND);
	assert_non_null(owner_of("living"));
	assert_int_equal(owner_of("living")->buffers, 1);
	assert_int_equal(HASH_COUNT(m.owners), 3);
	/* and a new name is told as soon as those before it were */
	export_told(&m);
	call_of("late", 1, 0, seconds * SECOND);
	assert_non_null(owner_of("late"));
	assert_non_null(owner_of("living"));
	ledger_free(l);
}

/* What gives its place away before anybody was told is told with the others'. */
static void nothing_is_forgotten_untold(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	call_of("a", 1, 0, 1);
	call_of("b", 1, 0, 2);
	call_of("c", 1, -ENOMEM, 3);
	call_of("d", 1, 0, 4);
	see_program(l, 1, "e", 4096);
	see_program(l, 2, "f", 4096);
	see_program(l, 3, "g", 4096);
	export_rings(&m, l, 5);
	assert_non_null(owner_of("e"));
	assert_non_null(owner_of("f"));
	assert_non_null(owner_of("g"));
	assert_int_equal(calls_told(), 4);
	ledger_free(l);
}

/* Of more programs than there are places the largest have one, whenever they came. */
static void the_largest_have_a_place(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	see_program(l, 1, "small", 1 * MIB);
	see_program(l, 2, "middle", 4 * MIB);
	see_program(l, 3, "big", 16 * MIB);
	export_rings(&m, l, 1);
	see_program(l, 4, "bigger", 64 * MIB);
	see_program(l, 5, "tiny", 4096);
	export_rings(&m, l, 2);
	assert_null(owner_of("small"));
	assert_null(owner_of("tiny"));
	assert_non_null(owner_of("middle"));
	assert_non_null(owner_of("big"));
	assert_int_equal(owner_of("bigger")->bytes, 64 * MIB);
	assert_int_equal(m.other->bytes, 1 * MIB + 4096);
	export_rings(&m, l, 3);
	assert_non_null(owner_of("middle"));
	ledger_free(l);
}

/* A user with as many programs as there are places leaves others theirs, however small, and takes none back. */
static void each_user_has_a_share(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	see_program_of(l, 1, "a", 5 * MIB, 1000);
	see_program_of(l, 2, "b", 7 * MIB, 1000);
	see_program_of(l, 3, "c", 11 * MIB, 1000);
	export_rings(&m, l, 1);
	see_program_of(l, 4, "other", 4096, 1001);
	export_rings(&m, l, 2);
	assert_non_null(owner_of("other"));
	assert_null(owner_of("a"));
	assert_int_equal(m.other->bytes, 5 * MIB);
	see_program_of(l, 5, "d", 1024 * MIB, 1000);
	export_rings(&m, l, 3);
	assert_non_null(owner_of("other"));
	assert_non_null(owner_of("d"));
	assert_null(owner_of("b"));
	/* nor by calls of what ends at once */
	export_told(&m);
	call_of("late", 1002, 0, 4);
	export_told(&m);
	call_of("e", 1000, 0, 5);
	assert_non_null(owner_of("other"));
	assert_non_null(owner_of("late"));
	assert_null(owner_of("e"));
	assert_int_equal(m.other->calls[0].count, 1);
	ledger_free(l);
}

static void gauges_are_of_now(void **state)
{
	struct ledger *l = ledger_new();
	const struct owner *o;

	(void)state;
	see_ring(l, RING, 100, 99);
	see_ring(l, RING2, 100, 99);
	see_buffer(l, RING, 0, BUF(1), ADDR + 100, 4096, 2);
	see_buffer(l, RING, 1, BUF(2), ADDR + MIB, 8192, 2);
	see_buffer(l, RING2, 0, BUF(1), ADDR + 100, 4096, 2);
	export_rings(&m, l, 1);
	o = owner_of("fio");
	assert_int_equal(o->rings, 2);
	assert_int_equal(o->buffers, 2);
	assert_int_equal(o->bytes, 4096 + 8192);
	assert_int_equal(o->pinned_pages, 4);
	assert_int_equal(o->charged_pages, 4);
	assert_int_equal(o->account_pages, 99);
	assert_int_equal(m.nr_users, 1);
	assert_int_equal(m.users[0].locked_pages, 100);
	assert_int_equal(m.users[0].limit_bytes, 8 * MIB);
	export_rings(&m, l, 2);
	assert_int_equal(o->rings, 2);
	ledger_free(l);
	l = ledger_new();
	export_rings(&m, l, 3);
	assert_int_equal(o->rings, 0);
	assert_false(o->now);
	assert_int_equal(m.nr_users, 0);
	ledger_free(l);
}

static void users_are_bounded(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	for (__u32 i = 0; i < 5; i++) {
		struct fact_ring r = fact_ring(FACT_RING, RING + i * 0x1000, 10 + i, 0);

		r.h.flags = FACT_F_SNAPSHOT;
		r.user = USER + i * 0x100;
		r.charged_uid = 1000 + i;
		FEED(l, r);
	}
	export_rings(&m, l, 1);
	assert_int_equal(m.nr_users, 4);
	assert_int_equal(m.users[0].uid, 1004);
	assert_true(m.users[3].other);
	assert_int_equal(m.users[3].locked_pages, 10 + 11);
	ledger_free(l);
}

/* ---- I/O -------------------------------------------------------------------------- */

static void read_io(__u64 ring, __u64 ops, __u64 ns)
{
	struct io_model io = { 0 };
	struct io_row *r = io_model_row(&io, ring, 0, IO_WHO(812, 4, true));

	r->c.comm = comm_of("fio");
	r->c.ops = ops;
	r->c.bytes = 512 * ops;
	hist_add(&r->hist, hist_index(ns), ops);
	r->c.latency_ns = ops * ns;
	export_io(&m, &io, &io, 1);
	io_model_free(&io);
}

static __u64 total(const struct bounded *b)
{
	__u64 sum = 0;

	for (int i = 0; i <= BOUNDS; i++)
		sum += b->count[i];
	return sum;
}

static void io_is_gained(void **state)
{
	const struct io_count *c;

	(void)state;
	read_io(RING, 7, 5000);
	read_io(RING, 0, 5000);
	read_io(RING, 11, 5000);
	read_io(RING2, 13, 5000);
	c = &owner_of("fio")->ios[0];
	assert_int_equal(owner_of("fio")->nr_ios, 1);
	assert_int_equal(c->ops, 31);
	assert_int_equal(c->bytes, 31 * 512);
	assert_int_equal(total(&c->latency), 31);
	assert_int_equal(c->latency.sum_ns, 31 * 5000);
	/* 4096 to 8191 */
	assert_int_equal(c->latency.count[3], 31);
}

/* Every bucket of the fine histogram lies between two bounds. */
static void bounds_split_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < BOUNDS; i++)
		assert_int_equal(hist_low(hist_index(BOUND_NS(i) + 1)), BOUND_NS(i) + 1);
}

/* ---- findings ----------------------------------------------------------------------- */

static void passes(void **state)
{
	const struct pass_finding list[] = {
		{ .key = { .uid = 1, .comm = { "a" } }, .tag = STALE_PAGE, .severity = SEVERITY_ERROR, .count = 2, .pages = 5 },
		{ .key = { .uid = 2, .comm = { "b" } }, .tag = STALE_PAGE, .severity = SEVERITY_ERROR, .count = 1, .pages = 7 },
	};
	struct pass p = { .nr = 2, .pages = 100 }, failed = { .failed = 1 }, clean = { 0 };

	(void)state;
	export_pass(&m, &p, list, NULL, 1);
	assert_int_equal(m.findings[STALE_PAGE][SEVERITY_ERROR], 3);
	assert_int_equal(owner_of("b")->finding_pages[STALE_PAGE][SEVERITY_ERROR], 7);
	export_pass(&m, &failed, NULL, NULL, 2);
	assert_int_equal(m.findings[STALE_PAGE][SEVERITY_ERROR], 3);
	assert_int_equal(m.failed_passes, 1);
	export_pass(&m, &clean, NULL, NULL, 3);
	assert_int_equal(m.findings[STALE_PAGE][SEVERITY_ERROR], 0);
	assert_false(owner_of("b")->has_finding[STALE_PAGE][SEVERITY_ERROR]);
	assert_int_equal(m.passes, 3);
	export_no_passes(&m);
	assert_false(m.has_pass);
}

/* A user with many reasons, or many users, take no more room than owners have. */
static void unsettled_is_bounded(void **state)
{
	const struct pass_unsettled list[] = {
		{ UNSETTLED_PAGES, 1, 2 }, { UNSETTLED_RINGS, 2, 7 }, { UNSETTLED_PAGES, 3, 11 },
		{ NR_UNSETTLED, 4, 1000 }, { UNSETTLED_PAGES, 5, 1 }, { UNSETTLED_FINDINGS, 6, 5 },
	};
	const struct pass p = { .nr_unsettled = 6 }, settled = { 0 };

	(void)state;
	m.max_owners = 3;
	export_pass(&m, &p, NULL, list, 1);
	assert_int_equal(m.pass.nr_unsettled, 3);
	assert_int_equal(m.unsettled[0].uid, 3);
	assert_int_equal(m.unsettled[1].uid, 2);
	assert_int_equal(m.unsettled[2].uid, 6);
	assert_int_equal(m.unsettled_others[UNSETTLED_PAGES], 3);
	assert_int_equal(m.unsettled_others[UNSETTLED_RINGS], 0);
	export_pass(&m, &settled, NULL, NULL, 2);
	assert_int_equal(m.pass.nr_unsettled, 0);
	assert_int_equal(m.unsettled_others[UNSETTLED_PAGES], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls_by_result, set_up, tear_down),
		cmocka_unit_test_setup_teardown(call_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(own_calls_are_not_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_was_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_rest_is_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(idle_owners_make_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_that_end_take_no_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_forgotten_untold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_largest_have_a_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_user_has_a_share, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gauges_are_of_now, set_up, tear_down),
		cmocka_unit_test_setup_teardown(users_are_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(io_is_gained, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_split_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(passes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unsettled_is_bounded, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
