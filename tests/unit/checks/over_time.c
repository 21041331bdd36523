// SPDX-License-Identifier: GPL-2.0
/* What is told of a recording: sums are compared between calls, never inside one. */
#include "told.h"

/* The buffers go one by one, and only the end of the call takes them out of the table. */
static void inside_unregister(NO_STATE)
{
	fill_and_rest();
	for (__u32 i = 0; i < NR; i++) {
		account(FACT_UNCHARGE, RING, BUF(i), PAGES, (NR - 1 - i) * PAGES);
		wait_ms(30);
	}
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	nothing_in_the_end();
}

static void inside_register(NO_STATE)
{
	create(RING, 0);
	wait_ms(100);
	for (__u32 i = 0; i < NR; i++) {
		account(FACT_CHARGE, RING, BUF(i), PAGES, (i + 1) * PAGES);
		wait_ms(1700);
	}
	call(RING, CALL_REGISTER, NR, 0, NR * PAGES, 0);
	for (__u32 i = 0; i < NR; i++)
		slot(RING, i, BUF(i), PAGES);
	nothing_in_the_end();
}

/* The kernel releases what a closed ring has while the account is read for another. */
static void inside_close(NO_STATE)
{
	fill_and_rest();
	close_ring(RING, NR * PAGES);
	wait_ms(30);
	create(RING2, 0);
	wait_ms(3000);
	gone(RING);
	wait_ms(2000);
	call(RING2, CALL_UNREGISTER, 0, -6, 0, 0);
	nothing_in_the_end();
}

/* At tracepoints only its end says that a call was under way on the other ring. */
static void inside_a_silent_call(NO_STATE)
{
	fill_and_rest();
	create(RING2, PAGES);
	wait_ms(100);
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	nothing_in_the_end();
}

/* The new ring has the address of the closed one before the end of that is told. */
static void address_of_a_closed_ring(NO_STATE)
{
	fill(RING, 0, 0);
	close_ring(RING, NR * PAGES);
	fill(RING, 10, 0);
	call(RING, CALL_UPDATE, 1, 1, PAGES, 0);
	slot(RING, 0, BUF(20), PAGES);
	assert_int_equal(only(end(), UNCHARGED_PIN)->pages, 2 * PAGES);
}

/* More rings than are listed: none may have been in a call that releases. */
static void beside_many_rings(NO_STATE)
{
	for (__u32 i = 1; i <= 300; i++) {
		create(RING2 + i * 0x1000, 0);
		call(RING2 + i * 0x1000, CALL_REGISTER, 1, 0, 0, 0);
		slot(RING2 + i * 0x1000, 0, BUF(100 + i), 0);
	}
	fill(RING, 0, 0);
	call(RING, CALL_UPDATE, 1, 1, PAGES, 0);
	slot(RING, 0, BUF(20), PAGES);
	wait_ms(100);
	call(RING2 + 0x1000, CALL_UNREGISTER, 0, -6, PAGES, 0);
	wait_ms(2000);
	assert_int_equal(only(end(), UNCHARGED_PIN)->pages, 2 * PAGES);
}

/* So many tasks in calls that their ends are not kept apart: nothing is judged. */
static void a_crowd(NO_STATE)
{
	fill(RING, 0, 0);
	for (__u32 i = 1; i <= 300; i++)
		account_by(0, 10000 + i, FACT_CHARGE, RING2, BUF(1000 + i), 1, 1);
	call(RING2, CALL_REGISTER, 1, -14, 1, 0);
	nothing_in_the_end();
}

static void before_a_call(NO_STATE)
{
	fill_and_rest();
	create(RING2, PAGES);
	wait_ms(100);
	call(RING, CALL_UNREGISTER, 0, 0, 0, now_ns - MS);
	wait_ms(2000);
	assert_int_equal(only(end(), UNCHARGED_PIN)->pages, 2 * PAGES);
}

/* Neither a call that failed nor a close was in the middle of a release. */
static void beside_harmless_ends(NO_STATE)
{
	fill_and_rest();
	create(RING2, PAGES);
	wait_ms(100);
	call(RING, CALL_UNREGISTER, 0, -6, NR * PAGES, 0);
	wait_ms(10);
	close_ring(RING, NR * PAGES);
	gone(RING);
	assert_int_equal(only(end(), UNCHARGED_PIN)->pages, 2 * PAGES);
}

static void after_a_call(NO_STATE)
{
	fill_and_rest();
	call(RING, CALL_UPDATE, 1, 1, PAGES, 0);
	slot(RING, 0, BUF(7), PAGES);
	assert_int_equal(only(end(), UNCHARGED_PIN)->pages, 2 * PAGES);
	assert_int_equal(end()->list[0].since_ns, 100 * MS);
}

/* The old buffers are in the ledger until the slots of the call are told. */
static void between_call_and_slots(NO_STATE)
{
	fill_and_rest();
	call(RING, CALL_UPDATE, NR, NR, 0, 0);
	for (__u32 i = 0; i < NR; i++) {
		wait_ms(100);
		slot(RING, i, BUF(i + 10), 0);
	}
	nothing_in_the_end();
}

static void beside_an_idle_ring(NO_STATE)
{
	fill(RING, 0, 0);
	fill(RING2, NR, NR * PAGES);
	wait_ms(100);
	call(RING, CALL_UPDATE, 1, 1, 4 * PAGES, 0);
	slot(RING, 0, BUF(0), PAGES);
	wait_ms(2000);
	assert_int_equal(only(end(), UNCHARGED_PIN)->pages, 2 * PAGES);
}

static void a_call_may_go_on_at_the_end(NO_STATE)
{
	fill(RING, 0, 0);
	fill(RING2, NR, NR * PAGES);
	wait_ms(100);
	call(RING, CALL_UPDATE, 1, 1, 4 * PAGES, 0);
	slot(RING, 0, BUF(0), PAGES);
	wait_ms(50);
	assert_int_equal(end()->nr, 0);
}

/* Others that are never at rest do not keep an account from being judged. */
static void beside_others(NO_STATE)
{
	fill(RING, 0, 0);
	call(RING, CALL_UPDATE, 1, 1, PAGES, 0);
	slot(RING, 0, BUF(7), PAGES);
	for (int i = 0; i < 50; i++) {
		struct fact_call c = fact_call(RING2, CALL_REGISTER, 1, 1, -16);

		wait_ms(1);
		c.mm = MM2;
		c.user = USER2;
		tell(&c.h);
	}
	/* repaired, and gone long before the end */
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	close_ring(RING, 0);
	gone(RING);
	assert_int_equal(only(end(), UNCHARGED_PIN)->pages, 2 * PAGES);
}

static void ghost(NO_STATE)
{
	fill_and_rest();
	call(RING, CALL_UNREGISTER, 0, 0, PAGES, 0);
	wait_ms(1700);
	call(RING, CALL_UNREGISTER, 0, -6, PAGES, 0);
	assert_int_equal(only(end(), GHOST_PIN)->pages, PAGES);
}

/* To 6.12 a worker of the kernel releases what was unregistered, later. */
static void released_late(NO_STATE)
{
	fill_and_rest();
	call(RING, CALL_UNREGISTER, 0, 0, NR * PAGES, 0);
	wait_ms(1000);
	for (__u32 i = 0; i < NR; i++) {
		account_by(FACT_F_WORKER, 0, FACT_UNCHARGE, RING, BUF(i), PAGES, (NR - 1 - i) * PAGES);
		wait_ms(30);
	}
	nothing_in_the_end();
}

static void something_is_lost(void)
{
	const struct event lost = { .kind = EVENT_LOST, .ledger = NULL, .lost = { .count = 1 } };

	over_time_event(told, &lost);
}

static void nothing_after_a_loss(NO_STATE)
{
	fill_and_rest();
	something_is_lost();
	call(RING, CALL_UPDATE, 1, 1, PAGES, 0);
	slot(RING, 0, BUF(7), PAGES);
	nothing_in_the_end();
}

/* Events that waited while the look was taken; it came after their end, and read the level then. */
static void older_than_the_look(NO_STATE)
{
	struct event look = event_of(EVENT_LOOK);

	look.t_ns = now_ns += 1000 * MS;
	over_time_event(told, &look);
	create(RING2, 0);
	now_ns -= 500 * MS;
	fill_and_rest();
	create(RING2 + 0x1000, 0);
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	close_ring(RING, 0);
	gone(RING);
	nothing_in_the_end();
}

static void pinned(__u64 ring, __u64 buf, __u8 flags)
{
	struct fact_pin f = {
		.h = fact_head(FACT_PIN, sizeof(f), ring), .buf = buf, .addr = ADDR, .pages = PAGES,
	};

	f.h.flags = flags;
	tell(&f.h);
}

static void pin_and_close(void)
{
	create(RING, 0);
	pinned(RING, BUF(0), 0);
	close_ring(RING, 0);
	gone(RING);
}

static void leak(NO_STATE)
{
	pin_and_close();
	assert_int_equal(only(end(), LEAKED_PIN)->pages, PAGES);
}

/* What would say that its end was missed may be in the part of the file that is not there. */
static void leak_before_a_cut(NO_STATE)
{
	pin_and_close();
	assert_int_equal(end_of(false)->nr, 0);
	for (int i = 0; i < 5; i++) {
		wait_ms(1000);
		create(RING2, 0);
	}
	only(end_of(false), LEAKED_PIN);
}

/* That its end was missed is told a second later. */
static void nothing_shortly_before_a_loss(NO_STATE)
{
	pin_and_close();
	for (int i = 0; i < 3; i++) {
		wait_ms(100);
		create(RING2, 0);
	}
	something_is_lost();
	assert_int_equal(end()->nr, 0);
}

/* Who tells of rings was detached before who tells of pins: it was made, filled and may live. */
static void pinned_by_a_ring_that_was_not_told(NO_STATE)
{
	create(RING, 0);
	pinned(RING2, BUF(0), 0);
	close_ring(RING, 0);
	gone(RING);
	nothing_in_the_end();
}

static void ends_amid_a_clone(NO_STATE)
{
	create(RING, 0);
	create(RING2, 0);
	pinned(RING, BUF(0), 0);
	call(RING2, CALL_CLONE, 1, 0, 0, 0);
	close_ring(RING, 0);
	gone(RING);
	/* the slot that is to come has it */
	assert_int_equal(end()->nr, 0);
}

/* In a recording of a selection: what is wrong with accounts of others, whose rings are gone. */
static void of_others(NO_STATE)
{
	struct fact_ring made = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_ring closed = fact_ring(FACT_RING_CLOSE, RING, -7, -7);

	made.h.flags = closed.h.flags = FACT_F_OTHERS;
	tell(&made.h);
	pinned(RING, BUF(0), FACT_F_OTHERS);
	tell(&closed.h);
	gone(RING);
	assert_int_equal(end()->nr, 0);
}

/* ---- what a level alone says, which holds whatever is under way ---- */

static void below_zero_inside_a_call(NO_STATE)
{
	fill(RING, 0, 0);
	account(FACT_UNCHARGE, RING, BUF(0), PAGES, -5);
	account(FACT_UNCHARGE, RING, BUF(1), PAGES, 3);
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	assert_int_equal(end()->list[0].tag, CHARGE_UNDERFLOW);
	assert_int_equal(end()->list[0].pages, 5);
}

static void of_a_user_without_rings(NO_STATE)
{
	create(RING, 0);
	close_ring(RING, -7);
	gone(RING);
	assert_true(end()->nr > 0);
	assert_int_equal(end()->list[0].tag, CHARGE_UNDERFLOW);
}

/* In the moments after the look sums do not add up yet; a call's own level is true at once. */
static void near_its_limit_right_after_the_look(NO_STATE)
{
	struct fact_call f = fact_call(RING, CALL_REGISTER, NR, NR, 0);

	create(RING, 0);
	f.user_after_pages = NR * PAGES;
	f.limit_bytes = (NR * PAGES + 7) * 4096;
	tell(&f.h);
	wait_ms(3);
	call(RING, CALL_UNREGISTER, 0, 0, 0, 0);
	close_ring(RING, 0);
	gone(RING);
	assert_int_equal(only(end(), NEAR_LIMIT)->pages, NR * PAGES);
	assert_int_equal(end()->nr, 1);
}

/* Requests held what a call took out of its slot, for 313 ms. */
static struct fact_in_use held(__u32 requests)
{
	struct fact_in_use u = {
		.h = fact_head(FACT_IN_USE, sizeof(u), RING), .buf = BUF(3), .node = 0x3000, .addr = ADDR,
		.len_bytes = 77824, .index = 3, .requests = requests, .since_ns = now_ns,
	};

	return u;
}

static void let_go(struct fact_in_use u, unsigned int ms)
{
	wait_ms(ms);
	u.requests = 0;
	tell(&u.h);
}

static void in_use_when_it_left(NO_STATE)
{
	struct fact_in_use u;
	const struct finding *one;

	fill_and_rest();
	u = held(3);
	tell(&u.h);
	let_go(u, 313);
	one = only(end(), IN_USE_AT_UNREGISTER);
	assert_int_equal(one->index, 3);
	assert_int_equal(one->fd, 6);
	assert_contains(one->detail, "76 KiB: 3 requests used it when a call took it out of its slot, and kept it pinned and charged for up to 31");
	assert_int_equal(severity_of_finding(one), SEVERITY_INFO);
	assert_int_equal(end()->nr, 1);
}

/* A ring's end waits for its requests: what they held it held so long at most, and no longer. */
static void in_use_until_the_ring_ends(NO_STATE)
{
	struct fact_in_use u;

	fill_and_rest();
	u = held(2);
	tell(&u.h);
	wait_ms(211);
	close_ring(RING, 0);
	gone(RING);
	wait_ms(5000);
	create(RING2, 0);
	assert_contains(only(end(), IN_USE_AT_UNREGISTER)->detail, "kept it pinned and charged for up to 2");
}

/* One finding of a buffer that was put into its slot again and again, with all requests and the longest time. */
static void in_use_at_each_of_some_calls(NO_STATE)
{
	const struct finding *one;
	struct fact_in_use u[3];

	fill_and_rest();
	for (unsigned int i = 0; i < 3; i++) {
		u[i] = held(2 + i);
		u[i].node += i;
		u[i].buf = BUF(3 + i);
		tell(&u[i].h);
		wait_ms(101);
	}
	for (unsigned int i = 3; i--;)
		let_go(u[i], 211);
	one = only(end(), IN_USE_AT_UNREGISTER);
	assert_contains(one->detail, ": 9 requests used it when 3 calls, one after the other, took it out of its slot, and kept it pinned and charged for up to 93");
	assert_int_equal(one->call_ns, u[0].since_ns);
}

/* Nodes and buffers are used again: what a slot has anew, or what was so for a moment only, is no request's. */
static void in_a_slot_again(NO_STATE)
{
	struct fact_buffer anew = fact_buffer(RING, 5, BUF(3), ADDR, 77824, 19);
	struct fact_in_use u;

	fill_and_rest();
	u = held(1);
	tell(&u.h);
	anew.node = u.node;
	tell(&anew.h);
	let_go(u, 313);
	u = held(1);
	tell(&u.h);
	let_go(u, 23);
	for (size_t i = 0; i < end()->nr; i++)
		assert_int_not_equal(end()->list[i].tag, IN_USE_AT_UNREGISTER);
}

/* Who cloned it holds it, too: not the requests alone keep it, and it may be cloned once more. */
static void in_use_of_a_clone(NO_STATE)
{
	struct fact_buffer cloned = fact_buffer(RING, 5, BUF(3), ADDR, 77824, 19);
	struct fact_in_use u;

	fill_and_rest();
	u = held(2);
	u.other_slots = 3;
	tell(&u.h);
	cloned.node = 0x5000;
	tell(&cloned.h);
	let_go(u, 313);
	assert_contains(only(end(), IN_USE_AT_UNREGISTER)->detail, ": 2 requests used it when a call took it out of its slot, while 3 other slots held it, too, and kept it for up to 31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(inside_unregister), TEST(inside_register), TEST(inside_close),
		TEST(inside_a_silent_call), TEST(before_a_call), TEST(beside_harmless_ends),
		TEST(after_a_call), TEST(between_call_and_slots), TEST(beside_an_idle_ring),
		TEST(a_call_may_go_on_at_the_end), TEST(beside_others), TEST(ghost),
		TEST(released_late), TEST(nothing_after_a_loss),
		TEST(nothing_shortly_before_a_loss), TEST(older_than_the_look),
		TEST(leak_before_a_cut),
		TEST(address_of_a_closed_ring), TEST(beside_many_rings), TEST(a_crowd),
		TEST(leak), TEST(pinned_by_a_ring_that_was_not_told), TEST(ends_amid_a_clone),
		TEST(of_others), TEST(below_zero_inside_a_call), TEST(of_a_user_without_rings),
		TEST(near_its_limit_right_after_the_look), TEST(in_use_when_it_left),
		TEST(in_use_at_each_of_some_calls),
		TEST(in_a_slot_again), TEST(in_use_of_a_clone), TEST(in_use_until_the_ring_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
