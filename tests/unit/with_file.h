/* SPDX-License-Identifier: GPL-2.0 */
/* For tests of what a module does with one file. */
#ifndef FIXBUF_TEST_WITH_FILE_H
#define FIXBUF_TEST_WITH_FILE_H

#include <unistd.h>
#include "unit.h"

/* Runs them with an empty file, whose name .path becomes (mkstemp(3)), and removes it. The status of main(). */
static inline int run_with_file(char *path, const struct CMUnitTest *tests, size_t nr)
{
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = _cmocka_run_group_tests("tests", tests, nr, NULL, NULL);
	unlink(path);
	return failed;
}

#endif
