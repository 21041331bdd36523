// SPDX-License-Identifier: GPL-2.0
/* Findings about charges: where buffers know theirs (to 7.1), and where they do not. */
#include "charged.h"

#define HUGE	(512 * 4096ULL)

static void expect_none(struct ledger *l)
{
	struct findings fs = { 0 };

	check_charges(l, &defaults, &fs);
	if (fs.nr)
		fail_msg("%s: %s", finding_tag_name(fs.list[0].tag), fs.list[0].detail);
	ledger_free(l);
}

static void healthy(void **state)
{
	struct ledger *l = with_ring(16 + 512);
	struct buffer *b;

	(void)state;
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 16 * 4096, 16), 100, 0);
	/* two parts of one huge page, which is charged with the first */
	walk_at(see_buffer(l, RING, 1, BUF(1), ADDR + HUGE, 4096, 512), 1024, 9);
	walk_at(see_buffer(l, RING, 2, BUF(2), ADDR + HUGE + 4096, 4096, 0), 1025, 9);
	/* a clone and a kernel buffer are charged nothing */
	see_ring(l, RING2, 528, 528);
	see_buffer(l, RING2, 0, BUF(1), ADDR + HUGE, 4096, 512);
	b = see_buffer(l, RING2, 1, BUF(3), 0, 65536, 0);
	b->buf_flags = BUFFER_F_KERNEL;
	expect_none(l);
}

static void not_walked(void **state)
{
	struct ledger *l = with_ring(512);

	(void)state;
	/* the huge page may well be charged to the buffer that could not be read */
	see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 512);
	walk_at(see_buffer(l, RING, 1, BUF(1), ADDR + 4096, 4096, 0), 1025, 9);
	expect_none(l);
}

static void first_half_dropped(void **state)
{
	struct ledger *l = with_ring(512);
	struct fact_buffer drop = fact_buffer(RING, 0, BUF(0), ADDR, HUGE / 2, 512);
	struct fact_ring levels = fact_ring(FACT_RING, RING, 0, 0);

	(void)state;
	see_buffer(l, RING, 0, BUF(0), ADDR, HUGE / 2, 512);
	walk_at(see_buffer(l, RING, 1, BUF(1), ADDR + HUGE / 2, HUGE / 2, 0), 1024 + 256, 9);
	drop.h.kind = FACT_DROP;
	FEED(l, drop);
	levels.h.flags = FACT_F_SNAPSHOT;
	levels.nr_slots = 2;
	FEED(l, levels);
	expect_pages(l, UNCHARGED_PIN, 512, "pid 812 fd 6 buffer 1: 512 pages (2 MiB, whole "
		     "folios) are pinned, 0 are charged; user 1000 bypasses RLIMIT_MEMLOCK "
		     "by 2 MiB");
}

static void uncharged_without_limit(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring r = fact_ring(FACT_RING, RING, 0, 3);
	struct fact_holder h = fact_holder(RING, 812, 6, 0, 3);

	(void)state;
	r.user = 0;
	r.charged_uid = ~0U;
	r.ring_flags = 0;
	FEED(l, h);
	FEED(l, r);
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 5 * 4096, 3), 100, 0);
	expect_pages(l, UNCHARGED_PIN, 2, "VmPin shows 8 KiB too little");
}

static void huge_page_in_two_rings(void **state)
{
	struct ledger *l = with_ring(1024);

	(void)state;
	see_ring(l, RING2, 1024, 1024);
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 512), 1024, 9);
	walk_at(see_buffer(l, RING2, 0, BUF(1), ADDR + 8192, 4096, 512), 1026, 9);
	expect_pages(l, OVERCHARGED, 512, "several rings register the same memory, or parts of a "
		     "huge page, and each is charged for it");
}

static void charge_of_one_is_wrong(void **state)
{
	struct ledger *l = with_ring(20);

	(void)state;
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 16 * 4096, 20), 100, 0);
	expect_pages(l, OVERCHARGED, 4, "charged for more than it holds");
}

static void chain_of_components(void **state)
{
	struct ledger *l = with_ring(12);
	struct findings fs = { 0 };
	/* 0 - 2 - 1 share pages, and 3 - 4 do; they arrive mixed */
	static const struct { __u64 pfn; __u32 pages; } b[] = {
		{ 100, 2 }, { 104, 2 }, { 101, 4 }, { 201, 2 }, { 200, 2 },
	};

	(void)state;
	for (__u32 i = 0; i < 5; i++)
		walk_at(see_buffer(l, RING, i, BUF(i), ADDR + i * MIB, b[i].pages * 4096,
				   b[i].pages), b[i].pfn, 0);
	check_charges(l, &defaults, &fs);
	/* one finding for a cause */
	assert_int_equal(fs.nr, 1);
	assert_int_equal(fs.list[0].pages, 3);
	assert_int_equal(fs.list[0].index, -1);
	assert_contains(fs.list[0].detail, "buffer 3 and 1 more: 9 pages");
	assert_contains(fs.list[0].detail, "the same page lies at several addresses");
	findings_free(&fs);
	ledger_free(l);
}

static void many_members_are_summed_up(void **state)
{
	struct ledger *l = with_ring(70);

	(void)state;
	for (__u32 i = 0; i < 7; i++)
		walk_at(see_buffer(l, RING, i, BUF(i), ADDR, 10 * 4096, 10), 100, 0);
	expect_pages(l, OVERCHARGED, 60, "buffer 3 and 3 more: 10 pages");
}

static void neighbours_are_not_one(void **state)
{
	struct ledger *l = with_ring(6);
	struct findings fs = { 0 };

	(void)state;
	/* frames run on, but no page is shared: one error does not make up for the other */
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 3 * 4096, 4), 100, 0);
	walk_at(see_buffer(l, RING, 1, BUF(1), ADDR + MIB, 3 * 4096, 2), 103, 0);
	check_charges(l, &defaults, &fs);
	assert_int_equal(fs.nr, 2);
	assert_int_equal(only(&fs, OVERCHARGED)->index, 0);
	assert_int_equal(only(&fs, UNCHARGED_PIN)->index, 1);
	findings_free(&fs);
	ledger_free(l);
}

static void two_users_in_one_process(void **state)
{
	struct ledger *l = with_ring(512);
	struct fact_ring r = fact_ring(FACT_RING, RING2, 512, 1024);
	const __u64 ring3 = RING2 + 4096;

	(void)state;
	/* it changed its user between two rings: each user is charged for the huge page */
	r.user = USER2;
	FEED(l, r);
	see_ring(l, ring3, 512, 1024);
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 512), 1024, 9);
	walk_at(see_buffer(l, RING2, 0, BUF(1), ADDR, 4096, 512), 1024, 9);
	walk_at(see_buffer(l, ring3, 0, BUF(2), ADDR + 8192, 4096, 0), 1026, 9);
	expect_none(l);
}

static void other_users_do_not_share(void **state)
{
	struct ledger *l = with_ring(512);
	struct fact_ring r = fact_ring(FACT_RING, RING2, 512, 512);
	struct fact_holder h = fact_holder(RING2, 977, 4, 512, 512);

	(void)state;
	/* one shared huge page, two processes: each is charged */
	h.mm = r.mm = MM2;
	h.user = r.user = USER2;
	FEED(l, h);
	FEED(l, r);
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 512), 1024, 9);
	walk_at(see_buffer(l, RING2, 0, BUF(1), ADDR, 4096, 512), 1024, 9);
	expect_none(l);
}

static void bad_segments_prove_nothing(void **state)
{
	struct ledger *l = with_ring(1);
	struct buffer *b = see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 1);

	(void)state;
	walk_at(b, 100, 9);
	b->bad_segment_at = ADDR;
	expect_none(l);
}

static void ghost(void **state)
{
	struct ledger *l = with_ring(20);

	(void)state;
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 16 * 4096, 16), 100, 0);
	expect_pages(l, GHOST_PIN, 4, "4 pages (16 KiB) are charged to pid 812 (fio), and no ");
	expect_pages(with_ring(4), GHOST_PIN, 4, "no buffer table explains");
}

static void charge_was_lost(void **state)
{
	struct ledger *l = with_ring(10);

	(void)state;
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 16 * 4096, 16), 100, 0);
	expect_pages(l, UNCHARGED_PIN, 6, "were charged 16 pages, but its pinned_vm is 10");
}

static void lost_charge_is_said_once(void **state)
{
	struct ledger *l = with_ring(10);

	(void)state;
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 22 * 4096, 16), 100, 0);
	expect_pages(l, UNCHARGED_PIN, 6, "pid 812 fd 6 buffer 0: 22 pages");
}

static void underflow_of_mm(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	see_ring(l, RING, 100, -512);
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 0), 1024, 9);
	expect_pages(l, CHARGE_UNDERFLOW, 512, "VmPin: 18446744073709549568 kB");
}

static void underflow_of_user(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };

	(void)state;
	see_ring(l, RING, -3, 5);
	walk_at(see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 0), 1024, 9);
	check_charges(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(only(&fs, CHARGE_UNDERFLOW)->pages, 3);
	assert_int_equal(fs.list[0].uid, 1000);
	assert_contains(fs.list[0].detail, "user 1000: locked_vm is -3 pages");
	findings_free(&fs);
	ledger_free(l);
}

/* ---- 7.2 and later ---------------------------------------------------------- */

static struct ledger *with_rings(__s64 charged, __u32 how)
{
	struct ledger *l = ledger_new();
	struct fact_ring r = fact_ring(FACT_RING, RING, charged, charged);
	struct fact_holder h = fact_holder(RING, 812, 6, charged, charged);

	r.ring_flags |= how;
	FEED(l, h);
	FEED(l, r);
	r.h.ring = h.h.ring = RING2;
	h.fd = 7;
	FEED(l, h);
	FEED(l, r);
	return l;
}

static struct ledger *with_new_ring(__s64 charged)
{
	return with_rings(charged, RING_F_ACCT_PER_RING);
}

static struct buffer *see_new_buffer(struct ledger *l, __u64 ring, __u32 index, __u64 pfn,
				     __u64 pages, __u32 order)
{
	struct buffer *b = see_buffer(l, ring, index, BUF(ring == RING ? index : index + 99),
				      ADDR + index * 64 * MIB, pages * 4096, ACCT_UNKNOWN);

	walk_at(b, pfn, order);
	return b;
}

static void new_healthy(void **state)
{
	struct ledger *l = with_new_ring(16 + 512);

	(void)state;
	see_new_buffer(l, RING, 0, 100, 16, 0);
	see_new_buffer(l, RING, 1, 1024, 3, 9);
	see_new_buffer(l, RING, 2, 1030, 3, 9);
	see_buffer(l, RING2, 0, BUF(2), ADDR + 128 * MIB, 3 * 4096, ACCT_UNKNOWN);
	expect_none(l);
}

static void new_uncharged(void **state)
{
	struct ledger *l = with_new_ring(16);

	(void)state;
	see_new_buffer(l, RING, 0, 100, 16, 0);
	see_new_buffer(l, RING, 1, 1024, 3, 9);
	expect_pages(l, UNCHARGED_PIN, 512, "hold 528 pages (whole folios), 16 are charged: "
		     "RLIMIT_MEMLOCK is bypassed by 2 MiB");
	/* a buffer whose charge is not known could only make the bypass larger */
	l = with_new_ring(14);
	see_new_buffer(l, RING, 0, 100, 16, 0);
	see_new_buffer(l, RING, 1, 1024, 3, 9)->walked = false;
	expect_pages(l, UNCHARGED_PIN, 2, "hold 16 pages");
	/* but the unknown buffer may explain what is charged too much */
	l = with_new_ring(16 + 512);
	see_new_buffer(l, RING, 0, 100, 16, 0);
	see_new_buffer(l, RING, 1, 1024, 3, 9)->walked = false;
	expect_none(l);
}

static void new_overcharged(void **state)
{
	struct ledger *l = with_new_ring(20);
	struct findings fs = { 0 };

	(void)state;
	see_new_buffer(l, RING, 0, 100, 10, 0);
	see_new_buffer(l, RING, 1, 105, 10, 0);
	expect_pages(l, OVERCHARGED, 5, "15 pages (60 KiB) are pinned, 20 are charged");
	/* two rings hold a huge page, and both pay for it */
	l = with_new_ring(1024);
	see_new_buffer(l, RING, 0, 1024, 10, 9);
	see_new_buffer(l, RING2, 0, 1024, 10, 9);
	expect_pages(l, OVERCHARGED, 512, "512 pages (2 MiB) are pinned, 1024 are charged; several rings");
	/* no buffer explains three more pages */
	l = with_new_ring(23);
	see_new_buffer(l, RING, 0, 100, 10, 0);
	see_new_buffer(l, RING, 1, 105, 10, 0);
	check_charges(l, &defaults, &fs);
	assert_int_equal(fs.nr, 2);
	assert_int_equal(only(&fs, OVERCHARGED)->pages, 5);
	assert_int_equal(only(&fs, GHOST_PIN)->pages, 3);
	findings_free(&fs);
	ledger_free(l);
}

static void new_ghost(void **state)
{
	struct ledger *l = with_new_ring(18);

	(void)state;
	see_new_buffer(l, RING, 0, 100, 16, 0);
	expect_pages(l, GHOST_PIN, 2, "2 pages (8 KiB)");
	/* the excess is less than the overlap, so that the overlap does not explain it */
	l = with_new_ring(17);
	see_new_buffer(l, RING, 0, 100, 10, 0);
	see_new_buffer(l, RING, 1, 105, 10, 0);
	expect_pages(l, GHOST_PIN, 2, "2 pages (8 KiB)");
}

static void new_without_user(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring r = fact_ring(FACT_RING, RING, 0, 0);

	(void)state;
	/* a ring of a CAP_IPC_LOCK owner pins and is charged nothing */
	r.user = 0;
	r.ring_flags = RING_F_ACCT_PER_RING;
	FEED(l, r);
	see_new_buffer(l, RING, 0, 100, 16, 0);
	expect_none(l);
}

/*
 * patches/7.3: a clone that outlives its source is charged where it was registered, beside a
 * buffer of the ring's own in the same huge page.
 */
static void account_of_registering_ring(void **state)
{
	struct ledger *l = with_new_ring(2 * 512);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 3 * 4096, ACCT_UNKNOWN);

	(void)state;
	f.account = 7;
	FEED(l, f);
	walk_at(ledger_buffer(l, BUF(0)), 1024, 9);
	f = fact_buffer(RING, 1, BUF(1), ADDR + 64 * MIB, 5 * 4096, ACCT_UNKNOWN);
	f.account = 11;
	FEED(l, f);
	walk_at(ledger_buffer(l, BUF(1)), 1030, 9);
	expect_pages(l, OVERCHARGED, 512, "512 pages (2 MiB) are pinned, 1024 are charged");
	l = with_new_ring(512);
	f.account = 7;
	FEED(l, f);
	walk_at(ledger_buffer(l, BUF(1)), 1030, 9);
	expect_none(l);
}

/* patches/6.12: a huge page is charged once, whatever rings hold it, and small pages to each buffer. */
static void shared_account(void **state)
{
	struct ledger *l = with_rings(512 + 2 * 3, RING_F_ACCT_SHARED);

	(void)state;
	see_new_buffer(l, RING, 0, 1024, 3, 9);
	see_new_buffer(l, RING2, 1, 1030, 5, 9);
	see_new_buffer(l, RING, 2, 100, 3, 0);
	see_new_buffer(l, RING2, 3, 200, 3, 0);
	expect_none(l);
	l = with_rings(512 + 2 * 3, RING_F_ACCT_SHARED);
	see_new_buffer(l, RING, 0, 1024, 3, 9);
	see_new_buffer(l, RING2, 1, 1030, 5, 9);
	see_new_buffer(l, RING, 2, 100, 3, 0);
	see_new_buffer(l, RING2, 3, 100, 3, 0);
	expect_pages(l, OVERCHARGED, 3, "3 pages (12 KiB) are pinned, 6 are charged");
	/* by the stock kernels' way of counting this charge would be right */
	l = with_rings(2 * 512, RING_F_ACCT_SHARED);
	see_new_buffer(l, RING, 0, 1024, 3, 9);
	see_new_buffer(l, RING2, 1, 1030, 5, 9);
	expect_pages(l, GHOST_PIN, 512, "512 pages (2 MiB) are charged to");
}

static void shared_without_user(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring r = fact_ring(FACT_RING, RING, 0, 11);
	struct fact_holder h = fact_holder(RING, 812, 6, 0, 11);

	(void)state;
	r.user = 0;
	r.ring_flags = RING_F_ACCT_SHARED;
	FEED(l, h);
	FEED(l, r);
	see_new_buffer(l, RING, 0, 100, 13, 0);
	expect_pages(l, UNCHARGED_PIN, 2, "hold 13 pages (whole folios), 11 are charged: "
		     "VmPin is too low by 8 KiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy),
		cmocka_unit_test(not_walked),
		cmocka_unit_test(first_half_dropped),
		cmocka_unit_test(uncharged_without_limit),
		cmocka_unit_test(huge_page_in_two_rings),
		cmocka_unit_test(charge_of_one_is_wrong),
		cmocka_unit_test(chain_of_components),
		cmocka_unit_test(many_members_are_summed_up),
		cmocka_unit_test(neighbours_are_not_one),
		cmocka_unit_test(two_users_in_one_process),
		cmocka_unit_test(other_users_do_not_share),
		cmocka_unit_test(bad_segments_prove_nothing),
		cmocka_unit_test(ghost),
		cmocka_unit_test(charge_was_lost),
		cmocka_unit_test(lost_charge_is_said_once),
		cmocka_unit_test(underflow_of_mm),
		cmocka_unit_test(underflow_of_user),
		cmocka_unit_test(new_healthy),
		cmocka_unit_test(new_uncharged),
		cmocka_unit_test(new_overcharged),
		cmocka_unit_test(new_ghost),
		cmocka_unit_test(new_without_user),
		cmocka_unit_test(account_of_registering_ring),
		cmocka_unit_test(shared_account),
		cmocka_unit_test(shared_without_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
