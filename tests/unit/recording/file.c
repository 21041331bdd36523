// SPDX-License-Identifier: GPL-2.0
/* Only to a recording that is read to its end is another part added. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/err.h"
#include "facts.h"
#include "recording/file.h"
#include "recording/format.h"
#include "recording/writer.h"
#include "with_file.h"

#define NR_IO	4999

static char path[] = "/tmp/fixbuf-append-XXXXXX";
static char bytes[1 << 20];
static size_t size;

static const struct origin about = { .raw_addresses = true, .page_bytes = 4096, .command = "record" };

/* Two frames and more, and its bytes. */
static void write_it(void)
{
	FILE *file = fopen(path, "w+");
	struct writer *w = writer_create(file, false, &about);

	writer_look(w, 600, false);
	for (__u64 i = 1; i <= NR_IO; i++) {
		struct fact_io io = { .h = fact_head(FACT_IO_DONE, sizeof(io), RING), .addr = i * 7919, .latency_ns = i * i };

		writer_fact(w, &io.h, false, true, NULL, 0);
	}
	writer_end(w, 30000, 0);
	writer_free(w);
	rewind(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_in_range(size, 20000, sizeof(bytes) - 1);
}

static void put(size_t nr)
{
	FILE *file = fopen(path, "w");

	assert_int_equal(fwrite(bytes, 1, nr, file), nr);
	fclose(file);
}

/* Where a part would be added; the file has .left bytes then. */
static long append_at(long *left)
{
	FILE *file = recording_create(path);
	long at;

	assert_non_null(file);
	at = recording_append_at(file);
	assert_true(at < 0 || !recording_cut(file, at));
	fseek(file, 0, SEEK_END);
	*left = ftell(file);
	fclose(file);
	return at;
}

/* The frames of what was written: the offset of each, and of the end. */
static size_t offsets(size_t at[64])
{
	size_t nr = 0;

	for (size_t n = sizeof(struct rec_head); n < size; n += sizeof(struct rec_frame)) {
		struct rec_frame frame;

		memcpy(&frame, bytes + n, sizeof(frame));
		assert_in_range(nr, 0, 62);
		at[nr++] = n;
		n += frame.stored_bytes;
	}
	at[nr] = size;
	return nr;
}

static void whole(void **state)
{
	long left;

	(void)state;
	write_it();
	assert_int_equal(append_at(&left), size);
	assert_int_equal(left, size);
	put(0);
	assert_int_equal(append_at(&left), 0);
}

/* What a crash left behind the last whole frame goes. */
static void cut_off(void **state)
{
	size_t frames[64], nr;
	long left;

	(void)state;
	write_it();
	nr = offsets(frames);
	assert_in_range(nr, 3, 62);
	for (size_t i = 0; i < nr; i++)
		for (size_t cut = frames[i]; cut < frames[i + 1]; cut += 997) {
			put(cut);
			assert_int_equal(append_at(&left), frames[i]);
			assert_int_equal(left, frames[i]);
		}
	for (size_t cut = 1; cut < sizeof(struct rec_head); cut++) {
		put(cut);
		assert_int_equal(append_at(&left), 0);
	}
}

/* Behind a frame that is not as it was written nobody would ever read: the file stays as it is. */
static void damaged(void **state)
{
	size_t frames[64], nr;

	(void)state;
	write_it();
	nr = offsets(frames);
	for (size_t i = 0; i < nr; i++)
		for (size_t n = frames[i]; n < frames[i + 1]; n += n < frames[i] + sizeof(struct rec_frame) ? 1 : 397) {
			char where[64];
			long at, left;

			/* so many stored bytes may have been cut off */
			if (n - frames[i] >= 8 && n - frames[i] < 10)
				continue;
			bytes[n] ^= 0x41;
			put(size);
			at = append_at(&left);
			bytes[n] ^= 0x41;
			if (at != -EINVAL || left != (long)size)
				fail_msg("byte %zu may be anything: %ld, %ld left of %zu", n, at, left, size);
			snprintf(where, sizeof(where), "damaged at offset %zu; name another", frames[i]);
			assert_contains(err_text(), where);
		}
}

/* Nor is what is no recording of this machine's kind emptied, short as it may be. */
static void another(void **state)
{
	struct rec_head head;
	long left;

	(void)state;
	write_it();
	memcpy(&head, bytes, sizeof(head));
	head.endian = __builtin_bswap32(head.endian);
	head.version = __builtin_bswap32(head.version);
	head.size = __builtin_bswap32(head.size);
	memcpy(bytes, &head, sizeof(head));
	put(size);
	assert_int_equal(append_at(&left), -EINVAL);
	assert_int_equal(left, size);
	assert_contains(err_text(), "the other byte order");
	memset(bytes + offsetof(struct rec_head, endian), 0xff, sizeof(head.endian));
	put(size);
	assert_int_equal(append_at(&left), -EINVAL);
	assert_int_equal(left, size);
	assert_contains(err_text(), "damaged at offset 0; name another");
	memcpy(bytes, "notes\n", 6);
	put(6);
	assert_int_equal(append_at(&left), -EINVAL);
	assert_int_equal(left, 6);
	assert_contains(err_text(), "not a recording");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(damaged),
		cmocka_unit_test(another),
	};

	return run_with_file(path, tests, sizeof(tests) / sizeof(tests[0]));
}
