// SPDX-License-Identifier: GPL-2.0
/* Causes of I/O that no load of the tests makes, and what is said where little is known. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include "facts.h"
#include "checks/failure_io.h"
#include "checks/io_failures.h"

#define BLOCK_DEVICE	0060000
#define CHARACTER	0020000

static void expect(const struct io_evidence *e, int error, const char *says)
{
	char text[EXPLAIN_LEN];

	explain_io(text, e, -error);
	if (!strstr(text, says))
		fail_msg("no '%s' in '%s'", says, text);
}

static void little_known(void **state)
{
	const struct io_evidence none = { .opcode = IORING_OP_READ_FIXED };

	(void)state;
	expect(&none, EINVAL, "name no request to look at");
	expect(&none, EOPNOTSUPP, "name no request to look at");
	expect(&none, ECANCELED, "by what is not known");
	expect(&none, EBADF, "which was not looked at");
	expect(&none, EPIPE, "which was not looked at");
	expect(&none, EPERM, "which was not looked at");
	expect(&none, EIO, "the device or file system reported an error");
	expect(&none, ENOLINK, "no more was looked at");
}

static void ends(void **state)
{
	struct io_evidence e = {
		.opcode = IORING_OP_WRITE_FIXED, .flags = EV_REQUEST | EV_FILE | EV_FIXED,
		.file_mode = 3 | 3 << 17, .inode_mode = BLOCK_DEVICE,
	};

	(void)state;
	expect(&e, ENOSPC, "at or beyond the end of the device");
	e.inode_mode = CHARACTER;
	expect(&e, ENOSPC, "the device has no room left");
	e.file_flags = O_NONBLOCK;
	expect(&e, EAGAIN, "O_NONBLOCK");
	e.flags |= EV_CLOSED;
	expect(&e, ECANCELED, "its ring was closed");
	e.file_flags = O_DIRECT;
	expect(&e, EINVAL, "STATX_DIOALIGN");
	e.flags |= EV_POLLS;
	e.setup_flags = IORING_SETUP_IOPOLL;
	expect(&e, EOPNOTSUPP, "poll_queues");
}

/* What excludes a cause was looked at: of a long link not each mark is kept. */
static void cancelled(void **state)
{
	struct io_evidence e = { .opcode = IORING_OP_READ, .flags = EV_REQUEST };
	char text[EXPLAIN_LEN];

	(void)state;
	expect(&e, ECANCELED, "or in a link by the failure of one before it");
	explain_io(text, &e, -ECANCELED);
	assert_null(strstr(text, "not the cause are its link"));
	e.flags |= EV_WAITED;
	expect(&e, ECANCELED, "not the cause are its link");
	explain_io(text, &e, -ECANCELED);
	assert_null(strstr(text, "signalfd"));
	e.fs_magic = 0x09041934; /* of anonymous inodes */
	expect(&e, ECANCELED, "what it waited for went away");
}

/* One error, by what the file is. */
static void by_file(void **state)
{
	struct io_evidence e = {
		.opcode = IORING_OP_WRITE_FIXED, .flags = EV_REQUEST | EV_FILE | EV_FIXED,
		.file_mode = ~0U, .inode_mode = CHARACTER,
	};

	(void)state;
	expect(&e, EIO, "a terminal does");
	expect(&e, EPIPE, "no socket and no pipe");
	expect(&e, EPERM, "driver, or a security module");
	e.inode_mode = 0100644;
	expect(&e, EPERM, "chattr");
	expect(&e, ENOBUFS, "the network had no room");
	e.flags |= EV_SOCKET;
	expect(&e, EPERM, "a firewall's rule");
	e.flags = EV_REQUEST | EV_REFUSED;
	expect(&e, EPERM, "ioprio");
	e.flags |= EV_FIELDS;
	expect(&e, EPERM, "at submission: a security module");
	e.flags |= EV_PRIORITY;
	e.ioprio = 1 << 13 | 4;
	expect(&e, EPERM, "ioprio 0x2004 asks for the real-time class");
	e.ioprio = 2 << 13 | 9;
	expect(&e, EINVAL, "a level above 7");
	expect(&e, EACCES, "restrictions");
}

/* What one kernel takes and another does not is not told as a fact of this one. */
static void by_kernel(void **state)
{
	struct io_evidence e = {
		.opcode = IORING_OP_RECV, .flags = EV_REQUEST | EV_REFUSED | EV_FIXED,
		.op_flags = 1U << 2,
	};

	(void)state;
	expect(&e, EINVAL, "not every kernel's RECV takes a registered buffer");
	e.op_flags |= 1U << 4;
	expect(&e, EINVAL, "goes with no bundle");
	e.flags |= EV_NO_OP;
	e.opcode = 47;
	expect(&e, EINVAL, "SEND_ZC, which takes Linux 6.0");
	e = (struct io_evidence){
		.opcode = IORING_OP_READ_FIXED, .flags = EV_REQUEST | EV_FIXED | EV_INDEX | EV_SLOT | EV_RANGE,
		.nr_slots = 1, .buf_len_bytes = 1ULL << 33, .len_bytes = 1ULL << 31,
	};
	expect(&e, EFAULT, "more than a request moves");
}

/* What is not looked at is not excluded, and what only one kind of request can have is told of it. */
static void by_request(void **state)
{
	struct io_evidence e = {
		.opcode = IORING_OP_READV, .flags = EV_REQUEST | EV_FILE | EV_DEVICE,
		.file_mode = ~0U, .inode_mode = 0100644, .file_flags = O_DIRECT, .nr_segments = 2,
		.block_bytes = 512, .memory_align = 4, .offset = 512,
	};
	char text[EXPLAIN_LEN];

	(void)state;
	expect(&e, EINVAL, "multiples of 4: the offset is one, the addresses and lengths of its 2 iovecs");
	explain_io(text, &e, -EINVAL);
	assert_null(strstr(text, "not the cause"));
	e.flags = EV_REQUEST | EV_REFUSED | EV_FIELDS;
	e.file_flags = 0;
	expect(&e, EINVAL, "or a length in the iovecs that is below 0");
	e.flags = EV_REQUEST | EV_FIXED | EV_SEGMENT | EV_RANGE;
	e.len_bytes = 1ULL << 31;
	expect(&e, ENOMEM, "iovec 0 (0x0 + 2 GiB) is not all in buffer 0");
	e = (struct io_evidence){ .opcode = IORING_OP_WRITE, .flags = EV_REQUEST | EV_FILE | EV_RANGE,
				  .file_mode = ~0U, .op_flags = 0x30, .len_bytes = 8, .offset = ~0ULL };
	expect(&e, EINVAL, "RWF_APPEND and RWF_NOAPPEND exclude each other");
	e.op_flags = 0;
	e.fs_magic = 0x09041934; /* of anonymous inodes */
	expect(&e, EINVAL, "the value 2^64 - 1");
	e.len_bytes = 4;
	expect(&e, EINVAL, "whole records only");
	e.fs_magic = 0x62656572; /* of sysfs */
	expect(&e, EINVAL, "the kernel's own (sysfs)");
	e.setup_flags = IORING_SETUP_IOPOLL;
	e.fs_magic = 0x50495045; /* of pipes */
	expect(&e, EOPNOTSUPP, "driver (a pipe) offers no polled I/O");
	e.setup_flags = 0;
	e.fs_magic = 1;
	e.inode_mode = CHARACTER;
	expect(&e, EINVAL, "its driver refuses it");
	e.opcode = IORING_OP_NOP;
	expect(&e, EIO, "the NOP asks for this result itself");
	e.opcode = IORING_OP_URING_CMD;
	e.flags |= EV_SOCKET;
	expect(&e, EOPNOTSUPP, "the socket takes no such command");
	e.flags |= EV_AFTER;
	e.head_op = IORING_OP_LINK_TIMEOUT;
	e.head_result = -ETIME;
	expect(&e, ECANCELED, "the LINK_TIMEOUT before it");
}

static struct io_failure_row row(__u64 ring, __u64 index, __u64 count, __u64 at_ns)
{
	struct io_failure_row r = { .key = {
		.ring = ring, .pid = 812, .what = IO_WHAT(IORING_OP_READ_FIXED, true), .result = -EFAULT,
		.index = index,
	} };

	r.failure.count = count;
	r.failure.first_ns = at_ns;
	r.failure.last_ns = at_ns + 5;
	r.failure.seen = (struct io_evidence){
		.opcode = IORING_OP_READ_FIXED, .index = index, .nr_slots = 1,
		.flags = EV_REQUEST | EV_FIXED | EV_INDEX | EV_SLOT,
	};
	return r;
}

/* Equal causes are one, by count and first and last time; others stay apart. */
static void merged(void **state)
{
	struct io_failure_row rows[] = { row(1, 7, 3, 100), row(2, 9, 5, 50), row(1, 3, 2, 70) };
	const struct io_model m = { .failures = rows, .nr_failures = 3 };
	struct io_failures f = { 0 };

	(void)state;
	rows[2].failure.seen.nr_slots = 4;
	rows[2].failure.seen.flags |= EV_EMPTY;
	io_failures_add(&f, &m, 10);
	io_failures_sort(&f);
	assert_int_equal(f.nr, 2);
	assert_int_equal(f.list[0].count, 8);
	assert_int_equal(f.list[0].first_ns, 40);
	assert_int_equal(f.list[0].last_ns, 95);
	assert_int_equal(f.list[0].ring, 2);
	assert_non_null(strstr(f.list[0].explain, "there is no buffer 9"));
	assert_int_equal(f.list[1].count, 2);
	assert_non_null(strstr(f.list[1].explain, "slot 3 is empty"));
	assert_false(f.list[0].continued);
	io_failures_free(&f);
}

/* Of an interval the first is not known, where one came before it. */
static void since(void **state)
{
	struct io_failure_row rows[] = { row(1, 7, 3, 100), row(2, 9, 5, 50) };
	const struct io_model m = { .failures = rows, .nr_failures = 2, .since_ns = 60 };
	struct io_failures f = { 0 };

	(void)state;
	io_failures_add(&f, &m, 0);
	assert_int_equal(f.nr, 1);
	assert_true(f.list[0].continued);
	io_failures_free(&f);
}

/* The kernel reads more than the buffer: what it cannot read there has the same error. */
static void other_memory(void **state)
{
	struct io_evidence e = {
		.opcode = 60, .flags = EV_REQUEST | EV_FIXED | EV_INDEX, .nr_slots = 1,
		.buf_addr = ADDR, .buf_len_bytes = MIB,
	};

	(void)state;
	expect(&e, EFAULT, "the array of iovecs cannot be read, or what it asks for is not all in buffer 0");
	e.opcode = 48;
	expect(&e, EFAULT, "the message header, or what it points to");
	e.opcode = 47;
	e.flags |= EV_RANGE;
	e.addr = ADDR;
	e.len_bytes = 100;
	expect(&e, EFAULT, "lies inside buffer 0 as it is now: the address to send to cannot be read, or");
	e.opcode = IORING_OP_READ_FIXED;
	expect(&e, EFAULT, "lies inside buffer 0 as it is now: it was changed meanwhile");
}

static void beyond_any_file(void **state)
{
	struct io_evidence e = {
		.opcode = IORING_OP_READ_FIXED, .flags = EV_REQUEST | EV_RANGE | EV_FIXED, .addr = ADDR,
		.len_bytes = 4096, .offset = INT64_MAX - 10,
	};

	(void)state;
	expect(&e, EINVAL, "+ 4096 bytes goes beyond the largest offset");
	e.offset = -5;
	expect(&e, EINVAL, "is negative");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_known),
		cmocka_unit_test(ends), cmocka_unit_test(cancelled),
		cmocka_unit_test(by_file),
		cmocka_unit_test(by_kernel),
		cmocka_unit_test(by_request),
		cmocka_unit_test(merged),
		cmocka_unit_test(since), cmocka_unit_test(other_memory), cmocka_unit_test(beyond_any_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
