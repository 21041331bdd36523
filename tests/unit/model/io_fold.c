// SPDX-License-Identifier: GPL-2.0
/* Which rows become fewer, and what remains of them. */
#include <stdio.h>
#include "model/io_fold.h"
#include "unit.h"

#define MOST	64
#define RING	0x1000ULL
#define OPEN	0x900000ULL	/* from there on rings are open */
#define LIVES	5000		/* from there on processes live */

static bool is_open(const struct io_counts *c, const void *unused)
{
	(void)unused;
	return c->ring >= OPEN;
}

static bool lives(const struct io_counts *c, const void *unused)
{
	(void)unused;
	return IO_WHO_TGID(c->who) >= LIVES;
}

static const struct io_fold how = {
	.most = MOST, .is_open = is_open, .lives = lives, .ended = { "(ended)" },
};

static void did(struct io_model *m, __u64 ring, __u32 pid, __u32 uid, const char *comm, __u8 op, __u64 ops)
{
	struct io_row one = { .c = { .ops = ops, .first_ns = 7, .uid = uid, .fd = 5 } };
	struct io_row *row = io_model_row(m, ring, 1, IO_WHO(pid, op, true));

	snprintf(one.c.comm.bytes, sizeof(one.c.comm.bytes), "%s", comm);
	io_row_add(row, &one);
}

static __u64 all_ops(const struct io_model *m)
{
	__u64 sum = 0;

	for (size_t i = 0; i < m->nr_rows; i++)
		sum += m->rows[i].c.ops;
	return sum;
}

static const struct io_row *rest_of(struct io_model *m, __u32 pid)
{
	const struct io_row *row = io_model_find(m, IO_RING_ANY, 0, IO_WHO(pid, 4, true));

	if (!row)
		fail_msg("no row of the closed rings of %u", pid);
	return row;
}

/* Of the one that has many the smallest; of others nothing, and of open rings neither. */
static void rings(void **state)
{
	struct io_model m = { 0 };

	(void)state;
	for (int i = 0; i < 101; i++)
		did(&m, RING * (i + 1), 812, 1000, "fio", 4, i == 97 ? 100003 : 1);
	did(&m, OPEN, 812, 1000, "fio", 4, 1);
	did(&m, RING * 999, 977, 1000, "db", 4, 3);
	did(&m, RING * 998, 5003, 1000, "web", 4, 2);
	io_model_fold(&m, &how);
	assert_in_range(m.nr_rows, 4, MOST);
	assert_int_equal(all_ops(&m), 100 + 100003 + 1 + 3 + 2);
	assert_non_null(io_model_find(&m, RING * 98, 1, IO_WHO(812, 4, true)));
	assert_non_null(io_model_find(&m, OPEN, 1, IO_WHO(812, 4, true)));
	assert_non_null(io_model_find(&m, RING * 999, 1, IO_WHO(977, 4, true)));
	assert_non_null(io_model_find(&m, RING * 998, 1, IO_WHO(5003, 4, true)));
	assert_string_equal(rest_of(&m, 812)->c.comm.bytes, "fio");
	assert_int_equal(rest_of(&m, 812)->c.uid, 1000);
	assert_int_equal(rest_of(&m, 812)->c.fd, -1);
	assert_int_equal(io_model_folded(&m, false).rings, rest_of(&m, 812)->c.ops);
	assert_int_equal(io_model_folded(&m, true).rings, 0);
	io_model_free(&m);
}

/* A ring with rows of several opcodes is one ring. */
static void opcodes(void **state)
{
	struct io_model m = { 0 };

	(void)state;
	for (int i = 0; i < 97; i++) {
		did(&m, RING * (i + 1), 812, 1000, "fio", 4, 1);
		did(&m, RING * (i + 1), 812, 1000, "fio", 5, 1);
	}
	io_model_fold(&m, &how);
	assert_int_equal(all_ops(&m), 2 * 97);
	assert_int_equal(io_model_folded(&m, false).rings, rest_of(&m, 812)->c.ops);
	io_model_free(&m);
}

/* Too many processes: the smallest of the user that has many; who lives keeps his name. */
static void processes(void **state)
{
	struct io_model m = { 0 };
	const struct io_row *row;

	(void)state;
	for (int i = 0; i < 101; i++)
		did(&m, RING * (i + 1), 100 + i, 1000, "cc1", 4, i == 97 ? 1009 : 2);
	for (int i = 0; i < 7; i++)
		did(&m, RING * (i + 200), 5000 + i, 1000, "web", 4, 1);
	did(&m, RING * 300, 4999, 0, "db", 4, 1);
	io_model_fold(&m, &how);
	assert_in_range(m.nr_rows, 10, MOST);
	assert_int_equal(all_ops(&m), 200 + 1009 + 7 + 1);
	assert_non_null(io_model_find(&m, RING * 98, 1, IO_WHO(197, 4, true)));
	assert_non_null(io_model_find(&m, RING * 300, 1, IO_WHO(4999, 4, true)));
	for (int i = 0; i < 7; i++)
		assert_non_null(io_model_find(&m, RING * (i + 200), 1, IO_WHO(5000 + i, 4, true)));
	row = io_model_find(&m, IO_RING_ANY, 1001, IO_WHAT(4, true));
	assert_non_null(row);
	assert_string_equal(row->c.comm.bytes, "(ended)");
	assert_int_equal(2 * row->processes, row->c.ops);
	assert_int_equal(row->rings, row->processes);
	assert_int_equal(io_model_folded(&m, true).processes, row->processes);
	io_model_free(&m);
}

/* A number that was two processes' one after the other; one that lives and has changed its name. */
static void names(void **state)
{
	struct io_model m = { 0 };

	(void)state;
	for (int i = 0; i < 97; i++) {
		did(&m, RING * (i + 1), 812, 1000, i < 48 ? "fio" : "db", 4, 1);
		did(&m, RING * (i + 200), 5003, 1000, i < 48 ? "sh" : "web", 4, 1);
	}
	io_model_fold(&m, &how);
	assert_int_equal(all_ops(&m), 2 * 97);
	/* alphabetically the first */
	assert_string_equal(rest_of(&m, 812)->c.comm.bytes, "db");
	assert_true(rest_of(&m, 812)->c.ops <= 49);
	assert_true(rest_of(&m, 5003)->c.ops > 49);
	io_model_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings), cmocka_unit_test(opcodes), cmocka_unit_test(processes),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
