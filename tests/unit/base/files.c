// SPDX-License-Identifier: GPL-2.0
/* Files are read whole, up to a bound. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "unit.h"
#include "base/files.h"

#define BOUND 32768

static char *read_of(size_t bytes, size_t *len)
{
	int fd = memfd_create("file", 0);

	assert_true(fd >= 0);
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(write(fd, "x", 1), 1);
	lseek(fd, 0, SEEK_SET);
	return file_read(fd, BOUND, len);
}

static void whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, BOUND - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = 7;
		char *text = read_of(sizes[i], &len);

		assert_non_null(text);
		assert_int_equal(len, sizes[i]);
		free(text);
	}
}

static void too_much(void **state)
{
	size_t len = 7;

	(void)state;
	assert_null(read_of(BOUND + 1, &len));
	assert_int_equal(errno, EFBIG);
	assert_int_equal(len, 0);
	assert_null(file_read(open("/dev/zero", O_RDONLY), BOUND, &len));
	assert_int_equal(errno, EFBIG);
}

static void unreadable(void **state)
{
	size_t len;

	(void)state;
	assert_null(file_read(open("/nonexistent", O_RDONLY), BOUND, &len));
	assert_int_equal(errno, ENOENT);
	assert_null(file_read(open("/", O_RDONLY), BOUND, &len));
	assert_int_equal(errno, EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(too_much), cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
