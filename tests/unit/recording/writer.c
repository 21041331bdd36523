// SPDX-License-Identifier: GPL-2.0
/* What is written is read back as it was; what is damaged is refused with its offset. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "facts.h"
#include "recording/format.h"
#include "recording/writer.h"
#include "recording/replay.h"
#include "model/histogram.h"
#include "with_file.h"

#define NR_IO 997

static char path[] = "/tmp/fixbuf-rec-XXXXXX";

static const struct origin about = {
	.raw_addresses = true,
	.kernel = "6.18.44", .machine = "x86_64", .start_ns = 500, .realtime_ns = 1700000000000000000,
	.interval_ns = 1000000000, .memory_bytes = 1 << 30, .cpus = 2, .page_bytes = 4096,
	.tier = TIER_FUNCTIONS, .sample = 1, .stacks = true, .command = "record -- ./server",
};

#define TEXT(s)	{ s, sizeof(s) - 1 }

static struct stack_frame kernel_frames[] = {
	{ .ip = 0xffffffff81000010, .offset = 0x10, .symbol = TEXT("io_sqe_buffer_register") },
};
static struct stack_frame user_frames[] = {
	{ .ip = 0x401010, .offset = 0x10, .symbol = TEXT("main"), .module = TEXT("/bin/server"),
	  .file = TEXT("server.c"), .line = 42 },
	{ .ip = 0x7f0000001000, .module = TEXT("/lib/libc.so.6") },
};
static const struct stack stack = {
	.kernel = { .list = kernel_frames, .nr = 1 },
	.user = { .list = user_frames, .nr = 2, .note = TEXT("callers are missing") },
};

static struct fact_io fact_io(__u64 seq)
{
	struct fact_io f = {
		.h = fact_head(FACT_IO_DONE, sizeof(f), RING), .addr = ADDR, .len_bytes = 4096,
		.latency_ns = 1000 + seq, .result = 4096, .opcode = 4,
	};

	f.h.seq = seq;
	f.h.t_ns = 2000 + seq;
	return f;
}

static struct io_row io_row(__u64 ops)
{
	struct io_row r = {
		.c = { .ring = RING, .who = IO_WHO(812, 4, true), .ops = ops, .bytes = ops * 4096,
		       .timed = ops, .latency_ns = ops * 100, .max_ns = 100, .first_ns = 700,
		       .uid = 1000, .comm = { "fio" } },
		.fixed_ops = ops, .notices = { .count = ops - 2, .sum_ns = ops * 900, .max_ns = 900 },
	};

	hist_add(&r.hist, hist_index(100), ops);
	hist_add(&r.notices.hist, hist_index(900), ops - 2);
	return r;
}

static FILE *file;

static struct writer *create(bool append)
{
	struct writer *w;

	file = fopen(path, append ? "r+" : "w");
	assert_non_null(file);
	w = writer_create(file, append, &about);

	assert_non_null(w);
	return w;
}

/* A ring with a buffer, a call that failed, I/O, a loss, counters, an end. */
static void write_all(bool append, bool end)
{
	struct writer *w = create(append);
	struct fact_ring ring = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_call call = fact_call(RING, CALL_REGISTER, 1, 1, 0);
	struct fact_call failed = fact_call(RING, CALL_REGISTER, 1, 1, -16);
	struct fact_entry entry = { .h = fact_head(FACT_ENTRY, sizeof(entry), RING), .index = 3,
				    .file = { "data" } };
	const struct share_sum sum = { .pages = 17, .nr_shares = 2 };
	const struct share shares[] = { { .pages = 11, .pid = 812 }, { .pages = 6, .pid = 813 } };
	const struct fact_caller caller = { .cgroup_used_bytes = 4096, .issuer_tid = 977 };
	const struct evidence seen = { &entry, &caller, &sum, shares, 2 };
	const struct failure why = { "of which no word is kept", &seen };
	struct fact_buffer buffer = fact_buffer(RING, 0, BUF(0), ADDR, 4096, 1);
	struct fact_buffer drop = buffer;
	struct fact_holder older = fact_holder(RING2, 812, 7, 0, 0);
	struct io_row row = io_row(7), more = io_row(18);
	struct io_buffer_row use = { .key = { RING, ADDR, 0, 0 }, .use = { .ops = 7 } };
	struct io_model none = { 0 }, one = { .rows = &row, .nr_rows = 1, .buffers = &use,
		.nr_buffers = 1, .t_ns = 10500, .in_flight = 3 };
	struct io_model two = { .rows = &more, .nr_rows = 1, .buffers = &use, .nr_buffers = 1,
		.t_ns = 20500, .loss = { .no_start = 5 } };
	long size;

	drop.h.kind = FACT_DROP;
	drop.h.flags = FACT_F_DERIVED;
	writer_look(w, 600, false);
	/* what was there is no event */
	writer_fact(w, &older.h, true, false, NULL, 0);
	writer_fact(w, &ring.h, true, true, NULL, 0);
	writer_fact(w, &call.h, true, true, NULL, writer_stack(w, &stack));
	writer_fact(w, &buffer.h, true, true, NULL, 0);
	writer_fact(w, &failed.h, true, true, &why, writer_stack(w, &stack));
	for (__u64 i = 1; i <= NR_IO; i++) {
		struct fact_io io = fact_io(i);

		writer_fact(w, &io.h, false, true, NULL, 0);
		if (i == 100)
			writer_lost(w, &(struct lost_events){ 11, 1, 100, 112 });
	}
	writer_fact(w, &drop.h, false, true, NULL, 0);
	writer_io(w, &none, &one);
	writer_io(w, &one, &two);
	writer_flush(w);
	io_row_free(&row);
	io_row_free(&more);
	size = ftell(file);
	writer_end(w, 30000, 2);
	writer_free(w);
	assert_int_equal(fclose(file), 0);
	/* what a crash leaves: nothing of what writer_end() adds, and some of a frame */
	if (!end)
		assert_int_equal(truncate(path, size + 5), 0);
}

static struct recording *open_it(void)
{
	struct recording *r = recording_open(path);

	if (!r)
		fail_msg("%s", err_text());
	return r;
}

static struct event next(struct replay *p)
{
	struct event t;
	int n = replay_next(p, &t);

	if (n != 1)
		fail_msg("%d: %s", n, err_text());
	return t;
}

static void check_part(struct replay *p, bool clean)
{
	const struct origin *a = recording_origin(p->r);
	const struct evidence *e;
	const struct stack *s;
	struct event t = next(p);
	unsigned int ios = 0, lost_after = 0;

	assert_int_equal(t.kind, EVENT_LOOK);
	assert_int_equal(t.t_ns, 600);
	assert_false(t.after_loss);
	assert_string_equal(a->kernel, about.kernel);
	assert_string_equal(a->command, about.command);
	assert_int_equal(a->realtime_ns, about.realtime_ns);
	assert_int_equal(a->tier, TIER_FUNCTIONS);
	assert_true(a->stacks);
	assert_false(a->snapshot);

	next(p);
	t = next(p);
	assert_int_equal(t.kind, EVENT_FACT);
	assert_int_equal(t.fact->kind, FACT_RING_CREATE);
	assert_true(t.fed && t.shown);
	assert_null(ledger_ring(p->ledger, RING));
	t = next(p);
	assert_int_equal(t.fact->kind, FACT_CALL);
	assert_non_null(ledger_ring(p->ledger, RING));
	s = t.stack;
	assert_non_null(s);
	assert_int_equal(s->kernel.nr, 1);
	assert_string_equal(s->kernel.list[0].symbol.bytes, "io_sqe_buffer_register");
	assert_null(s->kernel.note.bytes);
	assert_int_equal(s->user.nr, 2);
	assert_int_equal(s->user.list[0].line, 42);
	assert_string_equal(s->user.list[0].file.bytes, "server.c");
	assert_null(s->user.list[1].symbol.bytes);
	assert_string_equal(s->user.note.bytes, "callers are missing");
	t = next(p);
	assert_int_equal(t.fact->kind, FACT_BUFFER);
	assert_null(t.stack);
	t = next(p);
	assert_int_equal(((const struct fact_call *)t.fact)->result, -16);
	/* the sentence is made anew, of the evidence */
	assert_contains(t.why->explain, "the ring has a table of 1 buffers already");
	e = t.why->evidence;
	assert_int_equal(e->entry->index, 3);
	assert_string_equal(e->entry->file.bytes, "data");
	assert_int_equal(e->caller->cgroup_used_bytes, 4096);
	assert_int_equal(e->caller->issuer_tid, 977);
	assert_int_equal(e->account->pages, 17);
	assert_int_equal(e->nr_shares, 2);
	assert_int_equal(e->shares[1].pages, 6);
	assert_int_equal(e->shares[1].pid, 813);
	assert_ptr_equal(t.stack, s);
	for (;;) {
		t = next(p);
		if (t.kind == EVENT_LOST) {
			lost_after = ios;
			assert_int_equal(t.lost.count, 11);
			assert_int_equal(t.lost.cpu, 1);
			assert_int_equal(t.lost.before_seq, 112);
			continue;
		}
		if (t.fact->kind != FACT_IO_DONE)
			break;
		assert_int_equal(t.fact->seq, ++ios);
		assert_int_equal(((const struct fact_io *)t.fact)->latency_ns, 1000 + ios);
		assert_true(t.shown && !t.fed && !t.why);
	}
	assert_int_equal(ios, NR_IO);
	assert_int_equal(lost_after, 100);
	assert_int_equal(t.fact->kind, FACT_DROP);
	assert_true(t.shown && !t.fed);
	assert_non_null(ledger_buffer(p->ledger, BUF(0)));

	t = next(p);
	assert_int_equal(t.kind, EVENT_IO);
	assert_int_equal(t.t_ns, 10500);
	assert_int_equal(t.io->nr_rows, 1);
	assert_int_equal(t.io_since->t_ns, 10000);
	assert_int_equal(t.io_since->rows[0].c.ops, 7);
	assert_int_equal(t.io->in_flight, 3);
	assert_int_equal(t.io_since->nr_buffers, 1);
	t = next(p);
	assert_int_equal(t.io_since->rows[0].c.ops, 11);
	assert_int_equal(hist_at(t.io_since->rows[0].hist, hist_index(100)), 11);
	assert_int_equal(t.io_since->loss.no_start, 5);
	assert_int_equal(t.io_since->nr_buffers, 0);
	assert_int_equal(t.io->rows[0].c.ops, 18);
	assert_int_equal(t.io->rows[0].fixed_ops, 18);
	assert_int_equal(hist_at(t.io->rows[0].hist, hist_index(100)), 18);
	assert_int_equal(t.io_since->rows[0].notices.count, 11);
	assert_int_equal(t.io->rows[0].notices.sum_ns, 18 * 900);
	assert_int_equal(t.io->rows[0].notices.max_ns, 900);
	assert_int_equal(hist_at(t.io->rows[0].notices.hist, hist_index(900)), 16);
	assert_string_equal(t.io->rows[0].c.comm.bytes, "fio");
	assert_int_equal(t.io->nr_buffers, 1);
	t = next(p);
	assert_int_equal(t.kind, EVENT_END);
	assert_int_equal(t.end.clean, clean);
	assert_int_equal(t.end.facts, NR_IO + 5);
	assert_int_equal(t.end.lost, 11);
	assert_int_equal(t.end.stacks_lost, clean ? 2 : 0);
}

static void round_trip(void **state)
{
	struct replay p;
	struct event t;

	(void)state;
	write_all(false, true);
	replay_begin(&p, open_it());
	check_part(&p, true);
	assert_int_equal(replay_next(&p, &t), 0);
	assert_int_equal(replay_next(&p, &t), 0);
	replay_close(&p);
}

static void parts(void **state)
{
	struct replay p;
	struct event t;

	(void)state;
	write_all(false, false);
	write_all(true, true);
	replay_begin(&p, open_it());
	check_part(&p, false);
	check_part(&p, true);
	assert_int_equal(replay_next(&p, &t), 0);
	replay_close(&p);
}

/* ---- what is damaged ------------------------------------------------------------------ */

static char bytes[1 << 20];

static size_t read_file(void)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return n;
}

/* Replays these bytes: 0 or -errno; *clean says whether the recording ended cleanly. */
static int tell_all(const void *from, size_t nr, bool *clean)
{
	struct recording *r = recording_open_bytes("bytes", from, nr);
	struct event t;
	int n;

	*clean = false;
	if (!r)
		return -EINVAL;
	while ((n = recording_next(r, &t)) > 0)
		if (t.kind == EVENT_END)
			*clean = t.end.clean;
	recording_close(r);
	return n;
}

/* A recording that is cut off anywhere is read up to there, or refused with the offset. */
static void cut_anywhere(void **state)
{
	unsigned int told = 0, refused = 0;
	size_t size;
	bool clean;

	(void)state;
	write_all(false, true);
	size = read_file();
	assert_int_equal(tell_all(bytes, size, &clean), 0);
	assert_true(clean);
	for (size_t n = 0; n < size; n++) {
		int err = tell_all(bytes, n, &clean);

		assert_false(clean);
		if (err)
			assert_contains(err_text(), "at offset ");
		told += !err;
		refused += !!err;
	}
	assert_int_equal(refused, sizeof(struct rec_head));
	assert_int_equal(told, size - refused);
}

/* A change of any single byte is noticed. */
static void changed_anywhere(void **state)
{
	size_t size;
	bool clean;

	(void)state;
	write_all(false, true);
	size = read_file();
	for (size_t n = 0; n < size; n++) {
		int err;

		/* the head's padding means nothing */
		if (n >= offsetof(struct rec_head, pad) && n < sizeof(struct rec_head))
			continue;
		bytes[n] ^= 0x41;
		err = tell_all(bytes, size, &clean);
		/* a length that points behind the end looks as if cut off */
		if (!err && clean)
			fail_msg("byte %zu may be anything", n);
		if (err)
			assert_contains(err_text(), "at offset ");
		bytes[n] ^= 0x41;
	}
}

/* A derived fact is told before the ledger gets the fact that it is concluded from. */
static void derived_before(void **state)
{
	struct writer *w = create(false);
	struct fact_ring ring = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);
	struct fact_buffer drop = fact_buffer(RING, 0, BUF(0), ADDR, 4096, 1);
	struct replay p;

	(void)state;
	drop.h.kind = FACT_DROP;
	drop.h.flags = FACT_F_DERIVED;
	writer_fact(w, &ring.h, true, true, NULL, 0);
	writer_fact(w, &gone, true, false, NULL, 0);
	writer_fact(w, &drop.h, false, true, NULL, 0);
	writer_end(w, 1, 0);
	writer_free(w);
	fclose(file);
	replay_begin(&p, open_it());
	next(&p);
	assert_int_equal(next(&p).fact->kind, FACT_RING_GONE);
	assert_int_equal(next(&p).fact->kind, FACT_DROP);
	assert_non_null(ledger_ring(p.ledger, RING));
	assert_int_equal(next(&p).kind, EVENT_END);
	assert_null(ledger_ring(p.ledger, RING));
	replay_close(&p);
}

/* Of endlessly many stacks those are kept for which there is room; the others are counted. */
static void many_stacks(void **state)
{
	struct fact_call call = fact_call(RING, CALL_REGISTER, 1, 1, 0);
	struct writer *w = create(false);
	unsigned int nr = 0, with = 0;
	struct stack_frame frames[128];
	const struct stack s = { .kernel = { .list = frames, .nr = 128 } };
	struct recording *r;
	struct event t;
	size_t before = mallinfo2().uordblks;
	int n;

	(void)state;
	memset(frames, 0, sizeof(frames));
	for (nr = 0; nr < 17011; nr++) {
		frames[0].ip = nr;
		writer_fact(w, &call.h, true, true, NULL, writer_stack(w, &s));
	}
	/* not all are remembered */
	assert_true(mallinfo2().uordblks < before + (24 << 20));
	writer_end(w, 1, 5);
	writer_free(w);
	fclose(file);
	r = open_it();
	while ((n = recording_next(r, &t)) > 0) {
		with += t.kind == EVENT_FACT && t.stack;
		if (t.kind == EVENT_END)
			assert_int_equal(t.end.stacks_lost, nr - with + 5);
	}
	assert_int_equal(n, 0);
	assert_in_range(with, 4000, 4100);
	recording_close(r);
}

static void write_empty(const struct origin *of)
{
	struct writer *w;

	file = fopen(path, "w");
	assert_non_null(file);
	w = writer_create(file, false, of);
	assert_non_null(w);
	writer_end(w, 1000, 0);
	writer_free(w);
	fclose(file);
}

/* Pages are those of the machine that recorded, whatever this one's are. */
static void other_pages(void **state)
{
	struct origin other = about;
	struct recording *r;
	struct event e;
	char text[FMT_LEN];

	(void)state;
	for (other.page_bytes = 65536; other.page_bytes >= 4096; other.page_bytes /= 4) {
		write_empty(&other);
		r = recording_open(path);
		assert_non_null(r);
		assert_int_equal(recording_next(r, &e), 1);
		assert_int_equal(PAGE_BYTES, other.page_bytes);
		fmt_pages(text, 2);
		assert_string_equal(text, other.page_bytes == 65536 ? "128K" :
					  other.page_bytes == 16384 ? "32K" : "8K");
		recording_close(r);
	}
	for (other.page_bytes = 0; other.page_bytes < 3; other.page_bytes++) {
		write_empty(&other);
		r = recording_open(path);
		assert_true(!r || recording_next(r, &e) < 0);
		assert_non_null(strstr(err_text(), "a size of pages that no system has"));
		recording_close(r);
	}
	assert_int_equal(PAGE_BYTES, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_pages),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(parts),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(changed_anywhere),
		cmocka_unit_test(derived_before),
		cmocka_unit_test(many_stacks),
	};

	return run_with_file(path, tests, sizeof(tests) / sizeof(tests[0]));
}
