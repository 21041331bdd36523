// SPDX-License-Identifier: GPL-2.0
/* ENOMEM: both limits, who holds the account, and what this caller can do about it. */
#include <errno.h>
#include "facts.h"
#include "checks/failure.h"
#include "checks/shares.h"

/* 48 pages of 64 are locked, and 32 more were asked for. */
static struct fact_call one_too_many(__u64 hard_pages)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 0, -ENOMEM);

	c.user_after_pages = 48;
	c.need_pages = 32;
	c.limit_bytes = 64 * 4096;
	c.hard_limit_bytes = hard_pages == ~0ULL ? ~0ULL : hard_pages * 4096;
	c.seen = SEEN_ARGS | SEEN_KNOWS_CLONE;
	return c;
}

static const char *why(const struct fact_call *c, const struct ledger *then, bool ended)
{
	static char text[EXPLAIN_LEN];
	struct shares s;

	shares_at(&s, USER, then, NULL, 48);
	for (size_t i = 0; i < s.nr; i++)
		s.list[i].ended = ended;
	explain_call(text, c, &(struct evidence){
			.account = &s.account, .shares = s.list, .nr_shares = s.nr });
	shares_free(&s);
	return text;
}

static void both_limits(void **state)
{
	struct ledger *none = ledger_new();
	struct fact_call c = one_too_many(128);

	(void)state;
	assert_contains(why(&c, none, false), "has 192 KiB of 256 KiB locked, this call needs 128 KiB");
	assert_contains(why(&c, none, false), "this is the soft limit, the hard limit is 512 KiB: raise "
			"the soft limit of RLIMIT_MEMLOCK to at least 320 KiB");
	c = one_too_many(~0ULL);
	assert_contains(why(&c, none, false), "the hard limit is unlimited");
	c = one_too_many(64);
	assert_contains(why(&c, none, false), "raise RLIMIT_MEMLOCK to at least 320 KiB, also the hard "
			"limit, now 256 KiB, which takes an administrator (ulimit");
	assert_contains(why(&c, none, false), "or grant CAP_IPC_LOCK before the ring is made");
	assert_null(strstr(why(&c, none, false), "who made the ring"));
	/* who made the ring decides, whatever the caller may do */
	c.h.uid++;
	assert_contains(why(&c, none, false), "user 1000, who made the ring, has 192 KiB locked of the 256 KiB that "
			"the caller's limit allows, this call needs 128 KiB more; a ring that this process makes itself");
	c.h.uid--;
	/* a remedy inside a user namespace would do nothing */
	c.seen |= SEEN_USER_NS;
	assert_contains(why(&c, none, false), "user 1000 (as it is outside)");
	assert_contains(why(&c, none, false), "does not count");
	assert_contains(why(&c, none, false), "now 256 KiB, where the container is started (ulimit");
	assert_null(strstr(why(&c, none, false), "grant"));
	/* nor would raising a hard limit that there is not, however little is known of the call */
	c = one_too_many(~0ULL);
	c.need_pages = 0;
	assert_contains(why(&c, none, false), "needs an unknown amount more");
	assert_contains(why(&c, none, false), "raise the soft limit of RLIMIT_MEMLOCK (setrlimit()");
	assert_null(strstr(why(&c, none, false), "also the hard limit"));
	/* what was not looked at is not named */
	c.seen = 0;
	assert_null(strstr(why(&c, none, false), "hard"));
	ledger_free(none);
}

/* Where the limit did not refuse it, why the kernel has no memory was not looked at. */
static void no_memory(void **state)
{
	struct ledger *none = ledger_new();
	struct fact_call c = one_too_many(128);

	(void)state;
	c.need_pages = 8;
	assert_contains(why(&c, none, false), "which fits now");
	assert_contains(why(&c, none, false), "neither was looked at");
	c.user = 0;
	assert_contains(why(&c, none, false), "no RLIMIT_MEMLOCK applies to this ring; the kernel got "
			"no memory for it");
	assert_contains(why(&c, none, false), "neither was looked at");
	ledger_free(none);
}

static void holders(void **state)
{
	struct fact_call c = one_too_many(128);
	struct ledger *l = ledger_new();

	(void)state;
	for (__u64 i = 0; i < 3; i++) {
		see_ring(l, RING + i * 4096, 48, 48);
		see_buffer(l, RING + i * 4096, 0, BUF(i), ADDR, 16 * 4096, 16);
	}
	assert_contains(why(&c, l, false), "held by: pid 812 (fio) 192 KiB; 192 KiB of it are the same "
			"64 KiB of addresses, registered again, 3 times in all: clone the table");
	assert_contains(why(&c, l, true), "pid 812 (fio, which has ended by now) 192 KiB");
	c.seen &= ~SEEN_KNOWS_CLONE;
	assert_null(strstr(why(&c, l, false), "clone"));
	ledger_free(l);
	/* buffers that only overlap are not the same */
	l = ledger_new();
	c = one_too_many(128);
	see_ring(l, RING, 48, 48);
	see_buffer(l, RING, 0, BUF(1), ADDR, 16 * 4096, 16);
	see_buffer(l, RING, 1, BUF(2), ADDR + 4096, 16 * 4096, 16);
	assert_null(strstr(why(&c, l, false), "registered again"));
	ledger_free(l);
}

/* Its maker has closed it, a child has it. */
static void left_to_another(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_call c = one_too_many(64);
	struct share s = { .pages = 48, .pid = 812, .keeper_pid = 977, .keeper_fd = 3, .left = 1 };
	char text[SHARES_TEXT];

	(void)state;
	see_ring(l, RING, 48, 48);
	see_buffer(l, RING, 0, BUF(0), ADDR, 48 * 4096, 48);
	assert_null(strstr(why(&c, l, false), "has closed"));
	s.comm = comm_of("fio");
	s.keeper_comm = comm_of("sleep");
	shares_text(text, &s, 1, &(struct share_sum){ .pages = 48, .nr_shares = 1 }, 48);
	assert_contains(text, "(fio, which has closed a ring, but pid 977 (sleep) keeps it open as descriptor 3) 192 KiB");
	ledger_free(l);
}

/* The kernel gives back what a ring had a moment after its close. */
static void closing(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_call c = one_too_many(64);
	struct fact_ring r = fact_ring(FACT_RING_CLOSE, RING, 48, 48);

	(void)state;
	see_ring(l, RING, 48, 48);
	see_buffer(l, RING, 0, BUF(0), ADDR, 48 * 4096, 48);
	assert_null(strstr(why(&c, l, false), "were closed"));
	FEED(l, r);
	assert_contains(why(&c, l, false), "some of it is of rings that were closed");
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_limits),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(holders),
		cmocka_unit_test(closing), cmocka_unit_test(left_to_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
