// SPDX-License-Identifier: GPL-2.0
/*
 * Writes what fuzzing begins with: small recordings with every kind of
 * record, as files and as the records of a frame, for each view.
 * usage: corpus FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include "recording/format.h"
#include "recording/writer.h"

#define RING 0xffff888100001000ULL

static struct fact head(enum fact_kind kind, size_t size)
{
	static __u64 seq;

	seq++;
	return (struct fact){ .size = size, .kind = kind, .ring = RING, .pid = 812, .tid = 813,
			      .uid = 1000, .call = 7, .seq = seq, .t_ns = 1000 + seq * 1000000,
			      .comm = { "fio" } };
}

#define TELL(w, type, k, fed, ...) do {							\
	struct type __f = { .h = head(k, sizeof(__f)), __VA_ARGS__ };			\
											\
	writer_fact(w, &__f.h, fed, true, NULL, 0);					\
} while (0)

static void tell_all(struct writer *w)
{
	struct stack_frame frames[] = { {
		.ip = 0x401010, .offset = 0x10, .symbol = untrusted("main"),
		.module = untrusted("/bin/a"), .file = untrusted("a.c"), .line = 4,
	} };
	const struct stack stack = {
		.kernel.note = untrusted("none"), .user = { .list = frames, .nr = 1 },
	};
	struct fact_call call = { .h = head(FACT_CALL, sizeof(call)), .user = 2, .mm = 3,
				  .limit_bytes = 65536, .result = -12, .nr = 1, .fd = 3 };
	struct fact_entry entry = { .h = head(FACT_ENTRY, sizeof(entry)), .file = { "data" } };
	const struct failure why = { "the limit", &entry };
	struct fact gone = head(FACT_RING_GONE, sizeof(gone));

	writer_look(w, 900, false);
	TELL(w, fact_ring, FACT_RING, true, .user = 2, .mm = 3, .nr_slots = 2);
	TELL(w, fact_holder, FACT_HOLDER, true, .user = 2, .mm = 3, .fd = 3,
	     .memlock_limit_bytes = 65536);
	TELL(w, fact_ring, FACT_RING_CREATE, true, .user = 2, .mm = 3, .fd = 3);
	writer_fact(w, &call.h, true, true, &why, writer_stack(w, &stack));
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
	__u64 hist[HIST_BUCKETS] = { [100] = 3 };
	struct io_row row = { .c = { .ring = RING, .who = IO_WHO(812, 4, true), .ops = 3,
				     .timed = 3, .latency_ns = 900, .max_ns = 400, .comm = { "fio" } },
			      .hist = hist, .fixed_ops = 3 };
	struct io_buffer_row buffer = { { RING, 0x7000, 0, 0 }, { .ops = 3, .len_bytes = 61440 } };
	struct io_address_row address = { { RING, 0x9000 }, { .ops = 2, .max_len = 512 } };
	struct io_fault_row fault = { { RING, 4, 0 }, { .count = 2, .addr = 0x1000 } };
	struct io_calls_row calls = { RING, { .registers = 1 } };
	struct io_model none = { 0 }, m = {
		.t_ns = 40000000, .rows = &row, .nr_rows = 1, .buffers = &buffer, .nr_buffers = 1,
		.addresses = &address, .nr_addresses = 1, .faults = &fault, .nr_faults = 1,
		.calls = &calls, .nr_calls = 1,
	};

	writer_io(w, &none, &m);
}

static size_t record(char *bytes, size_t room, enum tier tier)
{
	const struct origin about = {
		.kernel = "6.18", .machine = "x86_64", .start_ns = 900, .tier = tier, .sample = 1,
		.command = "record",
	};
	FILE *f = fmemopen(bytes, room, "w");
	struct writer *w = f ? writer_create(f, false, &about) : NULL;
	size_t nr;

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

/* The records of all frames, one behind the other. */
static size_t records_of(char *to, size_t room, const char *file, size_t nr)
{
	size_t n = 0, at = sizeof(struct rec_head);
	struct rec_frame frame;

	while (at + sizeof(frame) <= nr) {
		memcpy(&frame, file + at, sizeof(frame));
		at += sizeof(frame);
		n += ZSTD_decompress(to + n, room - n, file + at, frame.stored_bytes);
		at += frame.stored_bytes;
	}
	return n;
}

static int save(const char *folder, int view, int kind, const char *bytes, size_t nr)
{
	const unsigned char how[] = { view << 1 | kind | (view & 8 ? 0x40 : 0), view };
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%d", folder, kind ? "file" : "records", view);
	f = fopen(path, "w");
	if (!f || fwrite(how, 1, 2, f) < 2 || fwrite(bytes, 1, nr, f) < nr || fclose(f))
		return perror(path), 1;
	return 0;
}

int main(int argc, char **argv)
{
	static char file[1 << 16], records[1 << 16];
	int err = argc != 2;

	for (int view = 0; !err && view < 16; view++) {
		size_t nr = record(file, sizeof(file), view & 4 ? TIER_FUNCTIONS : TIER_TRACEPOINTS);

		err = save(argv[1], view, 1, file, nr) ||
		      save(argv[1], view, 0, records, records_of(records, sizeof(records), file, nr));
	}
	return err;
}
