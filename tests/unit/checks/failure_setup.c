// SPDX-License-Identifier: GPL-2.0
/* Why a ring was not made: settings, accounts and filters that no test may have at will. */
#include <errno.h>
#include "facts.h"
#include "checks/failure_setup.h"
#include "model/setup_flags.h"

static struct fact_setup setup(int error)
{
	return (struct fact_setup){
		.h = { .size = sizeof(struct fact_setup), .kind = FACT_SETUP, .pid = 4 },
		.result = -error, .seen = SEEN_ARGS | SEEN_STRUCT, .entries = 8,
		.charged_uid = ~0U, .limit_bytes = ~0ULL, .hard_limit_bytes = ~0ULL, .group = -1,
	};
}

static const char *why(const struct fact_setup *s)
{
	static char text[EXPLAIN_LEN];

	explain_setup(text, s, &(struct evidence){ 0 });
	return text;
}

static void settings(void **state)
{
	struct fact_setup s = setup(EPERM);

	(void)state;
	s.seen |= SETUP_DISABLED;
	s.disabled = 2;
	assert_contains(why(&s), "kernel.io_uring_disabled is 2: no process may");
	s.disabled = 1;
	assert_contains(why(&s), "left to CAP_SYS_ADMIN alone (kernel.io_uring_group is -1)");
	s.group = 977;
	assert_contains(why(&s), "and to members of group 977");
	s.seen |= SEEN_USER_NS;
	assert_contains(why(&s), "CAP_SYS_ADMIN outside of containers");
	/* who may is refused for another reason, which is not known */
	s.seen |= SETUP_ADMIN;
	assert_contains(why(&s), "not the cause: kernel.io_uring_disabled");
	assert_contains(why(&s), "neither was looked at");
	s.disabled = 0;
	assert_null(strstr(why(&s), "before Linux 5.13"));
	s.setup_flags = 2;
	assert_contains(why(&s), "before Linux 5.13");
}

static void memory(void **state)
{
	struct fact_setup s = setup(ENOMEM);

	(void)state;
	s.entries = 2048;
	/* 2048 * 64 bytes; 320 + 4096 * 16 + 2048 * 4 */
	assert_int_equal(setup_own_pages(&s), 32 + 19);
	s.setup_flags = 1U << 10 | 1U << 11 | 1U << 16;
	assert_int_equal(setup_own_pages(&s), 64 + 33);
	s.setup_flags = 0;
	s.seen |= SETUP_CHARGED_POWER;
	assert_int_equal(setup_own_pages(&s), 32 + 32);
	s.seen &= ~SETUP_CHARGED_POWER;
	assert_contains(why(&s), "is not charged to the user on this kernel");
	s.seen |= SETUP_CHARGED;
	assert_contains(why(&s), "no RLIMIT_MEMLOCK applies to this caller");
	s.user = 1;
	s.charged_uid = 1000;
	s.limit_bytes = s.hard_limit_bytes = 256 << 10;
	s.user_pages = 60;
	assert_contains(why(&s), "204 KiB for 2048 sq and 4096 cq entries, is charged");
	assert_contains(why(&s), "user 1000 has 240 KiB of 256 KiB locked");
	assert_contains(why(&s), "to at least 444 KiB");
	/* what was asked for is not known: no number is made up */
	s.seen &= ~SEEN_STRUCT;
	assert_int_equal(setup_own_pages(&s), 0);
	assert_contains(why(&s), "an unknown amount");
}

static void filters(void **state)
{
	struct fact_setup s = setup(ENOSYS);

	(void)state;
	s.call_flags = CALL_F_UNENTERED;
	assert_contains(why(&s), "cause unknown: the task has no seccomp filter");
	s.seen |= SEEN_FILTER;
	assert_contains(why(&s), "a seccomp filter (container profile) returns ENOSYS");
	s.seen |= SEEN_TRACED;
	assert_contains(why(&s), "cause unknown");
	assert_contains(why(&s), "another process traces it");
	s.seen ^= SEEN_TRACED | SEEN_OLDER;
	assert_contains(why(&s), "cause unknown");
	assert_contains(why(&s), "or it began before the trace");
	/* a kernel that leaves programs out now and then: what was not seen need not be refused */
	s.seen ^= SEEN_OLDER | SEEN_SKIPPED;
	assert_contains(why(&s), "the call was not seen to begin; cause unknown");
	assert_contains(why(&s), "or the kernel skipped the program");
}

static void flags(void **state)
{
	struct fact_setup s = setup(EINVAL);

	(void)state;
	s.setup_flags = s.unknown_flags = 1U << 13 | 1U << 12;
	s.seen |= SETUP_FLAGS;
	assert_contains(why(&s), "IORING_SETUP_SINGLE_ISSUER (Linux 6.0), IORING_SETUP_DEFER_TASKRUN (Linux 6.1); leave them out");
	s.unknown_flags = 0;
	assert_contains(why(&s), "no cause is seen");
	assert_contains(why(&s), "or that this kernel does not know");
	s.setup_flags = 4;
	assert_contains(why(&s), "IORING_SETUP_SQPOLL; set that, too");
	s.setup_flags = 6;
	s.sq_thread_cpu = 977;
	assert_contains(why(&s), "CPU 977");
	s.setup_flags = SETUP_SQ_REWIND;
	assert_contains(why(&s), "SQ_REWIND needs NO_SQARRAY");
	s.setup_flags |= SETUP_SQPOLL | SETUP_NO_SQARRAY;
	assert_contains(why(&s), "SQ_REWIND and SQPOLL exclude each other");
	s.setup_flags = SETUP_NO_MMAP;
	assert_contains(why(&s), "begin at a page");
	s.unknown_flags = SETUP_SQ_REWIND;
	assert_contains(why(&s), "does not know IORING_SETUP_SQ_REWIND (Linux 7.0); leave it out");
	s.seen = 0;
	assert_contains(why(&s), "are not known");
}

/* A thread that may not be made, for the limits of processes. */
static void threads(void **state)
{
	struct fact_setup s = setup(EAGAIN);

	(void)state;
	assert_contains(why(&s), "try again");
	s.setup_flags = SETUP_SQPOLL;
	assert_contains(why(&s), "pids.max of the cgroup");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings), cmocka_unit_test(memory), cmocka_unit_test(filters),
		cmocka_unit_test(flags), cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
