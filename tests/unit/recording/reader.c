// SPDX-License-Identifier: GPL-2.0
/* Recordings that no writer of this version made: newer ones, and hostile ones. */
#include <errno.h>
#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>
#include "base/clock.h"
#include "base/err.h"
#include "facts.h"
#include "recording/format.h"
#include "recording/replay.h"

static char bytes[1 << 20];

static size_t put_head(char *to)
{
	const struct rec_head head = {
		.magic = REC_MAGIC, .endian = REC_ENDIAN, .version = REC_VERSION,
		.size = sizeof(head),
	};

	memcpy(to, &head, sizeof(head));
	return sizeof(head);
}

/* Appends a frame of these records at .at; raw_bytes 0 means their true number of bytes. */
static size_t put_frame(char *to, const void *records, size_t nr, __u32 raw_bytes)
{
	struct rec_frame f = { .mark = REC_FRAME_MARK, .raw_bytes = raw_bytes ? raw_bytes : nr };

	f.stored_bytes = ZSTD_compress(to + sizeof(f), 1 << 19, records, nr, 1);
	f.crc = crc32(crc32(0, (void *)&f, sizeof(f)), (void *)(to + sizeof(f)), f.stored_bytes);
	memcpy(to, &f, sizeof(f));
	return sizeof(f) + f.stored_bytes;
}

static size_t put_record(char *to, enum rec_type type, __u32 id, const void *data, size_t size)
{
	const struct rec rec = { .type = type, .flags = REC_F_FED | REC_F_SHOWN, .size = size, .id = id };

	memcpy(to, &rec, sizeof(rec));
	memset(to + sizeof(rec), 0, REC_ALIGN(size));
	memcpy(to + sizeof(rec), data, size);
	return sizeof(rec) + REC_ALIGN(size);
}

/* Asserts that these bytes are read up to a place where they are refused, for that reason. */
static void refuses(size_t nr, const char *why)
{
	struct recording *r = recording_open_bytes("bytes", bytes, nr);
	struct event t;
	int n = r ? 1 : -EINVAL;

	while (n > 0)
		n = recording_next(r, &t);
	assert_int_equal(n, -EINVAL);
	assert_contains(err_text(), why);
	if (r)
		recording_close(r);
}

static void other_versions(void **state)
{
	struct rec_head *head = (void *)bytes;

	(void)state;
	put_head(bytes);
	head->version = REC_VERSION + 1;
	refuses(sizeof(*head), "format version 3, this program reads versions 1 to 2");
	put_head(bytes);
	head->version = 0;
	refuses(sizeof(*head), "format version 0, this program reads versions 1 to 2");
	put_head(bytes);
	head->endian = 0x04030201;
	refuses(sizeof(*head), "on a machine of the other byte order");
	put_head(bytes);
	head->endian = ~0U;
	refuses(sizeof(*head), "of no byte order; the file is damaged");
	put_head(bytes);
	head->magic[7] = '\r';
	refuses(sizeof(*head), "not a recording");
}

/* Types and kinds that are not known are passed over; a longer fact gives what is known of it. */
static void newer_records(void **state)
{
	struct {
		struct fact_charge f;
		__u64 more;
	} longer = { .f.h = fact_head(FACT_CHARGE, sizeof(longer), RING), .f.pages = 7, .more = 1 };
	struct fact_charge shorter = { .h = fact_head(FACT_CHARGE, 144, RING), .pages = 5 };
	struct fact unknown = fact_head(200, sizeof(unknown), RING);
	char records[4096];
	struct recording *r;
	struct event t;
	size_t n = 0, nr;

	(void)state;
	n += put_record(records + n, 99, 3, "anything", 8);
	n += put_record(records + n, REC_FACT, 0, &unknown, sizeof(unknown));
	n += put_record(records + n, REC_FACT, 0, &longer, sizeof(longer));
	n += put_record(records + n, REC_FACT, 0, &shorter, 144);
	nr = put_head(bytes);
	nr += put_frame(bytes + nr, records, n, 0);
	r = recording_open_bytes("bytes", bytes, nr);
	assert_non_null(r);
	assert_int_equal(recording_next(r, &t), 1);
	assert_int_equal(t.fact->size, sizeof(struct fact_charge));
	assert_int_equal(((const struct fact_charge *)t.fact)->pages, 7);
	assert_int_equal(recording_next(r, &t), 1);
	assert_int_equal(t.fact->size, sizeof(struct fact_charge));
	assert_int_equal(((const struct fact_charge *)t.fact)->pages, 5);
	assert_int_equal(((const struct fact_charge *)t.fact)->stacks.caller, 0);
	assert_int_equal(recording_next(r, &t), 1);
	assert_int_equal(t.kind, EVENT_END);
	assert_false(t.end.clean);
	assert_int_equal(recording_next(r, &t), 0);
	recording_close(r);
}

/* Older files hold the sentence; what is newer in evidence is passed over. */
/* What a crash leaves of the begin of a part is no damage; anything else behind the end is. */
static void behind_the_end(void **state)
{
	const struct { const char *bytes; size_t nr; int want; } rests[] = {
		{ "", 0, 0 }, { REC_MAGIC, 5, 0 }, { "garbage!", 8, -EINVAL }, { "x", 1, -EINVAL },
	};
	const struct rec_end end = { .t_ns = 7 };
	char records[256];
	size_t n = put_record(records, REC_END, 0, &end, sizeof(end));

	(void)state;
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		size_t nr = put_head(bytes);
		struct recording *r;
		struct event t;

		nr += put_frame(bytes + nr, records, n, 0);
		memcpy(bytes + nr, rests[i].bytes, rests[i].nr);
		r = recording_open_bytes("bytes", bytes, nr + rests[i].nr);
		assert_non_null(r);
		assert_int_equal(recording_next(r, &t), 1);
		assert_int_equal(t.kind, EVENT_END);
		assert_int_equal(recording_next(r, &t), rests[i].want);
		recording_close(r);
	}
}

static void older_explanations(void **state)
{
	struct fact_call call = fact_call(RING, CALL_REGISTER, 1, 1, -16);
	struct {
		struct fact_entry e;
		char said[16];
	} why = { .e = { .h = fact_head(FACT_ENTRY, sizeof(why.e), RING), .index = 3 }, .said = "as it was" };
	struct share share = { .pages = 7 };
	char records[4096];
	struct recording *r;
	struct event t;
	size_t n = 0, nr;

	(void)state;
	n += put_record(records + n, REC_WHY, 1, &why, sizeof(why));
	n += put_record(records + n, REC_FACT, 0, &call, sizeof(call));
	n += put_record(records + n, REC_EVIDENCE, 99, &share, 8);
	for (unsigned int i = 0; i < MAX_SHARES + 3; i++)
		n += put_record(records + n, REC_EVIDENCE, EVIDENCE_SHARE, &share, 8);
	n += put_record(records + n, REC_FACT, 0, &call, sizeof(call));
	nr = put_head(bytes);
	nr += put_frame(bytes + nr, records, n, 0);
	r = recording_open_bytes("bytes", bytes, nr);
	assert_non_null(r);
	assert_int_equal(recording_next(r, &t), 1);
	assert_string_equal(t.why->explain, "as it was");
	assert_int_equal(t.why->evidence->entry->index, 3);
	assert_int_equal(recording_next(r, &t), 1);
	assert_contains(t.why->explain, "a table of 1 buffers already");
	assert_null(t.why->evidence->entry);
	assert_int_equal(t.why->evidence->nr_shares, MAX_SHARES);
	assert_int_equal(t.why->evidence->shares[7].pages, 7);
	recording_close(r);
}

static void hostile(void **state)
{
	struct fact_buffer buffer = fact_buffer(RING, 1 << 30, BUF(0), ADDR, 4096, 1);
	struct fact short_fact = fact_head(FACT_CALL, 8, RING);
	struct rec_stack deep = { .nr_kernel = 1U << 31, .nr_user = 1U << 31 };
	static char zeros[REC_FRAME_MAX];
	char records[4096];
	size_t head = put_head(bytes), n;

	(void)state;
	/* a frame that unpacks to more than it says, or to less */
	n = put_record(records, 99, 0, "anything", 8);
	refuses(head + put_frame(bytes + head, records, n, n - 8), "does not decompress");
	refuses(head + put_frame(bytes + head, records, n, n + 8), "does not decompress");
	refuses(head + put_frame(bytes + head, zeros, sizeof(zeros), sizeof(zeros) + 1),
		"impossible size");
	refuses(head + put_frame(bytes + head, records, n, ~0U), "impossible size");
	/* records */
	((struct rec *)records)->size = 4000;
	refuses(head + put_frame(bytes + head, records, n, 0), "longer than its frame");
	refuses(head + put_frame(bytes + head, records, 4, 0), "ends in a record");
	n = put_record(records, REC_FACT, 0, &buffer, sizeof(buffer));
	refuses(head + put_frame(bytes + head, records, n, 0), "numbers that no kernel has");
	n = put_record(records, REC_FACT, 0, &short_fact, sizeof(short_fact));
	refuses(head + put_frame(bytes + head, records, n, 0), "longer than its record");
	n = put_record(records, REC_STACK, 1, &deep, sizeof(deep));
	refuses(head + put_frame(bytes + head, records, n, 0), "longer than any recording has");
	deep = (struct rec_stack){ .nr_kernel = 2, .nr_user = 1 };
	n = put_record(records, REC_STACK, 1, &deep, sizeof(deep));
	refuses(head + put_frame(bytes + head, records, n, 0), "longer than its record");
	n = put_record(records, REC_STRING, 2, "b", 1);
	refuses(head + put_frame(bytes + head, records, n, 0), "out of its order");
}

/* A little that unpacks to very much is refused, at once and in little memory. */
static void bombs(void **state)
{
	static char zeros[REC_FRAME_MAX];
	struct rec_frame f = { .mark = REC_FRAME_MARK, .raw_bytes = REC_FRAME_MAX };
	size_t head = put_head(bytes), left = 2UL << 30;
	ZSTD_outBuffer out = { bytes + head + sizeof(f), sizeof(bytes) - head - sizeof(f), 0 };
	ZSTD_CCtx *z = ZSTD_createCCtx();
	struct rusage before, after;
	__u64 start;

	(void)state;
	getrusage(RUSAGE_SELF, &before);
	refuses(head + put_frame(bytes + head, zeros, sizeof(zeros), 0), "unpacks to more");
	for (; left; left -= sizeof(zeros)) {
		ZSTD_inBuffer in = { zeros, sizeof(zeros), 0 };

		while (ZSTD_compressStream2(z, &out, &in, left > sizeof(zeros) ? ZSTD_e_continue :
					    ZSTD_e_end) && left == sizeof(zeros))
			;
	}
	ZSTD_freeCCtx(z);
	f.stored_bytes = out.pos;
	f.crc = crc32(crc32(0, (void *)&f, sizeof(f)), (void *)(bytes + head + sizeof(f)), out.pos);
	memcpy(bytes + head, &f, sizeof(f));
	start = cpu_time_ns();
	refuses(head + sizeof(f) + out.pos, "does not decompress");
	assert_in_range(cpu_time_ns() - start, 0, NS_PER_S);
	getrusage(RUSAGE_SELF, &after);
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 100 << 10);
}

/* As the exact tiers tell of an iovec whose end wraps: no kernel pins that, and any says so. */
static void refused_pin(void **state)
{
	struct fact_pin pin = { .h = fact_head(FACT_PIN, sizeof(pin), RING), .result = -EOVERFLOW };
	char records[4096];
	size_t head = put_head(bytes), n;
	struct recording *r;
	struct event t;

	(void)state;
	pin.pages = 0xfff0000000000002;
	n = put_record(records, REC_FACT, 0, &pin, sizeof(pin));
	r = recording_open_bytes("bytes", bytes, head + put_frame(bytes + head, records, n, 0));
	assert_non_null(r);
	assert_int_equal(recording_next(r, &t), 1);
	assert_int_equal(t.kind, EVENT_FACT);
	recording_close(r);
	pin.result = 1;
	n = put_record(records, REC_FACT, 0, &pin, sizeof(pin));
	refuses(head + put_frame(bytes + head, records, n, 0), "numbers that no kernel has");
}

/* Strings that are nothing but blanks: a file of 100 KiB with 150 MiB of them. */
static void many_strings(void **state)
{
	static char records[64 << 10], text[4000];
	size_t at = put_head(bytes);
	struct rusage before, after;
	__u32 id = 0;

	(void)state;
	memset(text, ' ', sizeof(text));
	getrusage(RUSAGE_SELF, &before);
	while (id < 150 * 256) {
		size_t n = 0;

		while (n + sizeof(text) + 16 < sizeof(records))
			n += put_record(records + n, REC_STRING, ++id, text, sizeof(text));
		at += put_frame(bytes + at, records, n, 0);
		/* put_frame() wants that much to compress to */
		assert_true(at < 1 << 19);
	}
	assert_true(at < 300 << 10);
	refuses(at, "more strings and stacks");
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 100 << 10);
}

static size_t put_part(char *to, __u64 start_ns, bool goes_on, const __u64 *read_ns, size_t nr)
{
	const struct rec_about about = {
		.start_ns = start_ns, .page_bytes = 4096, .flags = goes_on ? REC_ABOUT_GOES_ON : 0,
	};
	const struct rec_end end = { 0 };
	char records[4096];
	size_t n = put_record(records, REC_ABOUT, 0, &about, sizeof(about)), head = put_head(to);

	for (size_t i = 0; i < nr; i++) {
		const struct rec_io io = { .t_ns = read_ns[i] };

		n += put_record(records + n, REC_IO, 0, &io, sizeof(io));
	}
	n += put_record(records + n, REC_END, 0, &end, sizeof(end));
	return head + put_frame(to + head, records, n, 0);
}

/* An interval begins where the one before ended, also in a part that goes on; else with its part. */
static void intervals(void **state)
{
	static const __u64 read_ns[] = { 1103, 1257, 1301, 2005 };
	static const __u64 begins[] = { 1000, 1103, 1257, 2000 };
	size_t nr, seen = 0;
	struct recording *r;
	struct event t;

	(void)state;
	nr = put_part(bytes, 1000, false, read_ns, 2);
	nr += put_part(bytes + nr, 1251, true, read_ns + 2, 1);
	nr += put_part(bytes + nr, 2000, false, read_ns + 3, 1);
	r = recording_open_bytes("bytes", bytes, nr);
	assert_non_null(r);
	while (recording_next(r, &t) > 0) {
		if (t.kind != EVENT_IO)
			continue;
		assert_true(seen < 4);
		assert_int_equal(t.io_since->since_ns, begins[seen]);
		assert_int_equal(t.io_since->t_ns, read_ns[seen] - begins[seen]);
		seen++;
	}
	assert_int_equal(seen, 4);
	recording_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_versions),
		cmocka_unit_test(newer_records),
		cmocka_unit_test(behind_the_end),
		cmocka_unit_test(older_explanations),
		cmocka_unit_test(hostile),
		cmocka_unit_test(bombs),
		cmocka_unit_test(refused_pin),
		cmocka_unit_test(many_strings),
		cmocka_unit_test(intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
