// SPDX-License-Identifier: GPL-2.0
/* A user and a process are one account on the page each, whatever the kernel had for them. */
#include <linux/io_uring.h>
#include "facts.h"
#include "base/alloc.h"
#include "model/history.h"
#include "model/io_counters.h"
#include "model/timeline_page.h"

static const struct origin origin;
static const struct selection everything;

static struct page *begin_of(const struct selection *select)
{
	struct page *p = page_new(select);
	const struct event look = { .kind = EVENT_LOOK, .t_ns = 1, .origin = &origin };

	page_event(p, &look);
	return p;
}

static struct page *begin(void)
{
	return begin_of(&everything);
}

static __u32 unselected;	/* a process */

static void tell(struct page *p, struct fact *f, __u64 t_ns, __u32 pid)
{
	const struct event e = {
		.kind = EVENT_FACT, .fact = f, .origin = &origin, .t_ns = t_ns, .shown = pid != unselected,
		.fed = true,
	};

	f->t_ns = t_ns;
	f->pid = pid;
	page_event(p, &e);
}

/* A process makes a ring, and registers. */
static void call(struct page *p, __u64 t_ns, __u32 pid, __u64 user, __s64 locked, __u64 mm, __s64 pinned)
{
	struct fact_ring r = fact_ring(FACT_RING_CREATE, RING + pid * 0x1000ULL, 0, 0);
	struct fact_call c = fact_call(RING + pid * 0x1000ULL, CALL_REGISTER, 1, 1, 0);

	r.user = c.user = user;
	r.mm = c.mm = mm;
	r.user_locked_pages = c.user_after_pages = locked;
	r.mm_pinned_pages = c.mm_after_pages = pinned;
	tell(p, &r.h, t_ns, pid);
	tell(p, &c.h, t_ns, pid);
}

static const struct page_account *account(const struct page *p, bool is_mm, __u32 id)
{
	for (const struct page_account *a = p->accounts; a; a = a->hh.next)
		if (a->is_mm == is_mm && (is_mm ? a->pid : a->uid) == id)
			return a;
	fail_msg("no account of %u", id);
	return NULL;
}

/* What rings share, as by clone, is registered once. */
static void shared_sizes(void **state)
{
	const __u64 rings[] = { RING, RING2 };
	struct page *p = begin();

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fact_ring r = fact_ring(FACT_RING_CREATE, rings[i], 0, 0);
		struct fact_buffer shared = fact_buffer(rings[i], 0, BUF(1), ADDR, 8192, 2);
		struct fact_buffer own = fact_buffer(rings[i], 1, BUF(2 + i), ADDR + MIB, 4096, 1);

		tell(p, &r.h, 10 + i, 812);
		tell(p, &shared.h, 20 + i, 812);
		tell(p, &own.h, 30 + i, 812);
	}
	assert_int_equal(p->peak_registered_bytes, 8192 + 2 * 4096);
	for (int i = 0; i < 2; i++) {
		struct fact_buffer none = fact_buffer(rings[i], 0, 0, 0, 0, 0);

		tell(p, &none.h, 40 + i, 812);
		assert_int_equal(p->registered_bytes, (i ? 0 : 8192) + 2 * 4096);
	}
	page_conclude(p);
	page_free(p);
}

/* The kernel frees what counts for a user when its last process ends, and makes another. */
static void a_user_is_one(void **state)
{
	struct page *p = begin();
	const struct page_account *a;

	(void)state;
	call(p, 100, 3, USER, 13, MM, 11);
	call(p, 200, 5, USER2, 7, MM2, 5);
	assert_int_equal(HASH_COUNT(p->accounts), 3);
	a = account(p, false, 1000);
	assert_int_equal(a->peak_pages, 13);
	assert_int_equal(a->nr, 2);
	assert_int_equal(a->points[1].t_ns, 200);
	assert_int_equal(a->points[1].pages, 7);
	page_conclude(p);
	page_free(p);
}

/* An address of the kernel's may be another process's after the first has ended. */
static void a_process_keeps_its_own(void **state)
{
	struct page *p = begin();
	const struct page_account *a;

	(void)state;
	call(p, 100, 3, USER, 13, MM, 11);
	call(p, 200, 5, USER, 7, MM, 5);
	a = account(p, true, 3);
	assert_int_equal(a->uid, 1000);
	assert_int_equal(a->peak_pages, 11);
	assert_int_equal(a->points[a->nr - 1].pages, 0);
	a = account(p, true, 5);
	assert_int_equal(a->peak_pages, 5);
	assert_int_equal(a->points[0].t_ns, 200);
	page_conclude(p);
	page_free(p);
}

/* Nor does the next one come in where it is not selected. */
static void only_who_is_selected(void **state)
{
	__u32 pid = 3;
	const struct selection one = { .pids = &pid, .nr_pids = 1 };
	struct fact_buffer b = fact_buffer(RING + 5 * 0x1000ULL, 0, BUF(1), ADDR, 8192, 2);
	struct page *p = begin_of(&one);
	const struct page_account *a;

	(void)state;
	unselected = 5;
	call(p, 100, 3, USER, 13, MM, 11);
	call(p, 200, 5, USER, 7, MM, 5);
	tell(p, &b.h, 300, 5);
	unselected = 0;
	a = account(p, true, 3);
	assert_int_equal(a->points[a->nr - 1].pages, 0);
	for (a = p->accounts; a; a = a->hh.next)
		assert_int_not_equal(a->pid, 5);
	page_conclude(p);
	page_free(p);
}

/* Of a thousand processes together the page draws no more than it can. */
static void lines_get_coarser(void **state)
{
	struct page *p = begin();
	size_t nr = 0;

	(void)state;
	for (__u32 i = 0; i < 1031 * 257; i++)
		call(p, 100 + i, 1 + i % 1031, USER, 1, MM + i % 1031 * 0x1000, i == 1031 * 100 ? 997 : 1 + i / 1031);
	page_conclude(p);
	for (const struct page_account *a = p->accounts; a; a = a->hh.next)
		nr += a->nr;
	assert_true(nr > PAGE_ALL_POINTS / 4 && nr <= PAGE_ALL_POINTS);
	assert_int_equal(account(p, true, 1)->peak_pages, 997);
	page_free(p);
}

static void reading(struct page *p, __u64 t_ns, const char *comm, __u8 op, bool fixed, __u64 ops, __u32 bucket)
{
	struct io_model m = { 0 };
	struct io_row *row = io_model_row(&m, RING, 1, IO_WHO(3, op, fixed));
	const struct event e = { .kind = EVENT_IO, .origin = &origin, .t_ns = t_ns, .io = &m, .io_since = &m };

	row->c.comm = comm_of(comm);
	row->c.ops = row->c.timed = row->c.coarse = ops;
	io_row_add_bucket(row, bucket, ops);
	page_event(p, &e);
	io_model_free(&m);
}

/* What a program reads over registered buffers is beside what it reads otherwise, and nothing else. */
static void a_program_is_compared_with_itself(void **state)
{
	struct page *p = begin();

	(void)state;
	reading(p, 100, "a", IORING_OP_READ_FIXED, true, 3, 100);
	reading(p, 200, "a", IORING_OP_READV, false, 5, 200);
	reading(p, 300, "a", IORING_OP_WRITEV, false, 7, 200);
	reading(p, 400, "b", IORING_OP_READ, false, 11, 200);
	reading(p, 500, "b", IORING_OP_NOP, false, 13, 200);
	assert_int_equal(p->nr_programs, 3);
	assert_int_equal(p->programs[0].op, PAGE_READ);
	assert_int_equal(p->programs[0].io[PAGE_FIXED].ops, 3);
	assert_int_equal(p->programs[0].io[PAGE_FIXED].hist[100], 3);
	assert_int_equal(p->programs[0].io[PAGE_PLAIN].ops, 5);
	assert_int_equal(p->programs[1].op, PAGE_WRITE);
	assert_int_equal(p->programs[1].io[PAGE_PLAIN].ops, 7);
	assert_int_equal(p->programs[2].io[PAGE_PLAIN].ops, 11);
	assert_int_equal(p->total[PAGE_PLAIN].ops, 36);
	for (int i = 0; i < PAGE_PROGRAMS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%d", i);
		reading(p, 600 + i, name, IORING_OP_READ, false, 1, 1);
	}
	assert_int_equal(p->nr_programs, PAGE_PROGRAMS);
	assert_true(p->programs_left);
	page_conclude(p);
	page_free(p);
}

/* Others' I/O is in no figure. */
static void only_what_is_selected(void **state)
{
	const struct selection select = { .comms = (const char *[]){ "a*" }, .nr_comms = 1 };
	struct page *p = page_new(&select);

	(void)state;
	reading(p, 100, "ab", IORING_OP_READ_FIXED, true, 3, 100);
	reading(p, 200, "b", IORING_OP_READ_FIXED, true, 5, 100);
	reading(p, 300, "b", IORING_OP_READ, false, 7, 100);
	assert_int_equal(p->total[PAGE_FIXED].ops, 3);
	assert_int_equal(p->total[PAGE_FIXED].coarse, 3);
	assert_int_equal(p->total[PAGE_PLAIN].ops, 0);
	assert_int_equal(p->nr_programs, 1);
	page_conclude(p);
	page_free(p);
}

/* ---- the same counts as the summary's -------------------------------------------------------- */

static struct page *both_page;
static struct history both_summary;
static struct ledger *both_ledger;

static void both(const struct event *from, struct fact *f, __u64 t_ns)
{
	struct event e = *from;

	if (f)
		f->t_ns = t_ns;
	e.origin = &origin;
	e.t_ns = t_ns;
	e.fact = f;
	if (e.kind == EVENT_LOOK) {
		if (both_ledger)
			ledger_free(both_ledger);
		both_ledger = ledger_new();
	}
	e.ledger = both_ledger;
	page_event(both_page, &e);
	history_event(&both_summary, &e);
	if (f)
		ledger_feed(both_ledger, f);
}

static const struct event of_look = { .kind = EVENT_LOOK }, of_later_look = { .kind = EVENT_LOOK, .after_loss = true };
static const struct event found = { .kind = EVENT_FACT, .fed = true }, shown = { .kind = EVENT_FACT, .fed = true, .shown = true };

static void both_buffer(const struct event *how, __u64 ring, __u32 slot, __u64 buf, __u64 t_ns)
{
	struct fact_buffer b = fact_buffer(ring, slot, buf, ADDR, 4096, 1);

	b.h.flags = how->shown ? 0 : FACT_F_SNAPSHOT;
	both(how, &b.h, t_ns);
}

/* A ring of a process that has .slots, as a look finds it. */
static void both_found(__u64 ring, __u32 slots, __u64 t_ns)
{
	struct fact_ring r = fact_ring(FACT_RING, ring, 0, 0);
	struct fact_holder h = fact_holder(ring, 812, 6, 0, 0);

	r.nr_slots = slots;
	r.h.flags = FACT_F_SNAPSHOT;
	both(&found, &r.h, t_ns);
	both(&found, &h.h, t_ns);
}

/*
 * A slot that is given the memory again that it has, of which the kernel made the same address anew,
 * is registered once more; what a look finds after a loss is neither registered nor older.
 */
static void counts_are_the_summarys(void **state)
{
	struct fact_call update = fact_call(RING, CALL_UPDATE, 1, 3, 1);
	struct fact_buffer others = fact_buffer(RING, 1, BUF(9), ADDR, 4096, 1);
	struct event unseen = shown;

	(void)state;
	both_page = page_new(&everything);
	both_summary = (struct history){ .select = &everything };
	both(&of_look, NULL, 1);
	both_found(RING, 3, 2);
	both_buffer(&found, RING, 0, BUF(0), 3);
	both_buffer(&found, RING, 1, BUF(1), 3);
	for (int i = 0; i < 7; i++) {
		both(&shown, &update.h, 10 + i);
		both_buffer(&shown, RING, 2, BUF(2), 10 + i);
	}
	/* by a process that was not asked for */
	unseen.shown = false;
	both(&unseen, &others.h, 20);
	both(&of_later_look, NULL, 30);
	both_found(RING, 3, 31);
	both_buffer(&found, RING, 0, BUF(0), 31);
	both_buffer(&found, RING, 1, BUF(5), 31);
	both_buffer(&found, RING, 2, BUF(2), 31);
	both_buffer(&shown, RING, 0, BUF(0), 40);
	assert_int_equal(both_summary.buffers, 8);
	assert_int_equal(both_summary.older, 2);
	assert_int_equal(both_page->buffers, both_summary.buffers);
	assert_int_equal(both_page->older_buffers, both_summary.older);
	page_conclude(both_page);
	page_free(both_page);
	history_free(&both_summary);
	ledger_free(both_ledger);
}

/* A look takes a while: where it found an account that is its level from the begin on, not 0. */
static void memory_begins_at_its_level(void **state)
{
	const struct origin o = { .start_ns = 1000 };
	struct fact_ring r = fact_ring(FACT_RING, RING, 0, 0);
	struct fact_holder holder = fact_holder(RING, 812, 6, 13, 13);
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, 0);
	struct page *p = page_new(&everything);
	struct event e = { .kind = EVENT_LOOK, .origin = &o, .t_ns = 1007 };
	const struct page_account *a;

	(void)state;
	page_event(p, &e);
	r.user = USER;
	r.mm = MM;
	r.user_locked_pages = r.mm_pinned_pages = 13;
	r.h.flags = FACT_F_SNAPSHOT;
	e = (struct event){ .kind = EVENT_FACT, .fact = &r.h, .origin = &o, .t_ns = 4000000, .fed = true };
	r.h.t_ns = e.t_ns;
	page_event(p, &e);
	holder.h.t_ns = e.t_ns;
	e.fact = &holder.h;
	page_event(p, &e);
	c.user = USER;
	c.mm = MM;
	c.user_after_pages = c.mm_after_pages = 29;
	c.h.t_ns = 5000000;
	e = (struct event){ .kind = EVENT_FACT, .fact = &c.h, .origin = &o, .t_ns = 5000000, .fed = true, .shown = true };
	page_event(p, &e);
	for (int is_mm = 0; is_mm < 2; is_mm++) {
		a = account(p, is_mm, is_mm ? 812 : 1000);
		assert_int_equal(a->nr, 2);
		assert_int_equal(a->points[0].t_ns, 1000);
		assert_int_equal(a->points[0].pages, 13);
		assert_int_equal(a->points[1].t_ns, 5000000);
		assert_int_equal(a->points[1].pages, 29);
	}
	page_conclude(p);
	page_free(p);
}

/* ---- the axis -------------------------------------------------------------------------------- */

static void at(struct page *p, const struct origin *o, enum event_kind kind, struct fact *f, __u64 t_ns)
{
	const struct event e = {
		.kind = kind, .origin = o, .t_ns = t_ns, .fact = f, .shown = true, .fed = true,
		.end = { .clean = true, .t_ns = t_ns },
	};

	if (f)
		f->t_ns = t_ns;
	page_event(p, &e);
}

static void check_axis(const struct page *p, __u64 begin, __u64 end)
{
	assert_int_equal(p->begin_ns, begin);
	assert_int_equal(p->end_ns, end);
	for (size_t i = 0; i < p->nr_lives; i++)
		assert_true(p->lives[i].from_ns <= end && p->lives[i].to_ns <= end);
	for (size_t i = 0; i < p->nr_calls; i++)
		assert_true(p->calls[i].t_ns <= end);
	for (size_t i = 0; i < p->nr_columns; i++)
		assert_true(p->columns[i].from_ns <= end && p->columns[i].to_ns <= end);
	for (const struct page_account *a = p->accounts; a; a = a->hh.next)
		for (size_t i = 0; i < a->nr; i++)
			assert_true(a->points[i].t_ns <= end);
}

static void a_part(struct page *p, const struct origin *o, __u64 last)
{
	struct fact_ring r = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, 0);
	struct fact_buffer b = fact_buffer(RING, 0, BUF(0), ADDR, 4096, 1);

	at(p, o, EVENT_LOOK, NULL, o->start_ns);
	at(p, o, EVENT_FACT, &r.h, o->start_ns + 100);
	at(p, o, EVENT_FACT, &c.h, last);
	at(p, o, EVENT_FACT, &b.h, last);
	/* the end was taken before that was read */
	at(p, o, EVENT_END, NULL, o->start_ns + 1000);
}

/* What comes after the recorded end is on the axis, not beyond it. */
static void the_axis_has_all(void **state)
{
	const struct origin o = { .start_ns = 5000, .realtime_ns = 1000000, .boot_id = "a" };
	struct page *p = page_new(&everything);

	(void)state;
	a_part(p, &o, 7000);
	page_conclude(p);
	check_axis(p, 5000, 7000);
	assert_int_equal(p->recorded_ns, 1000);
	assert_int_equal(p->nr_lives, 1);
	page_free(p);
}

/* The clock of another start of the machine counts from 0 again: the time of day says where a part is. */
static void parts_have_their_places(void **state)
{
	const struct origin one = { .start_ns = 50000, .realtime_ns = 1000000, .boot_id = "a" };
	const struct origin two = { .start_ns = 300, .realtime_ns = 1090000, .boot_id = "b" };
	struct page *p = page_new(&everything);

	(void)state;
	a_part(p, &one, 50700);
	a_part(p, &two, 1100);
	page_conclude(p);
	check_axis(p, 50000, 91300);
	assert_int_equal(p->recorded_ns, 2000);
	assert_int_equal(p->nr_calls, 2);
	assert_int_equal(p->calls[1].t_ns, 91100);
	/* what was there at the end of the first has ended with it */
	assert_int_equal(p->nr_lives, 2);
	assert_true(p->lives[0].ended && p->lives[0].to_ns <= 90300);
	assert_int_equal(p->lives[1].from_ns, 91100);
	page_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_sizes),
		cmocka_unit_test(a_user_is_one),
		cmocka_unit_test(a_process_keeps_its_own),
		cmocka_unit_test(only_who_is_selected),
		cmocka_unit_test(lines_get_coarser),
		cmocka_unit_test(a_program_is_compared_with_itself),
		cmocka_unit_test(only_what_is_selected),
		cmocka_unit_test(counts_are_the_summarys),
		cmocka_unit_test(memory_begins_at_its_level),
		cmocka_unit_test(the_axis_has_all),
		cmocka_unit_test(parts_have_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
