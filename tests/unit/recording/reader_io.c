// SPDX-License-Identifier: GPL-2.0
/* A recording goes on for longer than what is kept of it has room. */
#include "recording/reader_io.h"
#include "unit.h"

#define KEPT	32768

static void add(struct recording_io *io, __u64 ring)
{
	const struct rec rec = { .type = REC_IO_CALLS, .size = sizeof(struct io_calls_row) };
	const struct io_calls_row row = { .ring = ring, .calls.registers = ring, .born_ns = ring };

	assert_null(recording_io_add(io, &rec, &row));
}

static void end_reading(struct recording_io *io)
{
	const struct rec rec = { .type = REC_IO, .size = sizeof(struct rec_io) };
	const struct rec_io reading = { .t_ns = 1 };

	assert_null(recording_io_add(io, &rec, &reading));
}

/* A server makes rings for years: the newest are kept, none makes the file unreadable. */
static void rings_without_end(void **state)
{
	struct recording_io io = { 0 };
	__u64 newest = 0;

	(void)state;
	for (__u64 ring = 1; ring <= 2 * KEPT + 7; ring++) {
		add(&io, ring);
		if (!(ring % 1021))
			end_reading(&io);
	}
	add(&io, 2 * KEPT + 7);
	assert_int_equal(io.all.nr_calls, KEPT);
	for (size_t i = 0; i < io.all.nr_calls; i++) {
		assert_int_equal(io.all.calls[i].calls.registers, io.all.calls[i].ring);
		assert_true(io.all.calls[i].ring > KEPT + 7);
		newest += io.all.calls[i].ring == 2 * KEPT + 7;
	}
	assert_int_equal(newest, 1);
	recording_io_free(&io);
}

/* Files of each age: before rings had a time, before calls had a cost. */
static void older(void **state)
{
	const struct io_calls_row row = {
		.ring = 7, .calls.registers = 3, .born_ns = 11, .cost.calls = 3,
	};
	const size_t sizes[] = {
		offsetof(struct io_calls_row, born_ns), offsetof(struct io_calls_row, cost), sizeof(row),
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct rec rec = { .type = REC_IO_CALLS, .size = sizes[i] };
		struct recording_io io = { 0 };

		assert_null(recording_io_add(&io, &rec, &row));
		assert_int_equal(io.all.nr_calls, 1);
		assert_int_equal(io.all.calls[0].calls.registers, 3);
		assert_int_equal(io.all.calls[0].born_ns, i ? 11 : 0);
		assert_int_equal(io.all.calls[0].cost.calls, i > 1 ? 3 : 0);
		recording_io_free(&io);
	}
}

/* A reading from before multishot requests were told has one loss less. */
static void older_losses(void **state)
{
	const struct rec_io reading = { .t_ns = 1, .loss[15] = 5, .loss[16] = 7 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct rec rec = { .type = REC_IO, .size = i ? sizeof(reading) : REC_IO_LEAST };
		struct recording_io io = { 0 };

		assert_null(recording_io_add(&io, &rec, &reading));
		assert_int_equal(io.all.loss.no_send, 5);
		assert_int_equal(io.all.loss.multishot, i ? 7 : 0);
		recording_io_free(&io);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_without_end),
		cmocka_unit_test(older), cmocka_unit_test(older_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
