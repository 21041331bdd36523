// SPDX-License-Identifier: GPL-2.0
/* Requests that do not end: which are old enough, what belongs together, and what each waits for. */
#include <linux/io_uring.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "facts.h"
#include "base/clock.h"
#include "checks/stuck_past.h"

#define READ_FIXED 4

static struct io_under_way request(__u64 age_ns, __u32 index, __u32 mode)
{
	return (struct io_under_way){
		.ring = RING, .addr = ADDR, .len_bytes = 4096, .index = index, .holds = true,
		.flags = EV_FIXED | EV_RANGE | (mode ? EV_FILE : 0), .inode_mode = mode,
		.user_data = 0xab00 + index, .age_ns = age_ns, .who = IO_WHO(812, READ_FIXED, true),
	};
}

static __u32 ended_pids[2];

static bool has_ended(__u32 pid)
{
	return pid == ended_pids[0] || pid == ended_pids[1];
}

static void find(const struct io_model *m, const struct io_model *whole, const struct ledger *l, struct findings *out)
{
	struct stuck_list now = { 0 };

	stuck_find(m, whole, l, has_ended, &now);
	for (size_t i = 0; i < now.nr; i++)
		stuck_tell(&now.list[i], NULL, out);
	stuck_list_free(&now);
}

/* What is found of these; .setup_flags are the ring's, .each_ns the time that others took, 0 = there are none. */
static struct findings found(struct io_under_way *list, size_t nr, __u32 setup_flags, __u64 each_ns)
{
	struct io_model m = { .sees_under_way = true };
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };

	see_ring(l, RING, 0, 0);
	ledger_ring(l, RING)->setup_flags = setup_flags;
	see_buffer(l, RING, 1, BUF(1), ADDR, 65536, 16);
	if (each_ns) {
		struct io_row *row = io_model_row(&m, RING, 0, IO_WHO(812, READ_FIXED, true));

		io_row_add_bucket(row, hist_index(each_ns), 1009);
		row->c.timed = 1009;
		row->c.max_ns = each_ns;
	}
	m.under_way = list;
	m.nr_under_way = nr;
	find(&m, &m, l, &fs);
	m.under_way = NULL;
	io_model_free(&m);
	ledger_free(l);
	return fs;
}

static void ages(void **state)
{
	struct io_under_way u[] = { request(2 * NS_PER_S - 1, 1, S_IFREG) };
	struct findings fs = found(u, 1, 0, 0);

	(void)state;
	assert_int_equal(fs.nr, 0);
	u[0].age_ns++;
	fs = found(u, 1, 0, 0);
	assert_int_equal(fs.nr, 1);
	findings_free(&fs);
	/* others of its kind take a second, too */
	fs = found(u, 1, 0, NS_PER_S);
	assert_int_equal(fs.nr, 0);
	u[0].age_ns = 12 * NS_PER_S;
	fs = found(u, 1, 0, NS_PER_S);
	assert_int_equal(fs.nr, 1);
	assert_contains(fs.list[0].detail, "of those that ended 99.9% took no more than");
	findings_free(&fs);
	/* it waits behind another, or is over no registered buffer: it holds none */
	u[0].holds = false;
	fs = found(u, 1, 0, 0);
	assert_int_equal(fs.nr, 0);
	u[0].holds = true;
	u[0].flags &= ~EV_FIXED;
	fs = found(u, 1, 0, 0);
	assert_int_equal(fs.nr, 0);
}

/* An interval in which none ended forgets nothing of those before it; a ring that was there before says nothing. */
static void intervals(void **state)
{
	struct io_under_way u = request(3 * NS_PER_S, 1, S_IFREG);
	struct io_model interval = { .under_way = &u, .nr_under_way = 1 }, whole = { 0 };
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct io_row *row = io_model_row(&whole, RING, 7, u.who);

	(void)state;
	see_ring(l, RING, 0, 0);
	row->c.timed = 31;
	row->c.max_ns = NS_PER_S;
	find(&interval, &whole, l, &fs);
	assert_int_equal(fs.nr, 0);
	find(&interval, &interval, l, &fs);
	assert_int_equal(fs.nr, 1);
	/* more were under way than were looked at: so many are so many at least */
	assert_contains(fs.list[0].detail, "at least 1 READ_FIXED");
	findings_free(&fs);
	io_model_row(&whole, RING, 8, IO_WHO(812, READ_FIXED + 1, true))->c.ops = 1;
	find(&interval, &whole, l, &fs);
	assert_int_equal(fs.nr, 1);
	assert_contains(fs.list[0].detail, "none of its kind ended that was seen to begin");
	findings_free(&fs);
	io_model_free(&whole);
	ledger_free(l);
}

static void together(void **state)
{
	struct io_under_way u[] = {
		request(3 * NS_PER_S, 1, S_IFREG), request(7 * NS_PER_S, 1, S_IFREG),
		request(5 * NS_PER_S, 1, S_IFREG), request(4 * NS_PER_S, 2, S_IFREG),
	};
	struct findings fs;

	(void)state;
	u[1].user_data = 0xcd;
	fs = found(u, 4, 0, 0);
	assert_int_equal(fs.nr, 2);
	assert_int_equal(fs.list[0].pid, 812);
	assert_int_equal(fs.list[0].fd, 6);
	assert_int_equal(fs.list[0].index, 1);
	assert_true(fs.list[0].addr == ADDR);
	assert_contains(fs.list[0].detail, "pid 812 fd 6 buffer 1: 3 READ_FIXED have not ended, the oldest of 4 KiB (user_data 0xcd) after 7.0");
	assert_int_equal(fs.list[1].index, 2);
	assert_contains(fs.list[1].detail, "buffer 2: 1 READ_FIXED has not ended");
	findings_free(&fs);
}

static void causes(void **state)
{
	const struct {
		__u32 mode, setup_flags;
		enum stuck_cause cause;
		enum severity severity;
	} all[] = {
		{ S_IFREG, 0, STUCK_ON_DEVICE, SEVERITY_WARNING },
		{ S_IFBLK, 0, STUCK_ON_DEVICE, SEVERITY_WARNING },
		{ S_IFREG, 1U << 13, STUCK_ON_PROGRAM, SEVERITY_WARNING },
		{ S_IFIFO, 0, STUCK_BY_DESIGN, SEVERITY_INFO },
		{ S_IFSOCK, 1U << 13, STUCK_BY_DESIGN, SEVERITY_INFO },
		{ S_IFCHR, 0, STUCK_BY_DESIGN, SEVERITY_INFO },
		{ 0, 0, STUCK_SOMEHOW, SEVERITY_INFO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct io_under_way u = request(3 * NS_PER_S, 1, all[i].mode);
		struct findings fs = found(&u, 1, all[i].setup_flags, 0);

		assert_int_equal(fs.nr, 1);
		assert_int_equal(fs.list[0].cause, all[i].cause);
		assert_int_equal(severity_of_finding(&fs.list[0]), all[i].severity);
		findings_free(&fs);
	}
}

/* A request of 812, which has ended, over a ring that .other holds, too, 0 = nobody does. */
static struct findings of_ended(__u32 mode, __u8 op, __u32 other)
{
	struct io_under_way u = request(3 * NS_PER_S, 1, mode);
	struct io_model m = { .under_way = &u, .nr_under_way = 1, .sees_under_way = true };
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };

	u.who = IO_WHO(812, op, true);
	see_ring(l, RING, 0, 0);
	if (other) {
		struct fact_holder h = fact_holder(RING, other, 9, 0, 0);

		h.h.flags = FACT_F_SNAPSHOT;
		FEED(l, h);
	}
	ended_pids[0] = 812;
	find(&m, &m, l, &fs);
	ended_pids[0] = 0;
	ledger_free(l);
	assert_int_equal(fs.nr, 1);
	return fs;
}

/* It can be cancelled, by who still holds the ring, and cannot succeed. */
static void process_ended(void **state)
{
	static const struct { __u32 mode; __u8 op; } left[] = {
		/* a driver may end it */
		{ S_IFCHR, READ_FIXED }, { S_IFREG, READ_FIXED }, { S_IFSOCK, IORING_OP_URING_CMD }, { 0, READ_FIXED },
	};
	struct findings fs = of_ended(S_IFIFO, READ_FIXED, 820);

	(void)state;
	assert_int_equal(fs.list[0].cause, STUCK_BY_END);
	assert_int_equal(severity_of_finding(&fs.list[0]), SEVERITY_WARNING);
	assert_int_equal(fs.list[0].pid, 820);
	assert_int_equal(fs.list[0].fd, 9);
	assert_contains(fs.list[0].detail, "pid 820 fd 9 buffer 1: 1 READ_FIXED that process 812 submitted before it ended has not ended, the oldest of 4 KiB");
	findings_free(&fs);
	fs = of_ended(S_IFSOCK, READ_FIXED, 820);
	assert_int_equal(fs.list[0].cause, STUCK_BY_END);
	findings_free(&fs);
	/* the ring is closing, or the other one has ended, too */
	fs = of_ended(S_IFIFO, READ_FIXED, 0);
	assert_int_equal(fs.list[0].cause, STUCK_BY_DESIGN);
	assert_int_equal(fs.list[0].pid, 812);
	findings_free(&fs);
	ended_pids[1] = 820;
	fs = of_ended(S_IFIFO, READ_FIXED, 820);
	ended_pids[1] = 0;
	assert_int_equal(fs.list[0].cause, STUCK_BY_DESIGN);
	findings_free(&fs);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		fs = of_ended(left[i].mode, left[i].op, 820);
		assert_int_not_equal(fs.list[0].cause, STUCK_BY_END);
		assert_int_equal(fs.list[0].pid, 812);
		findings_free(&fs);
	}
}

/* What is told of two that waited for .age_ns, after .ended of their kind have, .cancelled of them so; .left is under way. */
static struct findings past(__u64 age_ns, __u64 ended, __u64 cancelled, bool told, struct io_under_way *left)
{
	struct io_under_way u[] = { request(age_ns, 1, S_IFIFO), request(age_ns, 1, S_IFIFO) };
	struct io_model m = { .sees_under_way = true }, at_end = { .sees_under_way = true };
	struct ledger *l = ledger_new();
	struct stuck_past kept = { 0 };
	struct stuck_list now = { 0 };
	struct findings fs = { 0 };
	struct io_row *row;

	see_ring(l, RING, 0, 0);
	io_model_row(&m, RING, 0, IO_WHO(812, READ_FIXED, true))->c.ops = 7;
	m.under_way = u;
	m.nr_under_way = 2;
	stuck_find(&m, &m, l, has_ended, &now);
	stuck_past_add(&kept, &now, &m, told);
	row = io_model_row(&at_end, RING, 0, IO_WHO(812, READ_FIXED, true));
	row->c.ops = 7 + ended;
	row->c.cancelled = cancelled;
	at_end.under_way = left;
	at_end.nr_under_way = left != NULL;
	stuck_past_tell(&kept, &at_end, &at_end, &fs);
	/* once */
	stuck_past_tell(&kept, &at_end, &at_end, &fs);
	m.under_way = at_end.under_way = NULL;
	io_model_free(&m);
	io_model_free(&at_end);
	stuck_list_free(&now);
	stuck_past_free(&kept);
	ledger_free(l);
	return fs;
}

/* Of requests that have ended the end shows nothing: they are kept. */
static void ended_since(void **state)
{
	struct io_under_way left = request(9 * NS_PER_S, 1, S_IFIFO);
	struct findings fs = past(3 * NS_PER_S, 2, 0, false, NULL);

	(void)state;
	assert_int_equal(fs.nr, 1);
	assert_contains(fs.list[0].detail, "buffer 1: 2 READ_FIXED had not ended, the oldest of 4 KiB (user_data 0xab01) after 3.0");
	assert_contains(fs.list[0].detail, "; they have ended since");
	assert_int_equal(fs.list[0].cause, STUCK_BY_DESIGN);
	findings_free(&fs);
	fs = past(3 * NS_PER_S, 2, 2, false, NULL);
	assert_int_equal(fs.nr, 1);
	assert_contains(fs.list[0].detail, "; they were cancelled since");
	findings_free(&fs);
	/* one of them, or others of the kind */
	fs = past(3 * NS_PER_S, 3, 2, false, NULL);
	assert_int_equal(fs.nr, 1);
	assert_contains(fs.list[0].detail, "; they have ended since");
	findings_free(&fs);
	/* told in an interval; or too young; or it goes on, which is told as such */
	assert_int_equal(past(3 * NS_PER_S, 2, 0, true, NULL).nr, 0);
	assert_int_equal(past(1 * NS_PER_S, 2, 0, false, NULL).nr, 0);
	assert_int_equal(past(3 * NS_PER_S, 1, 0, false, &left).nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages), cmocka_unit_test(intervals), cmocka_unit_test(together), cmocka_unit_test(causes),
		cmocka_unit_test(process_ended), cmocka_unit_test(ended_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
