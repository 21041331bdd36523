// SPDX-License-Identifier: GPL-2.0
/* Whose what was lost was is read back as it was written; a table that is not known is left out. */
#include <stdio.h>
#include <unistd.h>
#include "facts.h"
#include "model/io_loss.h"
#include "recording/format.h"
#include "recording/reader_losers.h"
#include "recording/replay.h"
#include "recording/writer.h"

static void as_written(void **state)
{
	static char path[] = "/tmp/fixbuf-losers-XXXXXX";
	static const struct user_loss events[] = { { 1000, 7 } };
	static const struct io_loser io[] = { { 1001, IO_TABLE_STARTS, 5 }, { 1000, IO_TABLE_RINGS, 3 } };
	const struct origin about = { .kernel = "6.18", .page_bytes = 4096, .tier = TIER_FUNCTIONS };
	FILE *f = fdopen(mkstemp(path), "w");
	struct writer *w = writer_create(f, false, &about);
	struct event e = { 0 };
	struct replay p;

	(void)state;
	writer_look(w, 500, false);
	writer_losers(w, events, 1);
	writer_io_losers(w, io, 2);
	writer_end(w, 9000, 0);
	writer_free(w);
	fclose(f);
	replay_begin(&p, recording_open(path));
	while (e.kind != EVENT_END)
		assert_int_equal(replay_next(&p, &e), 1);
	assert_int_equal(e.end.nr_losers, 1);
	assert_int_equal(e.end.losers[0].uid, events[0].uid);
	assert_int_equal(e.end.losers[0].count, events[0].count);
	assert_int_equal(e.end.nr_io_losers, 2);
	assert_memory_equal(e.end.io_losers, io, sizeof(io));
	replay_close(&p);
	unlink(path);
}

static void of_no_table(void **state)
{
	const struct rec rec = { .type = REC_USER_IO_LOST, .size = sizeof(struct rec_user_io_lost) };
	struct rec_user_io_lost lost = { 1000, IO_TABLES, 3 };
	struct recording_losers l = { 0 };

	(void)state;
	recording_loser(&l, &rec, &lost);
	assert_int_equal(l.nr_io, 0);
	lost.table = IO_TABLES - 1;
	recording_loser(&l, &rec, &lost);
	assert_int_equal(l.nr_io, 1);
	assert_int_equal(l.nr_events, 0);
	recording_losers_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
		cmocka_unit_test(of_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
