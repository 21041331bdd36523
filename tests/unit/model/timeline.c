// SPDX-License-Identifier: GPL-2.0
/* A recording over time: which buffer lived when, what levels there were, and where nothing is known. */
#include <stdio.h>
#include <unistd.h>
#include "base/err.h"
#include "facts.h"
#include "model/timeline.h"
#include "recording/writer.h"

static char path[] = "/tmp/fixbuf-timeline-XXXXXX";
static FILE *file;
static struct selection everything;

static struct {
	int rings, rings_ended, begun, ended, older, calls, ios, gaps, known_ios;
	__u64 lost, gap_from, gap_to, last_end, level_ns;
	__s64 user_charged, user_pinned, mm_pinned;
	__u64 limit, ops_of_one, first_bin, last_bin;
	__u32 ending_call;
} seen;

static void ring_begins(struct timeline_ring *r, void *arg)
{
	(void)arg;
	assert_int_equal(r->number, ++seen.rings);
	assert_string_equal(r->comm.bytes, "fio");
}

static void ring_ends(struct timeline_ring *r, __u64 t_ns, void *arg)
{
	(void)r, (void)t_ns, (void)arg;
	seen.rings_ended++;
}

static void life_begins(struct life *life, void *arg)
{
	(void)arg;
	assert_true(life->ring->watched);
	seen.begun++;
	seen.older += life->older;
}

static void life_ends(struct life *life, __u64 t_ns, __u32 call, void *arg)
{
	(void)arg;
	assert_true(t_ns >= life->from_ns);
	seen.ended++;
	seen.last_end = t_ns;
	seen.ending_call = call;
	if (life->ops) {
		seen.ops_of_one = life->ops;
		seen.first_bin = life->bins[0];
		seen.last_bin = life->bins[LIFE_BINS - 1];
	}
}

static void level(struct account *a, __u64 t_ns, void *arg)
{
	(void)arg;
	seen.level_ns = t_ns;
	if (a->is_mm) {
		seen.mm_pinned = a->pinned_pages;
		return;
	}
	assert_int_equal(a->uid, 1000);
	seen.user_charged = a->charged_pages;
	seen.user_pinned = a->pinned_pages;
	seen.limit = a->limit_bytes;
}

static void call(struct timeline_ring *r, const struct event *t, void *arg)
{
	(void)arg;
	assert_non_null(r);
	assert_int_equal(t->fact->kind, FACT_CALL);
	seen.calls++;
}

static void io(struct timeline_ring *r, struct life *life, const struct event *t, void *arg)
{
	(void)r, (void)t, (void)arg;
	seen.ios++;
	seen.known_ios += life != NULL;
}

static void gap(__u64 from, __u64 to, __u64 lost, void *arg)
{
	(void)arg;
	seen.gaps++;
	seen.gap_from = from;
	seen.gap_to = to;
	seen.lost += lost;
}

static struct writer *begin(enum tier tier)
{
	const struct origin about = { .kernel = "6.18", .machine = "x86_64", .cpus = 2,
					       .page_bytes = 4096, .tier = tier, .sample = 1 };
	struct writer *w;

	memset(&seen, 0, sizeof(seen));
	file = fopen(path, "we");
	assert_non_null(file);
	w = writer_create(file, false, &about);
	assert_non_null(w);
	writer_look(w, 500, false);
	return w;
}

#define PUT(w, f) writer_fact(w, &(f).h, true, true, NULL, 0)

static void tell_all(struct writer *w)
{
	const struct timeline_listener view = {
		.ring_begins = ring_begins, .ring_ends = ring_ends, .life_begins = life_begins,
		.life_ends = life_ends, .level = level, .call = call, .io = io, .gap = gap,
	};
	struct timeline *h = timeline_new(&view, &everything);
	struct recording *r;
	struct event t;
	int err;

	writer_end(w, 9000, 0);
	assert_int_equal(fclose(file), 0);
	r = recording_open(path);
	assert_non_null(r);
	while ((err = recording_next(r, &t)) > 0)
		timeline_event(h, &t);
	assert_int_equal(err, 0);
	timeline_free(h);
	recording_close(r);
	unlink(path);
}

static void put_buffer(struct writer *w, __u32 index, __u64 buf, __u64 t_ns, __u32 call_id)
{
	struct fact_buffer f = fact_buffer(RING, index, buf, ADDR + index * 65536, 16384, 4);

	f.h.t_ns = t_ns;
	f.h.call = call_id;
	PUT(w, f);
}

static void put_call(struct writer *w, enum call_op op, __u32 nr, __u32 slots, __u64 t_ns, __u32 id,
		     __s64 level_pages)
{
	struct fact_call c = fact_call(RING, op, nr, slots, 0);

	c.h.t_ns = t_ns;
	c.h.call = id;
	c.user_after_pages = c.mm_after_pages = level_pages;
	PUT(w, c);
}

/* Three buffers, one of them replaced, then all dropped: four lives. */
static void test_lives(void **state)
{
	struct writer *w = begin(TIER_TRACEPOINTS);
	struct fact_ring made = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);

	(void)state;
	PUT(w, made);
	put_call(w, CALL_REGISTER, 3, 3, 2000, 11, 12);
	for (__u32 i = 0; i < 3; i++)
		put_buffer(w, i, BUF(i), 2001 + i, 11);
	put_call(w, CALL_UPDATE, 1, 3, 3000, 12, 12);
	put_buffer(w, 1, BUF(7), 3001, 12);
	for (__u64 k = 0; k < 5; k++) {
		struct fact_io f = { .h = fact_head(FACT_IO_DONE, sizeof(f), RING),
				     .addr = ADDR, .len_bytes = 256, .offset_bytes = 0,
				     .index = k < 4 ? 0 : 99, .result = 256, .opcode = 4,
				     .io_flags = IO_F_RANGE | IO_F_OFFSET };

		f.h.t_ns = 3100 + k;
		PUT(w, f);
	}
	put_call(w, CALL_UNREGISTER, 0, 0, 4000, 13, 0);
	gone.t_ns = 5000;
	writer_fact(w, &gone, true, true, NULL, 0);
	tell_all(w);
	assert_int_equal(seen.rings, 1);
	assert_int_equal(seen.rings_ended, 1);
	assert_int_equal(seen.calls, 3);
	assert_int_equal(seen.begun, 4);
	assert_int_equal(seen.ended, 4);
	assert_int_equal(seen.older, 0);
	assert_int_equal(seen.last_end, 4000);
	assert_int_equal(seen.ending_call, 13);
	assert_int_equal(seen.ios, 5);
	assert_int_equal(seen.known_ios, 4);
	assert_int_equal(seen.ops_of_one, 4);
	assert_int_equal(seen.first_bin, 4);
	assert_int_equal(seen.last_bin, 0);
	assert_int_equal(seen.user_charged, 0);
	assert_int_equal(seen.user_pinned, 0);
	assert_int_equal(seen.mm_pinned, 0);
	assert_int_equal(seen.limit, 8 * MIB);
}

/* A buffer that a look after a loss does not see any more has ended; one that it sees lives on. */
static void test_loss(void **state)
{
	struct writer *w = begin(TIER_FUNCTIONS);
	const struct lost_events lost = { .count = 31, .cpu = 1, .after_seq = 5, .before_seq = 37 };
	struct fact_ring r = fact_ring(FACT_RING, RING, 8, 8);
	struct fact_holder holder = fact_holder(RING, 812, 6, 8, 8);

	(void)state;
	put_call(w, CALL_REGISTER, 3, 3, 2000, 11, 12);
	for (__u32 i = 0; i < 3; i++)
		put_buffer(w, i, BUF(i), 2001 + i, 11);
	writer_lost(w, &lost);
	writer_look(w, 2600, true);
	r.h.flags = FACT_F_SNAPSHOT;
	r.h.t_ns = holder.h.t_ns = 2600;
	PUT(w, holder);
	r.nr_slots = 3;
	PUT(w, r);
	for (__u32 i = 0; i < 2; i++) {
		struct fact_buffer f = fact_buffer(RING, i, BUF(i), ADDR + i * 65536, 16384, 4);

		f.h.flags = FACT_F_SNAPSHOT;
		f.h.t_ns = 2600;
		PUT(w, f);
	}
	put_call(w, CALL_UPDATE, 0, 3, 3000, 12, 8);
	tell_all(w);
	assert_int_equal(seen.begun, 3);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.gaps, 1);
	assert_int_equal(seen.lost, 31);
	assert_int_equal(seen.gap_from, 2003);
	assert_int_equal(seen.gap_to, 2600);
	assert_int_equal(seen.user_charged, 8);
}

/* What a look finds is told as of then, with its accounts and their limit, though nothing follows. */
static void test_found(void **state)
{
	struct writer *w = begin(TIER_TRACEPOINTS);
	struct fact_ring r = fact_ring(FACT_RING, RING, 37, 12);
	struct fact_holder holder = fact_holder(RING, 812, 6, 37, 12);

	(void)state;
	r.h.flags = FACT_F_SNAPSHOT;
	r.h.t_ns = holder.h.t_ns = 500;
	r.h.uid = r.h.pid = 0;
	r.nr_slots = 3;
	writer_fact(w, &r.h, true, false, NULL, 0);
	writer_fact(w, &holder.h, true, false, NULL, 0);
	for (__u32 i = 0; i < 3; i++) {
		struct fact_buffer f = fact_buffer(RING, i, BUF(i), ADDR + i * 65536, 16384, 4);

		f.h.flags = FACT_F_SNAPSHOT;
		f.h.t_ns = 500;
		writer_fact(w, &f.h, true, false, NULL, 0);
	}
	/* another's, of whom nothing was asked */
	r.h.ring = holder.h.ring = RING2;
	r.h.flags |= FACT_F_OTHERS;
	holder.h.flags |= FACT_F_OTHERS;
	writer_fact(w, &r.h, true, false, NULL, 0);
	writer_fact(w, &holder.h, true, false, NULL, 0);
	tell_all(w);
	assert_int_equal(seen.rings, 1);
	assert_int_equal(seen.rings_ended, 0);
	assert_int_equal(seen.begun, 3);
	assert_int_equal(seen.older, 3);
	assert_int_equal(seen.user_charged, 37);
	assert_int_equal(seen.user_pinned, 12);
	assert_int_equal(seen.mm_pinned, 12);
	assert_int_equal(seen.level_ns, 500);
	assert_int_equal(seen.limit, 8 * MIB);
}

/* Rings of processes that are not selected keep the ledger right, and are not told. */
static void test_others(void **state)
{
	struct writer *w = begin(TIER_FUNCTIONS);
	struct fact_call c = fact_call(RING2, CALL_REGISTER, 1, 1, 0);
	struct fact_buffer f = fact_buffer(RING2, 0, BUF(9), ADDR, 4096, 1);

	(void)state;
	writer_fact(w, &c.h, true, false, NULL, 0);
	writer_fact(w, &f.h, true, false, NULL, 0);
	tell_all(w);
	assert_int_equal(seen.rings, 0);
	assert_int_equal(seen.begun, 0);
	assert_int_equal(seen.calls, 0);
	assert_int_equal(seen.user_charged, 0);
}

/* One is kept for each buffer of everybody: what only I/O needs has no room in it. */
static void test_size(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct life), 1, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_size),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, 0);
}
