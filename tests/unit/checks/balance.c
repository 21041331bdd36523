// SPDX-License-Identifier: GPL-2.0
/* What accounts have beyond the rings that were found. */
#include <time.h>
#include "facts.h"
#include "checks/balance.h"

/* A process without rings, with these levels. */
static void see_process(struct ledger *l, __u32 pid, __u64 mm, __s64 locked, __s64 pinned)
{
	struct fact_holder f = fact_holder(0, pid, -1, locked, pinned);

	f.mm = mm;
	FEED(l, f);
}

static void check(const struct ledger *first, const struct ledger *again, struct findings *fs)
{
	struct balance b = { 0 };

	findings_free(fs);
	balance_take(&b, first);
	if (again)
		balance_again(&b, first, again);
	check_balance(&b, first, fs);
	balance_free(&b);
}

static void balanced(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };

	(void)state;
	see_ring(l, RING, 64, 64);
	check(l, NULL, &fs);
	assert_int_equal(fs.nr, 0);
	ledger_free(l);
}

/* Where the kernel charges the ring's own memory, that is explained. */
static void ring_memory(void **state)
{
	struct fact_ring r = fact_ring(FACT_RING, RING, 66, 64);
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };

	(void)state;
	see_ring(l, RING, 66, 64);
	check(l, NULL, &fs);
	assert_int_equal(only(&fs, UNEXPLAINED_CHARGE)->pages, 2);
	assert_int_equal(severity_of_finding(&fs.list[0]), SEVERITY_INFO);
	r.ring_pages = 2;
	FEED(l, r);
	check(l, NULL, &fs);
	assert_int_equal(fs.nr, 0);
	/* what it has for provided buffers was not read, and may be all that is missing */
	see_ring(l, RING, 66 + 521, 64);
	check(l, NULL, &fs);
	assert_int_equal(only(&fs, UNEXPLAINED_CHARGE)->pages, 523);
	ledger_ring(l, RING)->memory_cut = true;
	check(l, NULL, &fs);
	assert_int_equal(fs.nr, 0);
	ledger_free(l);
}

static void without_ring(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	const struct finding *f;

	(void)state;
	see_process(l, 977, MM2, 512, 512);
	check(l, NULL, &fs);
	/* the user's account has the same pages: they are not told twice */
	assert_int_equal(fs.nr, 1);
	f = only(&fs, UNEXPLAINED_CHARGE);
	assert_int_equal(f->pid, 977);
	assert_int_equal(f->pages, 512);
	assert_int_equal(severity_of_finding(f), SEVERITY_WARNING);
	assert_non_null(strstr(f->detail, "512 pages (2 MiB) are charged to pid 977 (fio)"));
	findings_free(&fs);
	ledger_free(l);
}

/* The hidden ring of a process that has ended: only its user's account has it. */
static void of_a_user(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	const struct finding *f;

	(void)state;
	see_ring(l, RING, 64 + 257, 64);
	check(l, NULL, &fs);
	f = only(&fs, UNEXPLAINED_CHARGE);
	assert_int_equal(f->pages, 257);
	assert_int_equal(f->uid, 1000);
	assert_int_equal(f->pid, 0);
	/* beyond 1 MiB and a tenth of 8 MiB */
	assert_int_equal(severity_of_finding(f), SEVERITY_WARNING);
	see_ring(l, RING, 64 + 256, 64);
	check(l, NULL, &fs);
	assert_int_equal(severity_of_finding(&fs.list[0]), SEVERITY_INFO);
	findings_free(&fs);
	ledger_free(l);
}

/* The least of all readings; nothing of what was explained in one of them. */
static void moving(void **state)
{
	struct ledger *a = ledger_new(), *b = ledger_new();
	struct findings fs = { 0 };

	(void)state;
	see_process(a, 977, MM2, 512, 512);
	see_process(b, 977, MM2, 500, 500);
	check(a, b, &fs);
	assert_int_equal(only(&fs, UNEXPLAINED_CHARGE)->pages, 500);
	see_process(b, 977, MM2, 0, 0);
	check(a, b, &fs);
	assert_int_equal(fs.nr, 0);
	ledger_free(a);
	ledger_free(b);
}

/* One ring that comes or goes is as it may be; where they do all the time, it may be one that closes. */
static void turnover(void **state)
{
	struct ledger *a = ledger_new(), *b = ledger_new();
	struct balance accounts = { 0 };
	struct findings fs = { 0 };

	(void)state;
	see_ring(a, RING, 64 + 257, 64);
	see_ring(b, RING2, 64 + 257, 64);
	balance_take(&accounts, a);
	balance_again(&accounts, a, b);
	check_balance(&accounts, b, &fs);
	assert_false(only(&fs, UNEXPLAINED_CHARGE)->unconfirmed);
	findings_free(&fs);
	balance_again(&accounts, b, b);
	balance_again(&accounts, b, a);
	check_balance(&accounts, a, &fs);
	assert_int_equal(only(&fs, UNEXPLAINED_CHARGE)->pages, 257);
	assert_true(only(&fs, UNEXPLAINED_CHARGE)->unconfirmed);
	findings_free(&fs);
	balance_free(&accounts);
	ledger_free(a);
	ledger_free(b);
}

static void known(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct balance b = { 0 };

	(void)state;
	see_process(l, 977, MM2, 512, 512);
	balance_take(&b, l);
	balance_explain(&b, 0, 500);
	check_balance(&b, l, &fs);
	assert_int_equal(only(&fs, UNEXPLAINED_CHARGE)->pages, 12);
	findings_free(&fs);
	balance_explain(&b, 0, 500);
	check_balance(&b, l, &fs);
	assert_int_equal(fs.nr, 0);
	balance_free(&b);
	ledger_free(l);
}

static size_t kept(const struct ledger *l, const struct selection *s)
{
	struct balance b = { 0 };
	size_t nr;

	balance_take(&b, l);
	balance_keep_selected(&b, l, s);
	nr = b.nr;
	balance_free(&b);
	return nr;
}

/* A user's account is a matter of all whose rings count in it, a process's its own. */
static void selected(void **state)
{
	const char *fio[] = { "fi?" }, *other[] = { "postgres" };
	__u32 pids[] = { 812, 977, 971 };
	const struct {
		struct selection s;
		size_t kept;
	} rows[] = {
		{ { 0 }, 2 },
		{ { .has_uid = true, .uid = 1000 }, 2 }, { { .has_uid = true, .uid = 1009 }, 0 },
		{ { .pids = &pids[0], .nr_pids = 1 }, 1 }, { { .pids = &pids[1], .nr_pids = 1 }, 1 },
		{ { .pids = &pids[2], .nr_pids = 1 }, 0 },
		{ { .comms = fio, .nr_comms = 1 }, 2 }, { { .comms = other, .nr_comms = 1 }, 0 },
	};
	struct ledger *l = ledger_new();

	(void)state;
	see_process(l, 977, MM2, 64 + 257 + 512, 512);
	see_ring(l, RING, 64 + 257 + 512, 64);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(kept(l, &rows[i].s), rows[i].kept);
	ledger_free(l);
}

/* Many processes with a ring each, of several users: not each user against each pair of them. */
static void crowd(void **state)
{
	enum { MANY = 10000, USERS = 10 };
	struct ledger *l = ledger_new();
	struct balance b = { 0 };
	clock_t begun;

	(void)state;
	for (__u64 i = 0; i < MANY; i++) {
		struct fact_ring r = fact_ring(FACT_RING, RING + (i << 12), 16 * MANY / USERS + 512, 16);

		r.user = USER + (i % USERS << 12);
		r.charged_uid = 1000 + i % USERS;
		r.mm = MM + (i << 12);
		FEED(l, r);
	}
	begun = clock();
	balance_take(&b, l);
	assert_true(clock() - begun < CLOCKS_PER_SEC);
	assert_int_equal(b.nr, USERS);
	assert_int_equal(b.list[0].pages, 512);
	balance_free(&b);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(balanced),
		cmocka_unit_test(ring_memory),
		cmocka_unit_test(without_ring),
		cmocka_unit_test(of_a_user),
		cmocka_unit_test(moving),
		cmocka_unit_test(turnover),
		cmocka_unit_test(selected),
		cmocka_unit_test(known),
		cmocka_unit_test(crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
