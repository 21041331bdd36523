// SPDX-License-Identifier: GPL-2.0
/* C3 and C4: which ranges a fixed read or write may touch. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "commands/contract/contract.h"

#define PAGES	5

/*
 * Buffer 0 is [first, first + len) inside memory that is all ours, so that a
 * range that leaves it would find pages to damage.
 */
struct scene {
	struct ring_raw ring;
	char *memory, *first;
	size_t len;
	int fd;
};

static struct scene scene_new(void)
{
	struct scene s = { .memory = small_pages(PAGES), .len = 3 * page_bytes - 200 };
	struct iovec v[2];

	s.first = s.memory + page_bytes + 100;
	s.fd = memory_file(PAGES * page_bytes);
	v[0] = iov(s.first, s.len);
	v[1] = iov(s.memory + 4 * page_bytes, page_bytes);
	ring_new(&s.ring);
	want_charged("register", ring_raw_register_buffers(&s.ring, v, 2), 0);
	return s;
}

/* Both directions are refused with EFAULT, and neither memory nor file changes. */
static void refused(struct scene *s, const char *addr, size_t len, unsigned int index)
{
	size_t all = PAGES * page_bytes;
	char *before = small_pages(PAGES);

	fill(s->memory, all, 1);
	memcpy(before, s->memory, all);
	want("READ_FIXED", ring_raw_rw(&s->ring, IORING_OP_READ_FIXED, s->fd, addr, len, 0, index),
	     -EFAULT);
	want("WRITE_FIXED",
	     ring_raw_rw(&s->ring, IORING_OP_WRITE_FIXED, s->fd, addr, len, 0, index), -EFAULT);
	if (memcmp(before, s->memory, all))
		fails("a refused READ_FIXED changed memory");
	want("read back", pread(s->fd, before, all, 0), all);
	for (size_t i = 0; i < all; i++)
		if (before[i])
			fails("a refused WRITE_FIXED changed the file");
}

/* Out to the file, wiped, and back; nothing beside the range changes. */
static void carried(struct scene *s, char *addr, size_t len)
{
	size_t all = PAGES * page_bytes;
	char *expected = small_pages(PAGES);

	fill(s->memory, all, len);
	memcpy(expected, s->memory, all);
	want("WRITE_FIXED", ring_raw_rw(&s->ring, IORING_OP_WRITE_FIXED, s->fd, addr, len, 11, 0),
	     len);
	memset(addr, 0, len);
	want("READ_FIXED", ring_raw_rw(&s->ring, IORING_OP_READ_FIXED, s->fd, addr, len, 11, 0),
	     len);
	if (memcmp(expected, s->memory, all))
		fails("%zu bytes at offset %td came back different", len, addr - s->first);
}

static void round_trip(void)
{
	struct scene s = scene_new();

	carried(&s, s.first, s.len);
}

static void bad_index(void)
{
	struct scene s = scene_new();

	refused(&s, s.first, 1, 2);
	refused(&s, s.first, 1, 0xffff);
}

static void no_table(void)
{
	struct scene s = scene_new();

	want("unregister", ring_raw_unregister_buffers(&s.ring), 0);
	refused(&s, s.first, 1, 0);
}

static void other_buffer(void)
{
	struct scene s = scene_new();

	refused(&s, s.first, 1, 1);
	refused(&s, s.memory + 4 * page_bytes, 1, 0);
}

static void before_it(void)
{
	struct scene s = scene_new();

	refused(&s, s.first - 1, 1, 0);
	refused(&s, s.memory, page_bytes, 0);
}

static void behind_it(void)
{
	struct scene s = scene_new();

	refused(&s, s.first + s.len, 1, 0);
	refused(&s, s.first + s.len + 7, 64, 0);
}

static void across_its_start(void)
{
	struct scene s = scene_new();

	refused(&s, s.first - 1, 2, 0);
}

static void across_its_end(void)
{
	struct scene s = scene_new();

	refused(&s, s.first + s.len - 1, 2, 0);
	refused(&s, s.first, s.len + 1, 0);
}

static void around_it(void)
{
	struct scene s = scene_new();

	refused(&s, s.first - 1, s.len + 2, 0);
}

static void wrapping(void)
{
	struct scene s = scene_new();

	refused(&s, (char *)-4096L, 0x7fffffff, 0);
}

/* ---- C4 ---- */

static void first_byte(void)
{
	struct scene s = scene_new();

	carried(&s, s.first, 1);
}

static void last_byte(void)
{
	struct scene s = scene_new();

	carried(&s, s.first + s.len - 1, 1);
}

static void odd_middle(void)
{
	struct scene s = scene_new();

	carried(&s, s.first + 333, 17);
	carried(&s, s.first + 1, s.len - 2);
}

static void page_edges(void)
{
	struct scene s = scene_new();

	for (char *edge = s.memory + 2 * page_bytes; edge < s.first + s.len; edge += page_bytes)
		for (int d = -2; d <= 2; d++) {
			carried(&s, edge + d, 3);
			carried(&s, edge + d, page_bytes / 2 - 1);
		}
}

static void huge_middle(void)
{
	size_t huge = huge_page_bytes(), at = huge / 2 + page_bytes - 5;
	char *p = huge_page(), expected[11];
	int fd = memory_file(page_bytes);
	struct ring_raw r;

	limit_pages(huge / page_bytes + 16);
	fill(p, huge, 3);
	memcpy(expected, p + at, sizeof(expected));
	/* not from its start, so that the offset inside the folio matters */
	ring_with(&r, p + page_bytes, huge - page_bytes);
	want("WRITE_FIXED", ring_raw_rw(&r, IORING_OP_WRITE_FIXED, fd, p + at, 11, 0, 0), 11);
	memset(p + at, 0, 11);
	want("READ_FIXED", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p + at, 11, 0, 0), 11);
	if (memcmp(p + at, expected, 11))
		fails("11 bytes deep inside came back different");
	want("before it", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p + page_bytes - 1, 2, 0, 0),
	     -EFAULT);
}

const struct check checks_io[] = {
	{ "C3", "WRITE_FIXED and READ_FIXED carry the data", round_trip, AS_STARTED },
	{ "C3", "index beyond the table -> EFAULT", bad_index, AS_STARTED },
	{ "C3", "nothing registered -> EFAULT", no_table, AS_STARTED },
	{ "C3", "range of another buffer -> EFAULT", other_buffer, AS_STARTED },
	{ "C3", "range before the buffer -> EFAULT", before_it, AS_STARTED },
	{ "C3", "range behind the buffer -> EFAULT", behind_it, AS_STARTED },
	{ "C3", "range across its start -> EFAULT", across_its_start, AS_STARTED },
	{ "C3", "range across its end -> EFAULT", across_its_end, AS_STARTED },
	{ "C3", "range around the buffer -> EFAULT", around_it, AS_STARTED },
	{ "C3", "wrapping range -> EFAULT", wrapping, AS_STARTED },
	{ "C4", "one byte at the start", first_byte, AS_STARTED },
	{ "C4", "one byte at the end", last_byte, AS_STARTED },
	{ "C4", "odd ranges in the middle", odd_middle, AS_STARTED },
	{ "C4", "around every page edge", page_edges, AS_STARTED },
	{ "C4", "deep inside a huge page", huge_middle, AS_USER },
	{ NULL, NULL, NULL, 0 },
};
