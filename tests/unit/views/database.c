// SPDX-License-Identifier: GPL-2.0
/* Times of the tables are those of day, whatever clock the part has in which they were told. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/io_uring.h>
#include "facts.h"
#include "views/database.h"

static char path[] = "/tmp/fixbuf-database-XXXXXX";
static const struct selection everything;
static struct ledger *ledger;

static void at(struct database *d, const struct origin *o, enum event_kind kind, struct fact *f, __u64 t_ns)
{
	static const struct io_model none;
	const struct event e = {
		.kind = kind, .origin = o, .t_ns = t_ns, .fact = f, .shown = true, .fed = true, .io = &none, .ledger = ledger,
		.end = { .clean = true, .t_ns = t_ns },
	};

	if (f)
		f->t_ns = t_ns;
	database_event(d, &e);
}

static long long answer(const char *query)
{
	char command[512];
	long long v = -1;
	FILE *f;

	snprintf(command, sizeof(command), "sqlite3 %s '%s'", path, query);
	f = popen(command, "r");
	assert_int_equal(fscanf(f, "%lld", &v), 1);
	pclose(f);
	return v;
}

/* A ring that is open when the machine is started anew has ended with the part before. */
static void two_starts(void **state)
{
	const struct origin one = { .start_ns = 50000, .realtime_ns = 1000000, .boot_id = "a", .page_bytes = 4096 };
	const struct origin two = { .start_ns = 300, .realtime_ns = 1090000, .boot_id = "b", .page_bytes = 4096,
				    .unrecorded_ns = 39300 };
	struct fact_ring first = fact_ring(FACT_RING_CREATE, RING, 0, 0), second = fact_ring(FACT_RING_CREATE, RING2, 0, 0);
	struct history h = { 0 };
	struct findings fs = { 0 };
	struct io_failures io = { 0 };
	struct database *d;

	(void)state;
	if (system("command -v sqlite3 >/dev/null"))
		skip();
	assert_int_equal(database_load(), 0);
	d = database_new(path, &everything);
	assert_non_null(d);
	at(d, &one, EVENT_LOOK, NULL, one.start_ns);
	at(d, &one, EVENT_FACT, &first.h, 50100);
	at(d, &one, EVENT_END, NULL, 51000);
	at(d, &two, EVENT_LOOK, NULL, two.start_ns);
	at(d, &two, EVENT_FACT, &second.h, 700);
	at(d, &two, EVENT_END, NULL, 1300);
	assert_int_equal(database_end(d, &(struct database_conclusion){ .h = &h, .f = &fs, .io = &io }), 0);
	assert_int_equal(answer("SELECT count(*) FROM rings"), 2);
	assert_int_equal(answer("SELECT begin_ns FROM rings WHERE ring = 1"), 1050100);
	assert_int_equal(answer("SELECT end_ns FROM rings WHERE ring = 1"), 1051000);
	assert_int_equal(answer("SELECT begin_ns FROM rings WHERE ring = 2"), 1090700);
	assert_int_equal(answer("SELECT begin_ns FROM lost WHERE events IS NULL"), 1051000);
	assert_int_equal(answer("SELECT end_ns FROM lost WHERE events IS NULL"), 1090300);
}

/* Latencies of which only the power of two is known are counted as such, and the median is that of --json. */
static void coarse_latencies(void **state)
{
	const struct origin o = { .start_ns = 100, .boot_id = "a", .page_bytes = 4096 };
	struct history h = { 0 };
	struct findings fs = { 0 };
	struct io_failures io = { 0 };
	struct io_model m = { .t_ns = 500 };
	struct event e = { .kind = EVENT_IO, .origin = &o, .t_ns = 600, .io = &m, .io_since = &m, .ledger = ledger };
	struct io_row *row = io_model_row(&m, RING, 0, IO_WHO(3, IORING_OP_READ_FIXED, true));
	struct database *d;

	(void)state;
	if (system("command -v sqlite3 >/dev/null"))
		skip();
	row->c.ops = row->c.timed = 13;
	row->c.max_ns = 5000;
	row->c.coarse = 7;
	row->c.errors = 5;
	io_row_add_bucket(row, 100, 13);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(database_load(), 0);
	d = database_new(path, &everything);
	assert_non_null(d);
	at(d, &o, EVENT_LOOK, NULL, o.start_ns);
	database_event(d, &e);
	e.kind = EVENT_END;
	database_event(d, &e);
	assert_int_equal(database_end(d, &(struct database_conclusion){ .h = &h, .f = &fs, .io = &io }), 0);
	assert_int_equal(answer("SELECT coarse FROM io"), 7);
	assert_int_equal(answer("SELECT coarse FROM latency_fixed_vs_plain"), 7);
	assert_int_equal(answer("SELECT p50_ns FROM latency_fixed_vs_plain"), hist_permille(row->hist, 500, 5000));
	assert_int_equal(answer("SELECT no_cause FROM recordings"), 5);
	io_model_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_starts),
		cmocka_unit_test(coarse_latencies),
	};
	int fd = mkstemp(path), status;

	assert_true(fd >= 0);
	close(fd);
	ledger = ledger_new();
	status = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	ledger_free(ledger);
	return status;
}
