// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "recording/writer.h"
#include "story.h"

#define RING 0xffff888100001000ULL

const struct story plain_story = {
	.comm = { "fio" }, .file = { "data" }, .symbol = { "main", 4 }, .module = { "/bin/a", 6 },
	.source = { "a.c", 3 }, .note = { "none", 4 }, .command = "record",
};

static const struct story *story;
static __u64 seq;

static struct fact head(enum fact_kind kind, size_t size)
{
	seq++;
	return (struct fact){ .size = size, .kind = kind, .ring = RING, .pid = 812, .tid = 813,
			      .uid = 1000, .call = 7, .seq = seq, .t_ns = 1000 + seq * 1000000,
			      .comm = story->comm };
}

#define TELL(w, type, k, fed, ...) do {							\
	struct type __f = { .h = head(k, sizeof(__f)), __VA_ARGS__ };			\
											\
	writer_fact(w, &__f.h, fed, true, NULL, 0);					\
} while (0)

static void tell_all(struct writer *w)
{
	struct stack_frame frames[] = { {
		.ip = 0x401010, .offset = 0x10, .symbol = story->symbol,
		.module = story->module, .file = story->source, .line = 4,
	} };
	const struct stack stack = {
		.kernel.note = story->note, .user = { .list = frames, .nr = 1 },
	};
	struct fact_call call = { .h = head(FACT_CALL, sizeof(call)), .user = 2, .mm = 3,
				  .limit_bytes = 65536, .result = -12, .nr = 1, .fd = 3 };
	struct fact_entry entry = { .h = head(FACT_ENTRY, sizeof(entry)), .file = story->file };
	const struct share_sum sum = { .pages = 15, .nr_shares = 1 };
	const struct share share = { .pages = 15, .pid = 812, .comm = story->comm, .ended = 1,
				     .keeper_pid = 813, .keeper_comm = story->comm };
	const struct evidence seen = { .entry = &entry, .account = &sum, .shares = &share,
				       .nr_shares = 1 };
	const struct failure why = { .evidence = &seen };
	struct fact gone = head(FACT_RING_GONE, sizeof(gone));

	writer_look(w, 900, false);
	TELL(w, fact_ring, FACT_RING, true, .user = 2, .mm = 3, .nr_slots = 2);
	TELL(w, fact_holder, FACT_HOLDER, true, .user = 2, .mm = 3, .fd = 3,
	     .memlock_limit_bytes = 65536);
	TELL(w, fact_ring, FACT_RING_CREATE, true, .user = 2, .mm = 3, .fd = 3);
	writer_fact(w, &call.h, true, true, &why, writer_stack(w, &stack));
	/* one that nothing explains */
	TELL(w, fact_call, FACT_CALL, true, .user = 2, .mm = 3, .result = -22, .nr = 1, .fd = 3);
	TELL(w, fact_call, FACT_CALL, true, .user = 2, .mm = 3, .nr = 2, .nr_slots = 2,
	     .user_after_pages = 15, .mm_after_pages = 15, .limit_bytes = 65536, .start_ns = 5000);
	TELL(w, fact_buffer, FACT_BUFFER, true, .buf = 16, .addr = 0x7000, .len_bytes = 61440,
	     .charged_pages = 15, .segments = 15, .folio_shift = 12, .refs = 1);
	TELL(w, fact_pin, FACT_PIN, true, .buf = 16, .addr = 0x7000, .pages = 15);
	TELL(w, fact_charge, FACT_CHARGE, true, .user = 2, .mm = 3, .pages = 15,
	     .user_after_pages = 15, .limit_bytes = 65536);
	TELL(w, fact_io, FACT_IO_DONE, false, .addr = 0x7000, .len_bytes = 512, .opcode = 4,
	     .result = -14, .io_flags = IO_F_RANGE | IO_F_NO_IMPORT);
	writer_lost(w, &(struct lost_events){ 5, 1, 9, 15 });
	TELL(w, fact_buffer, FACT_DROP, false, .buf = 16, .addr = 0x7000, .len_bytes = 61440);
	TELL(w, fact_ring, FACT_RING_CLOSE, true, .user = 2, .mm = 3);
	writer_fact(w, &gone, true, false, NULL, 0);
	writer_look(w, 30000000, true);
}

static void tell_io(struct writer *w)
{
	struct io_row row = { .c = { .ring = RING, .who = IO_WHO(812, 4, true), .ops = 3,
				     .timed = 3, .latency_ns = 900, .max_ns = 400, .comm = story->comm },
			      .fixed_ops = 3 };
	struct io_buffer_row buffer = { .key = { RING, 0x7000, 0, 0 }, .use = { .ops = 3, .len_bytes = 61440 } };
	struct io_address_row address = { .key = { RING, 0x9000 }, .use = { .ops = 2, .max_len = 512 } };
	struct io_failure_row failure = {
		.key = { .ring = RING, .pid = 812, .what = IO_WHAT(4, true), .result = -14 },
		.failure = { .count = 2, .seen = { .flags = EV_FIXED | EV_RANGE, .addr = 0x1000 } },
	};
	struct io_calls_row calls = { .ring = RING, .calls = { .registers = 1 } };
	struct io_model none = { 0 }, m = {
		.t_ns = 40000000, .rows = &row, .nr_rows = 1, .buffers = &buffer, .nr_buffers = 1,
		.addresses = &address, .nr_addresses = 1, .failures = &failure, .nr_failures = 1,
		.calls = &calls, .nr_calls = 1,
	};

	hist_add(&row.hist, 100, 3);
	writer_io(w, &none, &m);
	free(row.hist);
}

size_t story_record(const struct story *s, char *bytes, size_t room, enum tier tier)
{
	struct origin about = {
		.kernel = "6.18", .machine = "x86_64", .page_bytes = 4096, .start_ns = 900, .tier = tier,
		.sample = 1,
		.raw_addresses = true,	/* the same each time */
	};
	FILE *f = fmemopen(bytes, room, "w");
	struct writer *w;
	size_t nr;

	story = s;
	seq = 0;
	snprintf(about.command, sizeof(about.command), "%s", s->command);
	w = f ? writer_create(f, false, &about) : NULL;
	if (!w)
		return 0;
	tell_all(w);
	tell_io(w);
	writer_end(w, 50000000, 1);
	writer_free(w);
	nr = ftell(f);
	fclose(f);
	return nr;
}
