// SPDX-License-Identifier: GPL-2.0
/* A clone that is refused: the cause by its arguments and by what its source is. */
#include <errno.h>
#include "facts.h"
#include "checks/failure.h"

#define ALL (SEEN_ARGS | SEEN_STRUCT | SEEN_SRC | SEEN_KNOWS_RANGES)

/* A clone of the whole table of 3 from descriptor 5, as it should be, which failed with .error. */
static struct fact_call clone_of(int error)
{
	struct fact_call c = fact_call(RING, CALL_CLONE, 0, 0, -error);

	c.arg = ADDR;
	c.nr_args = 1;
	c.src_fd = 5;
	c.src_ring = RING2;
	c.src_slots = 3;
	c.seen = ALL;
	return c;
}

static const char *why(const struct fact_call *c)
{
	static char text[EXPLAIN_LEN];

	explain_call(text, c, &(struct evidence){ 0 });
	return text;
}

static void by_its_source(void **state)
{
	struct fact_call c = clone_of(EBADF);

	(void)state;
	c.src_ring = 0;
	c.seen = ALL | SEEN_SRC_NONE;
	assert_string_equal(why(&c), "the source, descriptor 5, is not open");
	c.src_fd = -ENOMEM;
	assert_string_equal(why(&c),
			    "the source, descriptor -12, is not open; did io_uring_setup() fail with ENOMEM?");
	c.src_fd = 5;
	c.arg_flags = 1;
	assert_contains(why(&c), "registered no ring with index 5");
	c.seen = ALL | SEEN_SRC_OTHER;
	c.arg_flags = 0;
	assert_contains(why(&c), "descriptor 5, is not an io_uring");
	c.result = -EOPNOTSUPP;
	assert_contains(why(&c), "descriptor 5, is not an io_uring");
	c.seen = SEEN_ARGS;
	assert_contains(why(&c), "which of them was not looked at");
	c = clone_of(ENXIO);
	assert_contains(why(&c), "descriptor 5, has no buffers registered");
	c.src_ring = RING;
	assert_contains(why(&c), "the same ring");
	c = clone_of(EEXIST);
	assert_contains(why(&c), "the ring is IORING_SETUP_SINGLE_ISSUER");
	c.seen |= SEEN_SRC_ISSUER;
	assert_contains(why(&c), "the source ring, descriptor 5, is IORING_SETUP_SINGLE_ISSUER");
	assert_contains(why(&c), "another thread or process; clone from the one");
	c.seen |= SEEN_SRC_MM;
	assert_contains(why(&c), "by another process than the target");
}

static void by_its_fields(void **state)
{
	struct fact_call c = clone_of(EINVAL);

	(void)state;
	assert_contains(why(&c), "no cause is seen; not the cause are");
	c.nr_args = 2;
	assert_contains(why(&c), "last argument is 2; a clone takes 1");
	c = clone_of(EINVAL);
	c.arg = 0;
	assert_contains(why(&c), "is NULL");
	c = clone_of(EINVAL);
	c.arg_flags = 0x102;
	assert_contains(why(&c), "flags 0x100 are unknown");
	assert_contains(why(&c), "DST_REPLACE (2)");
	c = clone_of(EINVAL);
	c.seen |= SEEN_RESERVED;
	assert_contains(why(&c), "reserved field (pad)");
	c = clone_of(EINVAL);
	c.seen = SEEN_KNOWS_RANGES;
	assert_contains(why(&c), "the arguments of this call are not known");
}

static void by_its_ranges(void **state)
{
	struct fact_call c = clone_of(EINVAL);

	(void)state;
	c.nr = 5;
	assert_contains(why(&c), "asks for 5 slots, but the source, descriptor 5, has a table of 3");
	c.nr = 0;
	c.src_offset = 1;
	assert_contains(why(&c), "nr is 0 (all), but the offsets are 1 (source) and 0 (target)");
	c.nr = 2;
	c.src_offset = 0;
	c.offset = 16383;
	assert_contains(why(&c), "slots 16383 to 16384 of the target are beyond the 16384");
	c = clone_of(EOVERFLOW);
	c.nr = 2;
	c.src_offset = 2;
	assert_contains(why(&c), "slots 2 to 3 of the source are beyond its table of 3");
	c.src_offset = 0;
	c.offset = ~0U;
	assert_contains(why(&c), "overflows");
}

static void by_who_owns_the_source(void **state)
{
	struct fact_call c = clone_of(EINVAL);

	(void)state;
	c.seen |= SEEN_SRC_MM;
	assert_contains(why(&c), "made by another process");
	c.seen |= SEEN_SRC_USER;
	assert_contains(why(&c), "charged to another user");
}

/* Advice names only what this kernel has. */
static void in_this_kernel(void **state)
{
	struct fact_call c = clone_of(EBUSY);

	(void)state;
	c.nr_slots = 7;
	assert_contains(why(&c), "table of 7 buffers already");
	assert_contains(why(&c), "or clone with IORING_REGISTER_DST_REPLACE");
	c.seen &= ~SEEN_KNOWS_RANGES;
	assert_null(strstr(why(&c), "DST_REPLACE"));
	c.src_ring = RING;
	assert_contains(why(&c), "the same ring");
	assert_null(strstr(why(&c), "unregister"));
	c = clone_of(EINVAL);
	c.seen &= ~SEEN_KNOWS_RANGES;
	c.arg_flags = 2;
	assert_contains(why(&c), "does not know IORING_REGISTER_DST_REPLACE");
	c.arg_flags = 0;
	c.nr = 1;
	assert_contains(why(&c), "must be 0; ranges take Linux 6.13");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_its_source),
		cmocka_unit_test(by_its_fields),
		cmocka_unit_test(by_its_ranges),
		cmocka_unit_test(by_who_owns_the_source),
		cmocka_unit_test(in_this_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
