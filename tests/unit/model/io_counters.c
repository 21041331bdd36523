// SPDX-License-Identifier: GPL-2.0
/* Counters of I/O: rows that are merged, and what of them is new since another look. */
#include <time.h>
#include "model/histogram.h"
#include "model/io_counters.h"
#include "unit.h"

static void add_row(struct io_model *m, __u64 ring, __u32 pid, __u8 op, bool fixed, __u64 ops,
		    __u64 ns)
{
	struct io_row one = {
		.c = { .ops = ops, .bytes = 512 * ops, .timed = ops, .latency_ns = ops * ns,
		       .max_ns = ns, .first_ns = 5, .uid = 1000, .comm = { "fio" } },
		.fixed_ops = fixed ? ops : 0, .fixed_bytes = fixed ? 512 * ops : 0,
	};
	struct io_row *row = io_model_row(m, ring, 0, IO_WHO(pid, op, fixed));

	io_row_add(row, &one);
	io_row_add_bucket(row, hist_index(ns), ops);
}

/* The same row from two CPUs is one; groups keep processes and rings apart. */
static void merge(void **state)
{
	__u64 room[HIST_BUCKETS];
	struct io_model m = { 0 }, g = { 0 };
	struct io_row total;

	(void)state;
	add_row(&m, 0x1000, 812, 4, true, 101, 1000);
	add_row(&m, 0x1000, 812, 4, true, 103, 4000);
	add_row(&m, 0x1000, 812, 22, false, 107, 2000);
	add_row(&m, 0x1000, 977, 4, true, 109, 2000);
	add_row(&m, 0x2000, 812, 4, true, 113, 2000);
	assert_int_equal(m.nr_rows, 4);
	assert_int_equal(m.rows[0].c.ops, 204);
	assert_int_equal(m.rows[0].c.max_ns, 4000);
	assert_int_equal(hist_total(hist_all(m.rows[0].hist, room)), 204);
	assert_int_equal(hist_at(m.rows[0].hist, hist_index(1000)), 101);
	io_model_group(&m, false, &g);
	assert_int_equal(g.nr_rows, 3);
	io_model_sort(&g, IO_BY_OPS);
	assert_int_equal(g.rows[0].c.ops, 311);
	assert_int_equal(g.rows[0].fixed_ops, 204);
	assert_string_equal(g.rows[0].c.comm.bytes, "fio");
	total = io_model_total(&m);
	assert_int_equal(total.c.ops, 101 + 103 + 107 + 109 + 113);
	assert_int_equal(hist_total(hist_all(total.hist, room)), total.c.timed);
	io_row_free(&total);
	io_model_free(&m);
	io_model_free(&g);
}

/* Of latencies that are known to a power of two: what a percentile is off by is no more than is said. */
static void error(void **state)
{
	(void)state;
	for (__u64 ns = 64; ns < 40000000; ns = ns * 11 / 10) {
		for (__u64 others = 0; others < 3; others++) {
			__u64 values[] = { ns, others > 1 ? 2 * ns : ns };
			struct io_row row = { .c = { .timed = 101, .coarse = 101, .max_ns = values[1] } };

			io_row_add_coarse(&row, IO_COARSE_OF(hist_index(values[0])), others ? 97 : 101);
			if (others)
				io_row_add_coarse(&row, IO_COARSE_OF(hist_index(values[1])), 4);
			for (unsigned int i = 500; i <= 990; i += 490) {
				double want = i > 900 && others ? values[1] : values[0];
				double got = hist_permille(row.hist, i, row.c.max_ns);
				double off = got > want ? got - want : want - got;

				/* a bucket's middle is rounded */
				if (off > io_row_error(&row) * want + 1)
					fail_msg("%.0f is off %.0f by more than %.3f", got, want, io_row_error(&row));
			}
			assert_true(io_row_error(&row) <= 1);
			row.c.coarse = 0;
			assert_true(io_row_error(&row) == HIST_ERROR);
			io_row_free(&row);
		}
	}
}

static void between(void **state)
{
	__u64 room[HIST_BUCKETS];
	struct io_model before = { .t_ns = 1000 }, after = { .t_ns = 3000 }, d = { 0 };

	(void)state;
	add_row(&before, 0x1000, 812, 4, true, 101, 900000);
	add_row(&after, 0x1000, 812, 4, true, 101, 900000);
	add_row(&after, 0x1000, 812, 4, true, 103, 1000);
	add_row(&after, 0x2000, 812, 5, true, 107, 1000);
	after.loss.no_start = 7;
	before.loss.no_start = 5;
	after.muted_fixed = 11;
	before.muted_fixed = 8;
	io_model_between(&before, &after, &d);
	assert_int_equal(d.t_ns, 2000);
	assert_int_equal(d.nr_rows, 2);
	assert_int_equal(d.rows[0].c.ops, 103);
	assert_int_equal(hist_total(hist_all(d.rows[0].hist, room)), 103);
	/* the slow operation is of the time before, so it is not in the difference */
	assert_true(d.rows[0].c.max_ns < 1100);
	assert_int_equal(d.rows[1].c.ops, 107);
	assert_int_equal(d.loss.no_start, 2);
	assert_int_equal(d.muted_fixed, 3);
	io_model_free(&before);
	io_model_free(&after);
	io_model_free(&d);
}

/* Notifications stay with their sends, in groups and totals, and are a row also when no send ended. */
/* A reading came between an operation and its bytes. */
static void bytes_alone(void **state)
{
	struct io_model m = { 0 };
	const __u64 who = IO_WHO(812, 4, true);

	(void)state;
	io_model_row(&m, 0x1000, 7, who);
	io_model_drop_empty(&m);
	assert_int_equal(m.nr_rows, 0);
	io_model_row(&m, 0x1000, 7, who)->c.bytes = 512;
	assert_true(io_counts_some(&m.rows[0].c));
	io_model_drop_empty(&m);
	assert_int_equal(m.nr_rows, 1);
	io_model_free(&m);
}

static void notices(void **state)
{
	struct io_model before = { 0 }, after = { 0 }, d = { 0 }, g = { 0 };
	struct io_row slow = { .notices = { .count = 7, .sum_ns = 7 * 900000, .max_ns = 900000 } };
	struct io_row fast = { .notices = { .count = 11, .sum_ns = 11 * 1000, .max_ns = 1000 } }, total;
	__u64 room[HIST_BUCKETS];

	(void)state;
	hist_add(&slow.notices.hist, hist_index(900000), 7);
	hist_add(&fast.notices.hist, hist_index(1000), 11);
	add_row(&before, 0x1000, 812, 47, false, 101, 2000);
	io_row_add(io_model_row(&before, 0x1000, 0, IO_WHO(812, 47, false)), &slow);
	io_model_copy(&before, &after);
	io_row_add(io_model_row(&after, 0x1000, 0, IO_WHO(812, 47, false)), &fast);
	io_model_between(&before, &after, &d);
	io_model_drop_empty(&d);
	assert_int_equal(d.nr_rows, 1);
	assert_int_equal(d.rows[0].c.ops, 0);
	assert_int_equal(d.rows[0].notices.count, 11);
	assert_int_equal(d.rows[0].notices.sum_ns, 11 * 1000);
	/* the slow ones came before */
	assert_true(d.rows[0].notices.max_ns < 1100);
	assert_int_equal(hist_total(hist_all(d.rows[0].notices.hist, room)), 11);
	io_model_group(&after, true, &g);
	assert_int_equal(g.rows[0].c.ops, 101);
	assert_int_equal(g.rows[0].notices.count, 7 + 11);
	total = io_model_total(&after);
	assert_int_equal(total.notices.max_ns, 900000);
	assert_int_equal(hist_total(hist_all(total.notices.hist, room)), 7 + 11);
	io_row_free(&slow);
	io_row_free(&fast);
	io_row_free(&total);
	io_model_free(&before);
	io_model_free(&after);
	io_model_free(&d);
	io_model_free(&g);
}

/* The difference has those buffers, addresses, failed imports and calls that are new or went on. */
static void lists_between(void **state)
{
	struct io_buffer_row b0[] = { { { 1, 0x1000, 0, 0 }, { .ops = 5, .bytes = 50, .max_end = 90 }, 7, 0 },
				      { { 1, 0x2000, 1, 0 }, { .ops = 7, .bytes = 70 }, 7, 0 } };
	/* in another order, and one more */
	struct io_buffer_row b1[] = { { { 1, 0x2000, 1, 0 }, { .ops = 7, .bytes = 70 }, 7, 0 },
				      { { 1, 0x3000, 1, 0 }, { .ops = 3, .bytes = 30 }, 7, 0 },
				      { { 1, 0x1000, 0, 0 },
					{ .ops = 16, .bytes = 160, .max_end = 90, .no_offset = 2 }, 7, 0 } };
	struct io_address_row a0[] = { { { 1, 0x9000 }, { .ops = 5, .direct = 5, .max_len = 8 }, 7, 0 } };
	struct io_address_row a1[] = { { { 1, 0x9000 }, { .ops = 18, .direct = 12, .max_len = 8 }, 7, 0 } };
	struct io_failure_row f0[] = { { { .ring = 1, .what = 4 }, { .count = 2, .last_ns = 50 }, 7, 0 },
				       { { .ring = 1, .what = 5 }, { .count = 1, .last_ns = 90 }, 7, 0 } };
	struct io_failure_row f1[] = { { { .ring = 1, .what = 4 }, { .count = 2, .last_ns = 50 }, 7, 0 },
				       { { .ring = 1, .what = 5 }, { .count = 4, .last_ns = 99 }, 7, 0 } };
	struct io_calls_row c0[] = { { 1, { .registers = 2, .last_ns = 100 }, 7,
				       { .calls = 2, .ns = 50, .max_ns = 30, .bytes = 8192 },
				       { .calls = 2, .error = 12 }, 0 } };
	struct io_calls_row c1[] = { { 1, { .registers = 13, .first_ns = 50, .last_ns = 300 }, 7,
				       { .calls = 13, .ns = 150, .max_ns = 30, .bytes = 53248 },
				       { .calls = 7, .error = 14 }, 0 } };
	struct io_enters_row e0[] = { { 1, 7, { 5, 31, 0, 0, 0, 0 }, 0 }, { 2, 7, { 3, 3, 0, 0, 0, 0 }, 0 } };
	struct io_enters_row e1[] = { { 1, 7, { 18, 134, 0, 1, 0, 0 }, 0 }, { 2, 7, { 3, 3, 0, 0, 0, 0 }, 0 },
				      { 1, 8, { 2, 11, 0, 0, 0, 0 }, 0 } };
	struct io_model before = { .buffers = b0, .nr_buffers = 2, .addresses = a0, .nr_addresses = 1,
				   .failures = f0, .nr_failures = 2, .calls = c0, .nr_calls = 1,
				   .enters = e0, .nr_enters = 2 };
	struct io_model after = { .buffers = b1, .nr_buffers = 3, .addresses = a1, .nr_addresses = 1,
				  .failures = f1, .nr_failures = 2, .calls = c1, .nr_calls = 1,
				  .enters = e1, .nr_enters = 3 };
	struct io_model d = { 0 };

	(void)state;
	io_model_between(&before, &after, &d);
	assert_int_equal(d.nr_buffers, 2);
	assert_int_equal(d.buffers[0].key.addr, 0x3000);
	assert_int_equal(d.buffers[0].use.ops, 3);
	assert_int_equal(d.buffers[1].use.ops, 11);
	assert_int_equal(d.buffers[1].use.bytes, 110);
	assert_int_equal(d.buffers[1].use.no_offset, 2);
	assert_int_equal(d.buffers[1].use.max_end, 90);
	assert_int_equal(d.nr_addresses, 1);
	assert_int_equal(d.addresses[0].use.ops, 13);
	assert_int_equal(d.addresses[0].use.direct, 7);
	assert_int_equal(d.nr_failures, 1);
	assert_int_equal(d.failures[0].failure.count, 3);
	assert_int_equal(d.failures[0].failure.first_ns, 90);
	assert_int_equal(d.nr_calls, 1);
	assert_int_equal(d.nr_enters, 2);
	assert_int_equal(d.enters[0].enters.enters, 13);
	assert_int_equal(d.enters[0].enters.submissions, 103);
	assert_int_equal(d.enters[0].enters.sqpoll, 1);
	assert_int_equal(d.enters[1].enters.submissions, 11);
	assert_int_equal(d.calls[0].calls.registers, 11);
	assert_int_equal(d.calls[0].calls.first_ns, 100);
	assert_int_equal(d.calls[0].failed.calls, 5);
	assert_int_equal(d.calls[0].failed.error, 14);
	assert_int_equal(d.calls[0].cost.calls, 11);
	assert_int_equal(d.calls[0].cost.ns, 100);
	assert_int_equal(d.calls[0].cost.bytes, 45056);
	/* the longest may have been before */
	assert_int_equal(d.calls[0].cost.max_ns, 0);
	io_model_free(&d);
	/* between two equal looks there is no row */
	io_model_between(&after, &after, &d);
	assert_int_equal(d.nr_buffers + d.nr_addresses + d.nr_failures + d.nr_calls, 0);
	io_model_free(&d);
}

/* Rings that come and go: each entry is new, and none is looked for among all that were. */
static void many_lists_between(void **state)
{
	const size_t nr = 100003;
	struct io_model before = { .nr_calls = nr, .calls = calloc(nr, sizeof(*before.calls)) };
	struct io_model after = { .nr_calls = nr, .calls = calloc(nr, sizeof(*after.calls)) };
	struct io_model d = { 0 };
	clock_t begin;

	(void)state;
	for (size_t i = 0; i < nr; i++) {
		before.calls[i] = (struct io_calls_row){ .ring = 1 + i % 31, .born_ns = 1 + i, .calls.registers = 2 };
		after.calls[i] = before.calls[i];
		/* but for one */
		after.calls[i].born_ns += i != 7 ? nr : 0;
	}
	begin = clock();
	io_model_between(&before, &after, &d);
	assert_true((clock() - begin) / CLOCKS_PER_SEC < 3);
	assert_int_equal(d.nr_calls, nr - 1);
	io_model_free(&d);
	io_model_free(&before);
	io_model_free(&after);
}

/* A ring that two processes use: the one's own counts, and of a third the ring's. */
static void counts_of_one_process(void **state)
{
	struct io_model m = { 0 };

	(void)state;
	io_model_row(&m, 0x1000, 7, IO_WHO(812, 4, true))->c.ops = 101;
	io_model_row(&m, 0x1000, 7, IO_WHO(977, 4, true))->c.ops = 103;
	assert_int_equal(io_model_whose(&m, 0x1000, 7, 977)->ops, 103);
	assert_int_equal(io_model_whose(&m, 0x1000, 7, 1009)->ops, 101);
	assert_null(io_model_whose(&m, 0x2000, 7, 812));
	io_model_free(&m);
}

/* Two rings had the same address, one after the other; what is known of one is not the other's. */
static void rings_of_one_address(void **state)
{
	struct io_model before = { 0 }, after = { 0 }, d = { 0 }, g = { 0 };
	__u64 who = IO_WHO(812, 4, true);

	(void)state;
	io_model_row(&before, 0x1000, 7, who)->c.ops = 101;
	io_model_row(&after, 0x1000, 7, who)->c.ops = 101;
	io_model_row(&after, 0x1000, 9, who)->c.ops = 3;
	assert_int_equal(after.nr_rows, 2);
	assert_null(io_model_find(&after, 0x1000, 8, who));
	assert_int_equal(io_model_ring(&after, 0x1000, 0)->born_ns, 9);
	assert_int_equal(io_model_ring(&after, 0x1000, 7)->ops, 101);
	io_model_between(&before, &after, &d);
	io_model_drop_empty(&d);
	assert_int_equal(d.nr_rows, 1);
	assert_int_equal(d.rows[0].c.ops, 3);
	io_model_group(&after, false, &g);
	assert_int_equal(g.nr_rows, 2);
	io_model_free(&before);
	io_model_free(&after);
	io_model_free(&d);
	io_model_free(&g);
}

/* Sorting moves rows; they are found all the same, and by ring in that order. */
static void rows_are_found(void **state)
{
	struct io_model m = { 0 };

	(void)state;
	for (__u64 i = 1; i <= 997; i++) {
		io_model_row(&m, i * 4096, i, IO_WHO(812, 4, true))->c.ops = i * 7919 % 997;
		io_model_row(&m, i * 4096, i, IO_WHO(812, 5, true))->c.ops = i;
	}
	io_model_sort(&m, IO_BY_OPS);
	for (__u64 i = 1; i <= 997; i++)
		assert_int_equal(io_model_row(&m, i * 4096, i, IO_WHO(812, 5, true))->c.ops, i);
	assert_int_equal(m.nr_rows, 2 * 997);
	io_model_sort(&m, IO_BY_RING);
	for (__u64 i = 1; i <= 997; i++) {
		const struct io_counts c = { .ring = i * 4096, .born_ns = i,
					     .who = IO_WHO(812, 0, false) };

		assert_int_equal(m.rows[io_model_first(&m, &c)].c.who, IO_WHO(812, 4, true));
	}
	io_model_free(&m);
}

/* Latencies known to a power of two are spread over it, and none is lost. */
static void coarse_latencies(void **state)
{
	__u64 room[HIST_BUCKETS];
	struct io_row row = { 0 };
	__u32 bucket = hist_index(5000);

	(void)state;
	io_row_add_coarse(&row, IO_COARSE_OF(bucket), 35);
	assert_int_equal(hist_total(hist_all(row.hist, room)), 35);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		if (hist_at(row.hist, i))
			assert_true(i / HIST_STEPS == bucket / HIST_STEPS && hist_at(row.hist, i) <= 3);
	assert_in_range(hist_permille(row.hist, 500, ~0ULL), 4096, 8191);
	io_row_free(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_of_one_address),
		cmocka_unit_test(counts_of_one_process),
		cmocka_unit_test(rows_are_found),
		cmocka_unit_test(coarse_latencies),
		cmocka_unit_test(error), cmocka_unit_test(merge),
		cmocka_unit_test(between),
		cmocka_unit_test(bytes_alone),
		cmocka_unit_test(notices),
		cmocka_unit_test(lists_between),
		cmocka_unit_test(many_lists_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
