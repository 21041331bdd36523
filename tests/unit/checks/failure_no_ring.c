// SPDX-License-Identifier: GPL-2.0
/* A call that found no ring: its descriptor, the index of a registered ring, or the operation. */
#include <errno.h>
#include "facts.h"
#include "checks/failure.h"

static const char *why(enum call_op op, int error, __s32 fd, __u32 flags, __u32 seen)
{
	static char text[EXPLAIN_LEN];
	struct fact_call c = fact_call(0, op, 0, 0, -error);

	c.fd = fd;
	c.call_flags = CALL_F_NO_RING | flags;
	c.seen = seen;
	explain_call(text, &c, &(struct evidence){ 0 });
	return text;
}

static void descriptors(void **state)
{
	(void)state;
	assert_contains(why(CALL_REGISTER, EINVAL, -1, 0, SEEN_ARGS), "descriptor -1 is no ring");
	assert_contains(why(CALL_REGISTER, EBADF, -1, 0, SEEN_ARGS), "io_uring_setup() fail?");
	assert_string_equal(why(CALL_CLONE, EBADF, 9, 0, SEEN_ARGS | SEEN_FD | SEEN_FD_NONE),
			    "descriptor 9 is not open");
	assert_contains(why(CALL_REGISTER, EBADF, 9, 0, SEEN_ARGS | SEEN_FD), "O_PATH");
	assert_string_equal(why(CALL_CLONE, EOPNOTSUPP, 9, 0, SEEN_ARGS),
			    "descriptor 9 is not an io_uring");
	assert_string_equal(why(CALL_REGISTER, EBADF, -ENOMEM, 0, SEEN_ARGS),
			    "descriptor -12 is not open; did io_uring_setup() fail with ENOMEM?");
	assert_string_equal(why(CALL_REGISTER, EBADF, -5000, 0, SEEN_ARGS), "descriptor -5000 is not open");
	/* a descriptor that is not known has no number */
	assert_null(strstr(why(CALL_REGISTER, EBADF, -1, 0, 0), "-1"));
	assert_null(strstr(why(CALL_REGISTER, EOPNOTSUPP, -1, 0, 0), "-1"));
}

static void indexes(void **state)
{
	const __u32 seen = SEEN_ARGS | SEEN_FEATURES | SEEN_KNOWS_INDEX;

	(void)state;
	assert_contains(why(CALL_REGISTER, EINVAL, 77, CALL_F_REG_RING, seen),
			"index 77 is beyond the 16 rings");
	assert_contains(why(CALL_REGISTER, EINVAL, 3, CALL_F_REG_RING, seen | SEEN_NO_TABLE),
			"registered no rings, but the call names index 3");
	assert_contains(why(CALL_REGISTER, EBADF, 3, CALL_F_REG_RING, seen),
			"registered no ring with index 3");
	assert_contains(why(CALL_REGISTER, EBADF, 3, CALL_F_REG_RING, seen | SEEN_OTHER_WAY),
			"the descriptor of that number is open");
	assert_contains(why(CALL_REGISTER, EOPNOTSUPP, 0, 0, seen | SEEN_FD | SEEN_OTHER_WAY),
			"also the index of a ring that this thread has registered");
	assert_contains(why(CALL_REGISTER, EBADF, 3, 0, seen | SEEN_FD | SEEN_FD_NONE | SEEN_OTHER_WAY),
			"descriptor 3 is not open; it is also the index");
	/* no remedy that this kernel does not have */
	assert_string_equal(why(CALL_REGISTER, EOPNOTSUPP, 0, 0, SEEN_ARGS | SEEN_FEATURES | SEEN_OTHER_WAY),
			    "descriptor 0 is not an io_uring");
	assert_contains(why(CALL_REGISTER, EINVAL, 3, CALL_F_REG_RING, SEEN_ARGS | SEEN_FEATURES),
			"takes Linux 6.3); pass the ring's descriptor");
	assert_contains(why(CALL_REGISTER, EINVAL, 3, CALL_F_REG_RING, SEEN_ARGS), "not looked at");
}

static void operations(void **state)
{
	(void)state;
	assert_contains(why(CALL_CLONE, EINVAL, 4, 0, SEEN_ARGS), "Linux 6.12");
	assert_contains(why(CALL_UPDATE, EINVAL, 4, 0, SEEN_ARGS), "Linux 5.13");
	/* every kernel knows this one */
	assert_contains(why(CALL_REGISTER, EINVAL, 4, 0, SEEN_ARGS), "why is not seen");
	assert_contains(why(CALL_CLONE, EINVAL, -1, 0, 0), "its arguments are not known");
}

static const char *why_enter(int error, __u32 call_flags, __u32 enter_flags, __u32 seen)
{
	static char text[EXPLAIN_LEN];
	struct fact_call c = fact_call(0, CALL_ENTER, 0, 0, -error);

	c.fd = 20;
	c.call_flags = CALL_F_NO_RING | call_flags;
	c.arg_flags = enter_flags;
	c.seen = SEEN_ARGS | seen;
	explain_call(text, &c, &(struct evidence){ 0 });
	return text;
}

static void enters(void **state)
{
	(void)state;
	assert_string_equal(why_enter(EBADF, 0, 0, SEEN_FD | SEEN_FD_NONE),
			    "descriptor 20 is not open");
	assert_contains(why_enter(EBADF, 0, 0, SEEN_FD | SEEN_FD_NONE | SEEN_OTHER_WAY),
			"takes IORING_ENTER_REGISTERED_RING");
	assert_contains(why_enter(EINVAL, CALL_F_REG_RING, 16, SEEN_FD | SEEN_FD_NONE), "beyond the 16");
	assert_contains(why_enter(EINVAL, CALL_F_REG_RING, 16, SEEN_FD | SEEN_FD_NONE), "takes Linux 5.18");
	/* an older kernel refuses these before it looks at the index */
	assert_contains(why_enter(EINVAL, CALL_F_REG_RING, 16 | 64, SEEN_FD | SEEN_FD_NONE),
			"may not know a flag of the call");
	assert_contains(why_enter(EINVAL, 0, 8 | 64, SEEN_FD),
			"IORING_ENTER_EXT_ARG (Linux 5.11), IORING_ENTER_EXT_ARG_REG (Linux 6.13)");
	assert_contains(why_enter(EFAULT, 0, 8 | 64, SEEN_FD), "outside of the region");
	assert_contains(why_enter(EFAULT, 0, 8, SEEN_FD), "cannot be read");
	assert_contains(why_enter(EBUSY, 0, 0, SEEN_FD), "reap completions");
	assert_contains(why_enter(EBADFD, 0, 0, SEEN_FD), "no longer is");
	assert_contains(why_enter(EEXIST, 0, 0, SEEN_FD), "another thread or process");
	assert_contains(why_enter(EPERM, CALL_F_UNENTERED, 0, SEEN_FILTER), "seccomp filter");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors),
		cmocka_unit_test(indexes), cmocka_unit_test(enters),
		cmocka_unit_test(operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
