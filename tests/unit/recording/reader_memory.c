// SPDX-License-Identifier: GPL-2.0
/* What a ring has besides buffers is read back as it was written, and what no recording has is refused. */
#include <stdio.h>
#include <unistd.h>
#include "base/err.h"
#include "facts.h"
#include "recording/format.h"
#include "recording/reader_memory.h"
#include "recording/replay.h"
#include "recording/writer.h"

static char path[] = "/tmp/fixbuf-memory-XXXXXX";

/* Writes a ring with this much, and reads it: what the ledger has at the end. */
static struct ring read_back(const struct ring_memory *list, size_t nr, bool cut)
{
	static struct ring_memory kept[REC_MEMORY_ROWS];
	const struct origin about = { .kernel = "6.18", .page_bytes = 4096, .tier = TIER_FUNCTIONS };
	struct ring r = { .id = RING, .memory = (void *)list, .nr_memory = nr, .memory_cut = cut }, out = { 0 };
	struct fact_ring made = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	FILE *f = fopen(path, "w");
	struct writer *w = writer_create(f, false, &about);
	bool told = false;
	struct replay p;
	struct event e;
	int err;

	writer_look(w, 500, false);
	writer_fact(w, &made.h, true, true, NULL, 0);
	writer_memory(w, 700, &r, false);
	writer_end(w, 9000, 0);
	writer_free(w);
	fclose(f);
	replay_begin(&p, recording_open(path));
	while ((err = replay_next(&p, &e)) > 0) {
		if (e.kind != EVENT_MEMORY)
			continue;
		told = true;
		assert_int_equal(e.t_ns, 700);
		out = *ledger_ring(p.ledger, e.memory.ring);
		assert_int_equal(e.memory.nr, out.nr_memory);
		memcpy(kept, out.memory, out.nr_memory * sizeof(*kept));
		out.memory = kept;
	}
	assert_int_equal(err, 0);
	assert_true(told);
	assert_true(out.knows_memory);
	replay_close(&p);
	unlink(path);
	return out;
}

static void as_written(void **state)
{
	const struct ring_memory list[] = {
		{ 5, 0, RING_MEMORY_QUEUES, 1 }, { 3, 0, RING_MEMORY_REGION, 0 }, { 7, 65521, RING_MEMORY_PROVIDED, 1 },
	};
	struct ring r;

	(void)state;
	r = read_back(list, 3, false);
	assert_int_equal(r.nr_memory, 3);
	assert_memory_equal(r.memory, list, sizeof(list));
	assert_false(r.memory_cut);
	r = read_back(list, 0, true);
	assert_int_equal(r.nr_memory, 0);
	assert_true(r.memory_cut);
}

/* Of a ring with more than a record takes no group is told, and that is. */
static void too_many(void **state)
{
	static struct ring_memory list[REC_MEMORY_ROWS + 1] = { { 5, 0, RING_MEMORY_REGION, 1 } };
	struct ring r;

	(void)state;
	for (size_t i = 1; i <= REC_MEMORY_ROWS; i++)
		list[i] = (struct ring_memory){ 1, i, RING_MEMORY_PROVIDED, 1 };
	r = read_back(list, REC_MEMORY_ROWS, false);
	assert_int_equal(r.nr_memory, REC_MEMORY_ROWS);
	assert_false(r.memory_cut);
	r = read_back(list, REC_MEMORY_ROWS + 1, false);
	assert_int_equal(r.nr_memory, 1);
	assert_true(r.memory_cut);
}

static void no_recordings(void **state)
{
	struct {
		struct rec_memory head;
		struct ring_memory rows[3];
	} data = { { RING, 700, 0, 3 }, { { 5, 0, RING_MEMORY_REGION, 1 }, { 1, 0, 200, 1 }, { 2, 7, RING_MEMORY_PROVIDED, 0 } } };
	struct rec rec = { .type = REC_MEMORY, .size = sizeof(data) };
	struct recording_memory m = { 0 };
	struct event e = { 0 };

	(void)state;
	assert_null(recording_memory(&m, &rec, &data, &e));
	/* a kind of a later version is left out */
	assert_int_equal(e.memory.nr, 2);
	assert_int_equal(e.memory.list[1].group, 7);
	rec.size -= 1;
	assert_non_null(recording_memory(&m, &rec, &data, &e));
	rec.size = sizeof(data.head) - 1;
	data.head.nr = 0;
	assert_non_null(recording_memory(&m, &rec, &data, &e));
	free(m.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
		cmocka_unit_test(too_many),
		cmocka_unit_test(no_recordings),
	};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
