// SPDX-License-Identifier: GPL-2.0
/* Why a request was handed to a worker, and what needs none. */
#include <fcntl.h>
#include <sys/stat.h>
#include "unit.h"
#include "checks/failure_io.h"
#include "checks/failure_io_words.h"

/* Of a request on a file of ext4 that can do without waiting. */
static void explain(char text[EXPLAIN_LEN], __u32 opcode, __u32 file_flags)
{
	const struct io_evidence seen = {
		.flags = EV_FILE, .opcode = opcode, .file_flags = file_flags,
		.file_mode = MODE_NOWAIT, .inode_mode = S_IFREG | 0600,
		.fs_magic = 0xef53,
	};

	explain_punt(text, &seen);
}

/* A write that extends its file waits with O_DIRECT, too. */
static void writes(void **state)
{
	char text[EXPLAIN_LEN];

	(void)state;
	explain(text, IORING_OP_WRITE_FIXED, O_WRONLY);
	assert_contains(text, "a buffered write, which its file system (ext4) does not do without waiting");
	assert_contains(text, "O_DIRECT writes of blocks that the file has already need no worker, those that extend it do");
	explain(text, IORING_OP_WRITE_FIXED, O_WRONLY | O_DIRECT);
	assert_contains(text, "for blocks to allocate");
	assert_null(strstr(text, "need no worker"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
