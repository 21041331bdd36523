// SPDX-License-Identifier: GPL-2.0
/* Hazards of I/O by what was counted: what belongs together, how many of how many, and what is none. */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include "facts.h"
#include "checks/io_failures.h"
#include "checks/io_hazards.h"

#define READ_FIXED	4
#define READ		22
#define BORN		77
#define PLACES		13	/* of the ring that was full; that of the ledger has 16 */

static struct io_failure_row row(enum io_failure_kind kind, __u32 pid, __u32 op, bool fixed, __u64 count)
{
	return (struct io_failure_row){
		.key = { .ring = RING, .pid = pid, .what = IO_WHAT(op, fixed), .kind = kind },
		.failure = { .count = count, .seen.flags = fixed ? EV_FIXED : 0,
			     .seen.cq_entries = kind == IO_LATE ? PLACES : 0 },
		.born_ns = BORN,
	};
}

static void did(struct io_model *m, __u64 born_ns, __u32 op, bool fixed, __u64 ops)
{
	struct io_row *r = io_model_row(m, RING, born_ns, IO_WHO(812, op, fixed));

	r->c.ops = ops;
	r->c.comm = comm_of("fio");
	r->c.uid = 1000;
	r->fixed_ops = fixed ? ops : 0;
}

/* .born_ns: of the ring that the ledger has, 0 = not known. */
static struct findings found_beside(__u64 born_ns, struct io_model *m, struct io_failure_row *list, size_t nr)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };

	see_ring(l, RING, 0, 0);
	ledger_ring(l, RING)->born_ns = born_ns;
	m->failures = list;
	m->nr_failures = nr;
	check_io_hazards(m, l, &fs);
	m->failures = NULL;
	m->nr_failures = 0;
	io_model_free(m);
	ledger_free(l);
	return fs;
}

static struct findings found(struct io_model *m, struct io_failure_row *list, size_t nr)
{
	return found_beside(BORN, m, list, nr);
}

static void overflows(void **state)
{
	struct io_failure_row rows[] = {
		row(IO_LATE, 812, READ_FIXED, true, 7), row(IO_LATE, 900, READ_FIXED, true, 5),
		row(IO_LATE, 812, IO_OP_UNKNOWN, false, 3), row(IO_LATE, 812, READ, false, 11),
	};
	struct io_model m = { 0 };
	struct findings fs;

	(void)state;
	did(&m, BORN, READ_FIXED, true, 101);
	did(&m, BORN, READ, false, 29);
	/* a ring that had the address before */
	did(&m, BORN - 1, READ_FIXED, true, 1009);
	fs = found(&m, rows, 4);
	/* of 900 nothing was counted that went over a registered buffer */
	assert_int_equal(fs.nr, 1);
	assert_int_equal(fs.list[0].tag, CQ_OVERFLOW);
	assert_int_equal(severity_of_finding(&fs.list[0]), SEVERITY_WARNING);
	assert_int_equal(fs.list[0].pid, 812);
	assert_int_equal(fs.list[0].uid, 1000);
	assert_int_equal(fs.list[0].fd, 6);
	assert_string_equal(fs.list[0].comm.bytes, "fio");
	assert_contains(fs.list[0].detail, "pid 812 fd 6: 21 of 130 completions found the completion ring of 13 places full, 7 of them of I/O over registered buffers");
	findings_free(&fs);
}

/* What the ledger has may be another ring of that address: nothing of it is told. */
static void successors(void **state)
{
	static const __u64 born_ns[] = { BORN + 1000000, 0, BORN };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct io_failure_row rows[] = { row(IO_LATE, 812, READ_FIXED, true, 7) };
		struct io_model m = { 0 };
		struct findings fs;

		did(&m, BORN, READ_FIXED, true, 101);
		m.rows[0].c.fd = 4;
		/* of an older recording */
		rows[0].failure.seen.cq_entries = 0;
		fs = found_beside(born_ns[i], &m, rows, 1);
		assert_int_equal(fs.nr, 1);
		assert_contains(fs.list[0].detail, ": 7 of 101 completions found the completion ring full, 7 of them of I/O over registered buffers");
		assert_contains(fs.list[0].detail, "pid 812 fd 4: ");
		findings_free(&fs);
	}
}

/* Without a descriptor the ring is named by its address: that of another ring of that address is none. */
static void nameless(void **state)
{
	struct io_failure_row rows[] = { row(IO_LATE, 812, READ_FIXED, true, 7) };
	struct io_model m = { 0 };
	struct findings fs;

	(void)state;
	did(&m, BORN, READ_FIXED, true, 101);
	m.rows[0].c.fd = -1;
	fs = found_beside(BORN + 1000000, &m, rows, 1);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(fs.list[0].fd, -1);
	assert_contains(fs.list[0].detail, "pid 812 ring 0xffff888100001000: 7 of 101");
	findings_free(&fs);
}

/* A ring that has nothing to do with registered buffers, and a ring of the same address before. */
static void others(void **state)
{
	struct io_failure_row rows[] = { row(IO_LATE, 812, READ, false, 7) };
	struct io_model m = { 0 };

	(void)state;
	did(&m, BORN, READ, false, 101);
	did(&m, BORN - 1, READ_FIXED, true, 103);
	assert_int_equal(found(&m, rows, 1).nr, 0);
}

/* Of rings that have no row of their own: what failed is known, of how many is not. */
static void rest(void **state)
{
	struct io_failure_row rows[] = {
		row(IO_FAILED, 812, READ_FIXED, true, 7), row(IO_LATE, 812, READ_FIXED, true, 5),
		row(IO_FAILED, 900, READ_FIXED, true, 3), row(IO_PUNTED, 812, READ_FIXED, true, 11),
	};
	static const char *const says[] = {
		": 7 I/Os over registered buffers failed with EFAULT",
		": 5 completions found the completion ring of 13 places full, 5 of them of I/O over registered buffers",
		": 3 I/Os over registered buffers failed with EFAULT",
	};
	struct io_model m = { 0 };
	struct io_row *r;
	struct findings fs;

	(void)state;
	rows[0].key.result = rows[2].key.result = -EFAULT;
	r = io_model_row(&m, IO_RING_ANY, 0, IO_WHO(812, READ_FIXED, true));
	r->c.ops = r->fixed_ops = 100003;
	r->c.comm = comm_of("fio");
	r->c.uid = 1000;
	r = io_model_row(&m, IO_RING_ANY, 1001, IO_WHAT(READ_FIXED, true));
	r->c.ops = r->fixed_ops = 103;
	fs = found(&m, rows, 4);
	/* too few were handed to a worker */
	assert_int_equal(fs.nr, 3);
	for (size_t i = 0; i < 3; i++) {
		bool told = false;

		for (size_t k = 0; k < 3; k++)
			told |= strstr(fs.list[k].detail, says[i]) != NULL;
		if (!told)
			fail_msg("not told: %s", says[i]);
		if (fs.list[i].pid == 812)
			assert_string_equal(fs.list[i].comm.bytes, "fio");
	}
	findings_free(&fs);
}

/* Of processes that are told apart no more some findings cannot be made: how many such requests there are is known. */
static void unjudged(void **state)
{
	struct io_failure_row rows[] = {
		row(IO_FAILED, 900, READ_FIXED, true, 3), row(IO_PUNTED, 900, READ_FIXED, true, 11),
		row(IO_LATE, 900, READ, false, 5), row(IO_LATE, 901, READ_FIXED, true, 7),
		row(IO_PUNTED, 812, READ_FIXED, true, 13),
	};
	struct io_model m = { .failures = rows, .nr_failures = 5 };
	struct io_row *r;

	(void)state;
	rows[0].key.result = -EFAULT;
	/* without I/O over registered buffers there is nothing to find */
	assert_int_equal(io_hazards_unjudged(&m, SEVERITY_INFO), 0);
	did(&m, BORN, READ_FIXED, true, 101);
	r = io_model_row(&m, IO_RING_ANY, 1001, IO_WHAT(READ_FIXED, true));
	r->c.ops = r->fixed_ops = 103;
	assert_int_equal(io_hazards_unjudged(&m, SEVERITY_INFO), 11 + 5);
	assert_int_equal(io_hazards_unjudged(&m, SEVERITY_WARNING), 5);
	assert_int_equal(io_hazards_unjudged(&m, SEVERITY_ERROR), 0);
	m.failures = NULL;
	m.nr_failures = 0;
	io_model_free(&m);
}

static void failures(void **state)
{
	struct io_failure_row rows[] = {
		row(IO_FAILED, 812, READ_FIXED, true, 7), row(IO_FAILED, 812, READ_FIXED, true, 2),
		row(IO_FAILED, 812, READ_FIXED, true, 3), row(IO_FAILED, 812, READ_FIXED, true, 5),
		row(IO_FAILED, 812, READ_FIXED, true, 13), row(IO_FAILED, 812, READ, false, 17),
	};
	static const struct { __s32 result; __u64 first_ns, user_data; } are[] = {
		{ -EFAULT, 500, 0xab }, { -EFAULT, 400, 0xcd }, { -EIO, 1, 1 }, { -EPIPE, 1, 1 },
		{ -ECANCELED, 1, 1 }, { -EFAULT, 1, 1 },
	};
	static const struct { const char *says; enum severity severity; enum failing_cause cause; } want[] = {
		{ ": 9 of 101 I/Os over registered buffers failed with EFAULT, the first with user_data 0xcd",
		  SEVERITY_WARNING, FAILING_REQUEST },
		{ ": 3 of 101 I/Os over registered buffers failed with EIO", SEVERITY_WARNING, FAILING_DEVICE },
		{ ": 5 of 101 I/Os over registered buffers failed with EPIPE", SEVERITY_INFO, FAILING_PEER },
	};
	struct io_model m = { 0 };
	struct findings fs;
	size_t told = 0;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		rows[i].key.result = are[i].result;
		rows[i].failure.first_ns = are[i].first_ns;
		rows[i].failure.seen.opcode = READ_FIXED;
		rows[i].failure.seen.user_data = are[i].user_data;
	}
	/* of an older recording */
	rows[2].failure.seen.opcode = 0;
	did(&m, BORN, READ_FIXED, true, 101);
	did(&m, BORN, READ, false, 29);
	fs = found(&m, rows, 6);
	assert_int_equal(fs.nr, 3);
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			if (strstr(fs.list[k].detail, want[i].says)) {
				assert_int_equal(severity_of_finding(&fs.list[k]), want[i].severity);
				assert_int_equal(fs.list[k].cause, want[i].cause);
				assert_int_equal(!strstr(fs.list[k].detail, "user_data"), want[i].cause == FAILING_DEVICE);
				told++;
			}
	assert_int_equal(told, 3);
	findings_free(&fs);
	/* where the table of counters is full, more may have failed than its row has */
	rows[2].failure.count = 103;
	did(&m, BORN, READ_FIXED, true, 101);
	fs = found(&m, rows, 6);
	for (size_t k = told = 0; k < fs.nr; k++)
		told += !!strstr(fs.list[k].detail, ": 103 I/Os over registered buffers failed with EIO");
	assert_int_equal(told, 1);
	findings_free(&fs);
}

static void workers(void **state)
{
	struct io_failure_row rows[] = {
		row(IO_PUNTED, 812, READ_FIXED, true, 7), row(IO_PUNTED, 812, READ_FIXED, true, 2),
		row(IO_PUNTED, 812, READ_FIXED, true, 3), row(IO_PUNTED, 812, READ, false, 13),
	};
	struct io_model m = { 0 };
	struct findings fs;

	(void)state;
	rows[0].failure.seen.sqe_flags = IOSQE_ASYNC;
	rows[2].failure.seen.sqe_flags = IOSQE_IO_DRAIN;
	did(&m, BORN, READ_FIXED, true, 200);
	fs = found(&m, rows, 4);
	assert_int_equal(fs.nr, 2);
	assert_int_equal(fs.list[0].cause, PUNTED_FORCED);
	assert_contains(fs.list[0].detail, ": 10 I/Os over registered buffers were handed to a worker, as IOSQE_ASYNC or IOSQE_IO_DRAIN says; 200 ended");
	assert_int_equal(fs.list[1].cause, PUNTED_TO_WAIT);
	assert_contains(fs.list[1].detail, ": 2 I/Os over registered buffers were handed to a worker, as they had to wait; 200 ended");
	assert_int_equal(severity_of_finding(&fs.list[1]), SEVERITY_INFO);
	findings_free(&fs);
	/* two of 201 are less than one in a hundred */
	memset(&m, 0, sizeof(m));
	did(&m, BORN, READ_FIXED, true, 201);
	fs = found(&m, rows, 4);
	assert_int_equal(fs.nr, 1);
	findings_free(&fs);
}

/* A ring that polls lets a worker try again what its file refuses: that did not wait. */
static void refused(void **state)
{
	struct io_failure_row rows[] = {
		row(IO_PUNTED, 812, READ_FIXED, true, 19), row(IO_FAILED, 812, READ_FIXED, true, 23),
	};
	struct io_failures told = { 0 };
	struct io_model m = { 0 };
	struct findings fs;

	(void)state;
	rows[1].failure.seen.setup_flags = IORING_SETUP_IOPOLL;
	rows[1].key.result = -EOPNOTSUPP;
	for (__u64 more = 0; more <= 1; more++) {
		did(&m, BORN, READ_FIXED, true, 23 + more);
		m.failures = rows;
		m.nr_failures = 2;
		io_failures_add(&told, &m, 0);
		io_failures_sort(&told);
		assert_int_equal(told.nr, 2);
		assert_contains(told.list[1].explain, more ? "it had to wait" : "io_uring has a worker try once more");
		io_failures_free(&told);
		fs = found(&m, rows, 2);
		assert_int_equal(fs.nr, 1 + more);
		assert_int_equal(fs.list[0].tag, FAILING_IO);
		findings_free(&fs);
		memset(&m, 0, sizeof(m));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overflows), cmocka_unit_test(successors), cmocka_unit_test(nameless),
		cmocka_unit_test(others), cmocka_unit_test(rest), cmocka_unit_test(unjudged), cmocka_unit_test(failures),
		cmocka_unit_test(workers), cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
