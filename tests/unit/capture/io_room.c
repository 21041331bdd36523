// SPDX-License-Identifier: GPL-2.0
/* What the maps of I/O take of the kernel's memory keeps to its budget, however many processors. */
#include <abi/io_cell.h>
#include <abi/io_share.h>
#include "capture/io_room.h"
#include "unit.h"

#define MIB		(1ULL << 20)
#define ELEMENT		48	/* struct htab_elem and alignment; measured: 85 and 88 bytes with key, value, bucket */
#define BUCKET		16
#define RING_BUFFER	(4 * MIB)	/* of events */
#define OTHERS		(4 * MIB)	/* the maps of events, programs, what is constant */

static __u64 round_up_to_2(__u64 n)
{
	__u64 to = 1;

	while (to < n)
		to *= 2;
	return to;
}

/* A hash that is allocated at once: one element more for each processor. */
static __u64 hash(__u64 entries, size_t key, size_t value, size_t cpus)
{
	return (entries + cpus) * (ELEMENT + (key + 7) / 8 * 8 + (value + 7) / 8 * 8) +
	       round_up_to_2(entries) * BUCKET;
}

static __u64 io_bytes(size_t cpus, bool details)
{
	struct io_room room = io_room(cpus, true);
	__u64 starts = IO_START_SETS * sizeof(struct io_start_set);
	__u64 named = room.ud_starts * sizeof(struct io_ud_start);
	__u64 sum = room.cells * sizeof(struct io_cell) + hash(room.cells, 4, 1, cpus);

	sum += room.hists * (sizeof(struct io_hist) + sizeof(__u32));
	sum += hash(room.rings, sizeof(__u64), sizeof(struct io_ring), cpus);
	sum += IO_DECIDED * sizeof(__u64) + IO_MET + IO_LATE_RINGS * 3 * sizeof(__u64);
	/* a kernel has one or the other */
	sum += named > starts ? named : starts;
	sum += cpus * (sizeof(struct io_loss) + 3 * sizeof(__u64));
	sum += hash(IO_FAILURES, sizeof(struct io_failure_place), sizeof(struct io_failure), cpus);
	sum += hash(IO_SHARE_USERS, sizeof(__u32), sizeof(struct io_user), cpus);
	sum += hash(IO_SHARE_USERS, sizeof(__u32), sizeof(struct io_given), cpus);
	if (!details)
		return sum;
	sum += hash(IO_BUFFERS, sizeof(struct io_buffer_place), sizeof(struct io_buffer_use), cpus);
	sum += hash(IO_ADDRESSES, sizeof(struct io_address_place), sizeof(struct io_address_use), cpus);
	return sum + hash(IO_CALLS, sizeof(struct io_calls_place), sizeof(struct io_ring_calls), cpus);
}

static void budgets(void **state)
{
	(void)state;
	print_message("stat at 256 processors: %llu MiB, export: %llu MiB; stat at 2: %llu MiB\n",
		      (io_bytes(256, true) + OTHERS / 4) / MIB,
		      (io_bytes(256, false) + RING_BUFFER + OTHERS) / MIB,
		      (io_bytes(2, false) + OTHERS / 4) / MIB);
	assert_true(io_bytes(256, true) + OTHERS / 4 <= 64 * MIB);
	assert_true(io_bytes(256, false) + RING_BUFFER + OTHERS <= 96 * MIB);
	assert_true(io_bytes(2, false) + OTHERS / 4 <= 8 * MIB);
	/* more processors take no more than that */
	assert_true(io_bytes(4096, true) + OTHERS / 4 <= 64 * MIB);
}

/* Nobody has less than a small machine. */
static void least(void **state)
{
	(void)state;
	for (size_t cpus = 1; cpus < 1024; cpus *= 2) {
		struct io_room room = io_room(cpus, true);

		assert_true(room.cells >= IO_MIN_CELLS && room.cells <= IO_MAX_CELLS);
		assert_true(room.cells > IO_TOTALS);
		assert_int_equal(io_room(cpus, false).hists, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(budgets),
		cmocka_unit_test(least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
