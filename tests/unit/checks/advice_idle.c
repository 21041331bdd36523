// SPDX-License-Identifier: GPL-2.0
/* A buffer is idle when nothing used it in any way, over any ring that has it, and all that could have is seen. */
#include <errno.h>
#include "advising.h"

static void idle(void **state)
{
	struct fact_buffer in_use = fact_buffer(RING, 1, BUF(1), ADDR + MIB, 65536, 16);
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	for (int i = 0; i < 5; i++)
		see_buffer(w.l, RING, i, BUF(i), ADDR + i * MIB, 65536, 16);
	use_buffer(&w, 0, ADDR, 7, 65536);
	use_buffer(&w, 3, ADDR + 3 * MIB, 7, 65536);
	a = find(&w, "idle-buffer");
	assert_non_null(a);
	assert_contains(a->detail, "3 of its 5 registered buffers (192 KiB) were not used in 10.0s; whether requests that began before still use them was not seen");
	in_use.users = 4;
	FEED(w.l, in_use);
	assert_contains(find(&w, "idle-buffer")->detail, "2 of its 5 registered buffers");
	/* a use that found no room in the table may have been of any buffer */
	w.m.loss.no_buffer = 1;
	assert_null(find(&w, "idle-buffer"));
	w.m.loss.no_buffer = 0;
	/* unused buffers of a ring that does nothing are not worth advice */
	w.m.rows[0].c.ops = 0;
	assert_null(find(&w, "idle-buffer"));
	end(&w);
}

/* A buffer is used, too, where its I/O failed, has not ended, or does not say that it is registered. */
static void used_otherwise(void **state)
{
	struct io_failure_row *f = calloc(1, sizeof(*f));
	struct io_under_way *u = calloc(2, sizeof(*u));
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	for (int i = 0; i < 7; i++)
		see_buffer(w.l, RING, i, BUF(i), ADDR + i * MIB, 65536, 16);
	use_buffer(&w, 0, ADDR, 7, 65536);
	f->key = (struct io_failure_key){ .ring = RING, .result = -ECANCELED };
	f->failure.seen = (struct io_evidence){
		.flags = EV_FIXED | EV_INDEX | EV_OTHER, .index = 1, .other = 2 };
	w.m.failures = f;
	w.m.nr_failures = 1;
	u[0] = (struct io_under_way){ .ring = RING, .flags = EV_FIXED, .index = 3 };
	u[1] = (struct io_under_way){
		.ring = RING, .flags = EV_RANGE, .addr = ADDR + 4 * MIB + 512, .len_bytes = 512 };
	w.m.under_way = u;
	w.m.nr_under_way = 2;
	plain_io(&w, ADDR + 5 * MIB, 3, 4096, true);
	a = find(&w, "idle-buffer");
	assert_non_null(a);
	assert_int_equal(a->index, 6);
	assert_contains(a->detail, "1 of its 7 registered buffers");
	/* what is under way may be over it */
	w.m.sees_under_way = false;
	assert_null(find(&w, "idle-buffer"));
	end(&w);
}

/* A success of a muted request is not seen: what it took looks idle, or hardly touched. */
static void muted(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	see_buffer(w.l, RING, 0, BUF(0), ADDR, 16 * MIB, 4096)->segments = 8;
	see_buffer(w.l, RING, 1, BUF(1), ADDR + 16 * MIB, 65536, 16);
	use_buffer(&w, 0, ADDR, 7, 4096);
	assert_non_null(find(&w, "idle-buffer"));
	assert_int_equal(w.a.nr_idle_unjudged, 0);
	assert_non_null(find(&w, "oversized-buffer"));
	/* those of plain I/O take no registered buffer */
	w.m.loss.skipped = 5;
	assert_non_null(find(&w, "idle-buffer"));
	w.m.muted_fixed = 3;
	assert_null(find(&w, "oversized-buffer"));
	assert_null(find(&w, "idle-buffer"));
	assert_int_equal(w.a.nr_idle_unjudged, 1);
	end(&w);
}

/* The second ring clones the table of the first, and each uses another buffer of three. */
static void cloned(void **state)
{
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	see_ring(w.l, RING2, 100, 100);
	io_model_row(&w.m, RING2, 0, IO_WHO(812, 4, true))->c.ops = 0;
	for (int i = 0; i < 3; i++) {
		see_buffer(w.l, RING, i, BUF(i), ADDR + i * MIB, 65536, 16);
		see_buffer(w.l, RING2, i, BUF(i), ADDR + i * MIB, 65536, 16);
	}
	use_buffer(&w, 0, ADDR, 7, 65536);
	use_buffer(&w, 1, ADDR + MIB, 11, 65536);
	w.m.buffers[1].key.ring = RING2;
	/* to unregister the third in one of them gives nothing back */
	a = find(&w, "idle-buffer");
	assert_int_equal(a->index, 2);
	assert_int_equal(a->bytes, 0);
	assert_contains(a->detail, "1 of its 3 registered buffers was used by no ring in 10.0s, and other slots hold it, too");
	assert_contains(a->remedy, "to do so in one alone gives nothing back");
	see_buffer(w.l, RING, 3, BUF(3), ADDR + 3 * MIB, 65536, 16);
	a = find(&w, "idle-buffer");
	assert_int_equal(a->index, -1);
	assert_int_equal(a->bytes, 65536);
	assert_contains(a->detail, "1 of its 4 registered buffers (64 KiB) was not used in 10.0s; nor was 1 more, which other slots hold, too");
	assert_contains(a->remedy, "RLIMIT_MEMLOCK");
	/* a ring that is not looked at has the fourth */
	ledger_buffer(w.l, BUF(3))->refs = 2;
	assert_contains(find(&w, "idle-buffer")->detail, "2 of its 4 registered buffers were used by no ring");
	end(&w);
}

/* Each buffer of a cloned table is used over one ring: none is idle. */
static void cloned_used(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	see_ring(w.l, RING2, 100, 100);
	io_model_row(&w.m, RING2, 0, IO_WHO(812, 4, true))->c.ops = 1013;
	for (int i = 0; i < 5; i++) {
		see_buffer(w.l, RING, i, BUF(i), ADDR + i * MIB, 65536, 16);
		see_buffer(w.l, RING2, i, BUF(i), ADDR + i * MIB, 65536, 16);
		use_buffer(&w, i, ADDR + i * MIB, 7, 65536);
		w.m.buffers[i].key.ring = i < 2 ? RING : RING2;
	}
	assert_null(find(&w, "idle-buffer"));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle), cmocka_unit_test(used_otherwise), cmocka_unit_test(muted),
		cmocka_unit_test(cloned), cmocka_unit_test(cloned_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
