// SPDX-License-Identifier: GPL-2.0
/* The rings of a walk are dated by what the counters know of their addresses. */
#include <stdlib.h>
#include "facts.h"
#include "capture/io_rings.h"

#define SEEN_NS		5000000000ULL
#define LATER_NS	(SEEN_NS + 1000000)

/* What a ring that was walked at SEEN_NS is, when its address is known since .known_ns. */
static struct ledger *dated(__u64 known_ns)
{
	struct known_ring known = { .ring = RING, .r.born_ns = known_ns };
	struct io_rings k = { .list = &known, .nr = 1 };
	struct ledger *l = ledger_new();

	see_ring(l, RING, 0, 0);
	ledger_ring(l, RING)->since_ns = SEEN_NS;
	/* none is missing: no map is needed */
	io_rings_drop_gone(&k, -1, l, NULL);
	free(k.missed);
	return l;
}

static void itself(void **state)
{
	struct ledger *l = dated(77);

	(void)state;
	assert_non_null(ledger_ring_born(l, RING, 77));
	assert_null(ledger_ring_born(l, RING, LATER_NS));
	ledger_free(l);
}

/* A ring came to the address after the walk. */
static void successor(void **state)
{
	struct ledger *l = dated(LATER_NS);

	(void)state;
	assert_null(ledger_ring_born(l, RING, LATER_NS));
	assert_null(ledger_ring_born(l, RING, 77));
	/* of one that is not known to be another it is all that there is */
	assert_non_null(ledger_ring_born(l, RING, 0));
	ledger_free(l);
}

/* Its event and its counters read the clock one after the other. */
static void created(void **state)
{
	struct fact_ring f = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct ledger *l = ledger_new();

	(void)state;
	f.h.t_ns = SEEN_NS;
	FEED(l, f);
	assert_non_null(ledger_ring_born(l, RING, SEEN_NS + 2000));
	assert_null(ledger_ring_born(l, RING, SEEN_NS - 10000000));
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(itself), cmocka_unit_test(successor), cmocka_unit_test(created),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
