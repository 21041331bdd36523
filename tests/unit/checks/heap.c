// SPDX-License-Identifier: GPL-2.0
/* Buffers on the heap: one note a ring, of none where there is none. */
#include "checks/checks.h"
#include "facts.h"

static void notes(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	const struct finding *f;

	(void)state;
	see_ring(l, RING, 0, 0);
	for (int i = 0; i < 5; i++)
		see_buffer(l, RING, i, BUF(i), ADDR + i * 65536, 8192, 2);
	check_heap(l, &fs);
	assert_int_equal(fs.nr, 0);
	for (int i = 1; i < 4; i++)
		ledger_ring(l, RING)->slots[i]->on_heap = true;
	check_heap(l, &fs);
	f = only(&fs, HEAP_BUFFER);
	assert_int_equal(f->pid, 812);
	assert_int_equal(f->fd, 6);
	assert_int_equal(f->index, -1);
	assert_int_equal(f->pages, 6);
	assert_int_equal(severity_of_finding(f), SEVERITY_INFO);
	assert_contains(f->detail, ": 3 of 5 buffers, 24 KiB, lie in the heap");
	/* nobody else looks for it: no zero is to be waited for */
	assert_false(finding_is_sought(HEAP_BUFFER, SEVERITY_INFO));
	assert_true(finding_is_sought(GHOST_PIN, SEVERITY_INFO));
	findings_free(&fs);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
