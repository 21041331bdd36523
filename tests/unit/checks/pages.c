// SPDX-License-Identifier: GPL-2.0
/* Findings about pages: stale, unmapped, unpinned, bad segments. */
#include "checks/checks.h"
#include "facts.h"

static const struct check_options defaults;

/* Makes a buffer of sixteen pages in slot 3 of a ring. */
static struct buffer *one_buffer(struct ledger *l)
{
	see_ring(l, RING, 16, 16);
	return see_buffer(l, RING, 3, BUF(0), ADDR, 16 * 4096, 16);
}

static struct extent extent(__u64 page, __u64 pages, __u32 pins, enum mapping m)
{
	return (struct extent){
		.addr = ADDR + page * 4096, .pfn = 1000 + 2 * page, .pages = pages, .pins = pins,
		.mapping = m,
	};
}

static void healthy(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);

	(void)state;
	check_pages(l, &defaults, &fs);	/* not walked */
	assert_int_equal(fs.nr, 0);
	walk_at(b, 5, 0);
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 0);
	assert_int_equal(findings_worst(&fs), -1);
	/* the buffer has no address space to look into */
	b->extents[0].mapping = MAPPING_UNKNOWN;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 0);
	/* a kernel buffer has pages of the kernel's own */
	b->extents[0].pins = 0;
	b->buf_flags = BUFFER_F_KERNEL;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 0);
	ledger_free(l);
}

static void stale(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);
	const struct extent e[] = {
		extent(0, 2, 1, MAPPING_SAME), extent(2, 1, 1, MAPPING_STALE),
		extent(3, 2, 1, MAPPING_STALE), extent(5, 11, 1, MAPPING_SAME),
	};
	const struct finding *f;

	(void)state;
	walk(b, e, 4);
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	f = only(&fs, STALE_PAGE);
	assert_true(f->ring == RING);
	assert_int_equal(f->pid, 812);
	assert_int_equal(f->fd, 6);
	assert_int_equal(f->index, 3);
	assert_int_equal(f->uid, 1000);
	assert_int_equal(f->pages, 3);
	assert_true(f->addr == ADDR + 2 * 4096);
	assert_string_equal(f->detail, "pid 812 fd 6 buffer 3: 3 of 16 pages, from 0x7f0000002000 "
			    "to 0x7f0000005000, were replaced at their addresses, or are another "
			    "process's; I/O still reads and writes the old memory, which the program does not see");
	assert_contains(f->remedy, "MADV_DONTNEED");
	findings_free(&fs);
	ledger_free(l);
}

static void stale_in_ranges(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);
	const struct check_options every = { .every_page = true };
	const struct extent e[] = {
		extent(0, 2, 1, MAPPING_STALE), extent(2, 6, 1, MAPPING_SAME),
		extent(8, 3, 1, MAPPING_STALE), extent(11, 4, 1, MAPPING_SAME),
		extent(15, 1, 1, MAPPING_NONE),
	};

	(void)state;
	walk(b, e, 5);
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 2);
	assert_contains(only(&fs, STALE_PAGE)->detail, "5 of 16 pages, in 2 ranges, the first from "
			"0x7f0000000000 to 0x7f0000002000,");
	assert_contains(only(&fs, UNMAPPED_PAGE)->detail, "1 of 16 pages, at 0x7f000000f000, is no "
			"longer mapped;");
	assert_int_equal(findings_worst(&fs), SEVERITY_ERROR);
	findings_free(&fs);
	check_pages(l, &every, &fs);
	assert_int_equal(fs.nr, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(fs.list[i].pages, 1);
	assert_true(fs.list[3].addr == ADDR + 9 * 4096);
	findings_free(&fs);
	ledger_free(l);
}

static void unmapped(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);

	(void)state;
	walk_at(b, 5, 0);
	b->extents[0].mapping = MAPPING_NONE;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(only(&fs, UNMAPPED_PAGE)->pages, 16);
	assert_contains(fs.list[0].detail, "all 16 pages (64 KiB) are no longer mapped; the buffer "
			"holds memory that RSS does not show");
	assert_int_equal(findings_worst(&fs), SEVERITY_WARNING);
	findings_free(&fs);
	ledger_free(l);
}

/* Each cause has a sentence and a remedy of its own, and is a finding of its own. */
static void causes(void **state)
{
	static const struct { enum mapping mapping; const char *says, *advises; } t[] = {
		{ MAPPING_STALE, "was replaced", "MADV_DONTNEED" },
		{ MAPPING_COPIED, "was copied after a fork",
		  "only for whole pages that hold nothing else" },
		{ MAPPING_DROPPED, "was dropped", "MADV_DONTNEED" },
		{ MAPPING_TRUNCATED, "was cut off its file", "F_SEAL_SHRINK" },
		{ MAPPING_PUNCHED, "was taken out of its file", "punch holes" },
		{ MAPPING_GUARDED, "is behind a guard", "MADV_GUARD_REMOVE" },
		{ MAPPING_POISONED, "is poisoned", "UFFDIO_POISON" },
	};
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);
	struct extent e[12];

	(void)state;
	for (size_t i = 0; i < 12; i++)
		e[i] = extent(i, 1, 1, i & 1 ? MAPPING_SAME : t[i / 2].mapping);
	walk(b, e, 12);
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(fs.list[i].tag, STALE_PAGE);
		assert_true(fs.list[i].addr == ADDR + 2 * i * 4096);
		assert_contains(fs.list[i].detail, t[i].says);
		assert_contains(fs.list[i].remedy, t[i].advises);
	}
	findings_free(&fs);
	ledger_free(l);
}

static void moved(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);

	(void)state;
	walk_at(b, 5, 0);
	b->extents[0].mapping = MAPPING_MOVED;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_contains(only(&fs, UNMAPPED_PAGE)->detail, "are no longer mapped there, but elsewhere");
	assert_contains(fs.list[0].remedy, "at its new address");
	findings_free(&fs);
	ledger_free(l);
}

static void unpinned(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);
	const struct extent e[] = {
		extent(0, 4, 3, MAPPING_SAME), extent(4, 5, 0, MAPPING_UNKNOWN),
		extent(9, 7, 1, MAPPING_SAME),
	};

	(void)state;
	walk(b, e, 3);
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(only(&fs, UNPINNED_PAGE)->pages, 5);
	findings_free(&fs);
	ledger_free(l);
}

static void segments(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);

	(void)state;
	walk_at(b, 5, 0);
	b->segment_bytes = 4096;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_contains(only(&fs, BAD_SEGMENT)->detail, "16 segments add up to 4096 bytes, but it "
			"is 65536");
	findings_free(&fs);
	b->bad_segment_at = ADDR + 4096;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_true(only(&fs, BAD_SEGMENT)->addr == ADDR + 4096);
	assert_contains(fs.list[0].detail, "0x7f0000001000 leaves its folio");
	findings_free(&fs);
	ledger_free(l);
}

static void shared_is_reported_once(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct buffer *b = one_buffer(l);

	(void)state;
	see_ring(l, RING2, 16, 16);
	see_buffer(l, RING2, 0, BUF(0), ADDR, 16 * 4096, 16);
	see_buffer(l, RING2, 1, BUF(0), ADDR, 16 * 4096, 16);
	walk_at(b, 5, 0);
	b->extents[0].mapping = MAPPING_STALE;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_true(fs.list[0].ring == RING);
	assert_int_equal(fs.list[0].index, 3);
	findings_free(&fs);
	ledger_free(l);
}

static void names(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	struct fact_holder h = fact_holder(RING2, 977, -1, 0, 0);
	struct buffer *b = see_buffer(l, RING, 0, BUF(0), ADDR, 4096, 1);
	struct buffer *c;

	(void)state;
	h.reg_index = 2;
	FEED(l, h);
	c = see_buffer(l, RING2, 1, BUF(1), ADDR, 4096, 1);
	walk_at(b, 5, 0);
	walk_at(c, 6, 0);
	b->extents[0].mapping = c->extents[0].mapping = MAPPING_STALE;
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 2);
	assert_contains(fs.list[0].detail, "ring 0xffff888100001000 buffer 0: 1 of 1 pages, at");
	assert_int_equal(fs.list[0].fd, -1);
	assert_int_equal(fs.list[0].pid, 0);
	assert_contains(fs.list[1].detail, "pid 977 registered ring 2 buffer 1: ");
	findings_free(&fs);
	ledger_free(l);
}

/* 1 GiB of scattered pages, and 16384 buffers: must not take long. */
static void large(void **state)
{
	struct ledger *l = ledger_new();
	struct findings fs = { 0 };
	size_t nr = 262144;
	struct extent *e = calloc(nr, sizeof(*e));
	struct buffer *b;

	(void)state;
	see_ring(l, RING, nr, nr + 16383);
	for (size_t i = 0; i < nr; i++) {
		e[i] = extent(i, 1, 1, i & 1 ? MAPPING_STALE : MAPPING_SAME);
		e[i].pfn = (i * 7919) % 1048576 * 2;
	}
	b = see_buffer(l, RING, 0, BUF(0), ADDR, nr * 4096, nr);
	walk(b, e, nr);
	for (__u32 i = 1; i < 16384; i++) {
		b = see_buffer(l, RING, i, BUF(i), ADDR + 2048 * MIB + i * 4096, 4096, 1);
		walk_at(b, 4000000 + i, 0);
	}
	check_pages(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(fs.list[0].pages, nr / 2);
	assert_contains(fs.list[0].detail, "in 131072 ranges");
	findings_free(&fs);
	check_charges(l, &defaults, &fs);
	assert_int_equal(fs.nr, 1);
	assert_int_equal(fs.list[0].tag, OVER_LIMIT);
	findings_free(&fs);
	free(e);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy),
		cmocka_unit_test(stale),
		cmocka_unit_test(stale_in_ranges),
		cmocka_unit_test(unmapped),
		cmocka_unit_test(causes),
		cmocka_unit_test(moved),
		cmocka_unit_test(unpinned),
		cmocka_unit_test(segments),
		cmocka_unit_test(shared_is_reported_once),
		cmocka_unit_test(names),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
