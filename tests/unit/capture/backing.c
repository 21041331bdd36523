// SPDX-License-Identifier: GPL-2.0
/* What page table entry, mapping and pinned page say together. */
#include "capture/backing.h"
#include "unit.h"

#define PRESENT	(1ULL << 63)
#define SWAP	(1ULL << 62)
#define GUARD	(1ULL << 58)
#define DIRTY	(1ULL << 55)	/* soft-dirty: says nothing about the page */

#define START	0x7f0000000000ULL
#define PAGE	4096ULL	/* before a system says another */
#define ADDR	(START + 5 * PAGE)

static const struct map private = { .start = START, .end = START + 16 * PAGE,
				    .perms = "rw-p" };
static const struct map file = { .start = START, .end = START + 16 * PAGE,
				 .offset = 2 * PAGE, .inode = 77, .minor = 1,
				 .perms = "rw-s" };

/* Pages of these mappings at ADDR. */
static const struct backing anonymous = { .flags = BACKING_F_ANON | BACKING_F_MAPPED,
					  .anon = 0x1000, .anon_root = 0x1000, .index = 9 };
static const struct backing of_file = { .flags = BACKING_F_FILE, .inode = 77, .dev_minor = 1,
					.index = 7 };
static const struct backing in_swap_cache = { .flags = BACKING_F_ANON | BACKING_F_SWAPCACHE };
static const struct backing given_up;

static bool huge_is_one, no_pins;

static enum mapping judge(enum shown shown, const struct map *map, struct backing pinned)
{
	struct evidence e = { .shown = shown, .addr = ADDR, .map = map, .pinned = pinned,
			      .file_bytes = 16 * PAGE, .huge_is_one = huge_is_one,
			      .no_pins = no_pins };

	return backing_judge(&e);
}

static void entries(void **state)
{
	static const struct { __u64 entry; enum shown shown; } t[] = {
		{ PRESENT | DIRTY | 1234, SHOWN_SAME }, { PRESENT | 1235, SHOWN_OTHER },
		{ 0, SHOWN_NOTHING }, { DIRTY, SHOWN_NOTHING }, { 1234, SHOWN_NOTHING },
		{ SWAP | 1234, SHOWN_SWAPPED },			/* type 18, offset 38 */
		{ SWAP | 30 | 4 << 5, SHOWN_UNKNOWN },		/* it is being moved */
		{ SWAP | 0 | 4 << 5, SHOWN_SWAPPED },		/* a disk, not a marker */
		{ SWAP | 31 | 4 << 5, SHOWN_GUARD },		/* 6.13, 6.14 */
		{ SWAP | GUARD | 31 | 4 << 5, SHOWN_GUARD },
		{ SWAP | 31 | 2 << 5, SHOWN_POISON }, { SWAP | 31 | 3 << 5, SHOWN_POISON },
		{ SWAP | 31 | 1 << 5, SHOWN_NOTHING },		/* write protection of userfaultfd */
	};
	__u64 other = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(shown_by_entry(t[i].entry, 1234, &other), t[i].shown);
	assert_int_equal(other, 1235);
}

static void private_memory(void **state)
{
	(void)state;
	assert_int_equal(judge(SHOWN_SAME, &private, anonymous), MAPPING_SAME);
	assert_int_equal(judge(SHOWN_NOTHING, &private, anonymous), MAPPING_DROPPED);
	assert_int_equal(judge(SHOWN_OTHER, &private, anonymous), MAPPING_STALE);
	assert_int_equal(judge(SHOWN_GUARD, &private, anonymous), MAPPING_GUARDED);
	assert_int_equal(judge(SHOWN_POISON, &private, anonymous), MAPPING_POISONED);
	/* the pinned page is not the one that was swapped out, unless it is in the swap cache */
	assert_int_equal(judge(SHOWN_SWAPPED, &private, anonymous), MAPPING_STALE);
	assert_int_equal(judge(SHOWN_SWAPPED, &private, in_swap_cache), MAPPING_UNKNOWN);
	assert_int_equal(judge(SHOWN_UNKNOWN, NULL, anonymous), MAPPING_UNKNOWN);
	/* something else was mapped there since */
	assert_int_equal(judge(SHOWN_NOTHING, &file, anonymous), MAPPING_STALE);
	assert_int_equal(judge(SHOWN_NOTHING, &private, of_file), MAPPING_STALE);
	assert_int_equal(judge(SHOWN_NOTHING, &private, given_up), MAPPING_STALE);
}

static void nothing_mapped(void **state)
{
	struct backing gone = anonymous;

	(void)state;
	gone.flags &= ~BACKING_F_MAPPED;
	assert_int_equal(judge(SHOWN_NOTHING, NULL, gone), MAPPING_NONE);
	assert_int_equal(judge(SHOWN_NOTHING, NULL, anonymous), MAPPING_MOVED);
	/* it cannot be its own, moved */
	no_pins = true;
	assert_int_equal(judge(SHOWN_NOTHING, NULL, anonymous), MAPPING_OTHERS);
	assert_int_equal(judge(SHOWN_NOTHING, NULL, gone), MAPPING_NONE);
	no_pins = false;
}

/* An empty entry is legal while the same page is still at that place of the file. */
static void files(void **state)
{
	struct backing b = of_file;
	struct map other_place = file, private_file = file;

	(void)state;
	assert_int_equal(judge(SHOWN_NOTHING, &file, b), MAPPING_SAME);
	other_place.offset = 3 * PAGE;
	assert_int_equal(judge(SHOWN_NOTHING, &other_place, b), MAPPING_STALE);
	private_file.perms[3] = 'p';
	assert_int_equal(judge(SHOWN_NOTHING, &private_file, b), MAPPING_SAME);
	/* no file, or another one */
	private_file.minor++;
	assert_int_equal(judge(SHOWN_NOTHING, &private_file, b), MAPPING_STALE);
	private_file.perms[1] = '-';
	assert_int_equal(judge(SHOWN_NOTHING, &private_file, b), MAPPING_UNKNOWN);
	private_file.minor--;
	assert_int_equal(judge(SHOWN_NOTHING, &private_file, b), MAPPING_SAME);
	private_file.offset = 3 * PAGE;
	assert_int_equal(judge(SHOWN_NOTHING, &private_file, b), MAPPING_STALE);
	/* the first System V segment of a namespace */
	b.inode = other_place.inode = 0;
	other_place.offset = file.offset;
	assert_int_equal(judge(SHOWN_NOTHING, &other_place, b), MAPPING_SAME);
	b.inode = 78;
	assert_int_equal(judge(SHOWN_NOTHING, &file, b), MAPPING_STALE);
	/* overlayfs shows its own device */
	b.dev_minor = 2;
	assert_int_equal(judge(SHOWN_NOTHING, &file, b), MAPPING_UNKNOWN);
	/* in a large folio, and in a huge page of hugetlbfs before 6.7 */
	b = (struct backing){ .flags = BACKING_F_FILE, .inode = 77, .dev_minor = 1, .index = 4,
			      .tail = 3, .order = 2 };
	assert_int_equal(judge(SHOWN_NOTHING, &file, b), MAPPING_SAME);
	b.index = 1;
	assert_int_equal(judge(SHOWN_NOTHING, &file, b), MAPPING_STALE);
	huge_is_one = true;
	assert_int_equal(judge(SHOWN_NOTHING, &file, b), MAPPING_SAME);
	huge_is_one = false;
	b.index = 2;
	assert_int_equal(judge(SHOWN_NOTHING, &file, b), MAPPING_STALE);
}

static void files_that_gave_up(void **state)
{
	struct evidence e = { .shown = SHOWN_NOTHING, .addr = ADDR, .map = &file,
			      .pinned = given_up, .file_bytes = 8 * PAGE };

	(void)state;
	assert_int_equal(backing_judge(&e), MAPPING_PUNCHED);
	/* the page is the seventh of its file */
	e.file_bytes = 7 * PAGE;
	assert_int_equal(backing_judge(&e), MAPPING_TRUNCATED);
	e.file_bytes = 7 * PAGE + 1;
	assert_int_equal(backing_judge(&e), MAPPING_PUNCHED);
	e.file_bytes = -1;
	assert_int_equal(backing_judge(&e), MAPPING_PUNCHED);
	/* a large folio that holds the new end, too, stays in its file */
	e.file_bytes = 7 * PAGE;
	e.pinned = of_file;
	assert_int_equal(backing_judge(&e), MAPPING_TRUNCATED);
	e.file_bytes = 8 * PAGE;
	assert_int_equal(backing_judge(&e), MAPPING_SAME);
	e.pinned = given_up;
	/* touched again */
	e.shown = SHOWN_OTHER;
	e.there = of_file;
	assert_int_equal(backing_judge(&e), MAPPING_PUNCHED);
	/* on its way to the swap, and back */
	e.shown = SHOWN_NOTHING;
	e.pinned.flags = BACKING_F_SWAPCACHE;
	assert_int_equal(backing_judge(&e), MAPPING_UNKNOWN);
	e.pinned.flags = BACKING_F_UNREADABLE;
	assert_int_equal(backing_judge(&e), MAPPING_UNKNOWN);
}

static void copies(void **state)
{
	struct evidence e = { .shown = SHOWN_OTHER, .addr = ADDR, .map = &private,
			      .pinned = anonymous, .there = anonymous, .file_bytes = -1 };

	(void)state;
	e.there.anon = 0x2000;
	assert_int_equal(backing_judge(&e), MAPPING_COPIED);
	/* of another address, or of no common ancestor: whatever it is, no copy of a fork */
	e.there.index = 10;
	assert_int_equal(backing_judge(&e), MAPPING_STALE);
	e.there.index = 9;
	e.there.anon_root = 0x3000;
	assert_int_equal(backing_judge(&e), MAPPING_STALE);
	e.there.anon_root = e.pinned.anon_root = 0;
	assert_int_equal(backing_judge(&e), MAPPING_STALE);
	/* the same memory, dropped and touched again */
	e.there = e.pinned = anonymous;
	assert_int_equal(backing_judge(&e), MAPPING_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries), cmocka_unit_test(private_memory),
		cmocka_unit_test(nothing_mapped), cmocka_unit_test(files),
		cmocka_unit_test(files_that_gave_up), cmocka_unit_test(copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
