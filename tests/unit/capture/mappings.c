// SPDX-License-Identifier: GPL-2.0
/* What a process has mapped, as it may write it: only code, in order, within bounds. */
#include <stdio.h>
#include "capture/mappings.h"
#include "unit.h"

static struct mappings read_text(const char *text)
{
	struct mappings m;

	mappings_parse(&m, text, strlen(text));
	return m;
}

static void code_of_a_file(void **state)
{
	struct mappings m = read_text(
		"1000-2000 r--p 00000000 fe:01 7    /bin/a b\n"
		"2000-4000 r-xp 00001000 fe:01 7    /bin/a b\n"
		"9000-a000 rwxp 00000000 00:00 0 \n"
		"b000-c000 r-xp 00000000 00:00 0    [vdso]\n");
	struct mapping *at = mappings_find(&m, 0x2000);

	(void)state;
	assert_int_equal(m.nr, 3);
	assert_string_equal(at->path, "/bin/a b");
	assert_int_equal(at->offset, 0x1000);
	assert_int_equal(at->ino, 7);
	assert_int_equal(at->major, 0xfe);
	assert_ptr_equal(mappings_find(&m, 0x3fff), at);
	assert_null(mappings_find(&m, 0x1fff));
	assert_null(mappings_find(&m, 0x4000));
	assert_null(mappings_find(&m, ~0ULL));
	assert_null(mappings_find(&m, 0x9000)->path);
	assert_string_equal(mappings_find(&m, 0xb000)->path, "[vdso]");
	mappings_free(&m);
}

static void what_is_no_mapping(void **state)
{
	struct mappings m = read_text(
		"nonsense\n"
		"5000-4000 r-xp 0 0:0 1 /backwards\n"
		"2000-4000 r-xp 0 0:0 1 /one\n"
		"3000-5000 r-xp 0 0:0 1 /over\n"
		"6000-7000 r-xp 0 0:0 1 relative\n"
		"8000-9000 rx 0 0:0 1 /short\n");

	(void)state;
	assert_int_equal(m.nr, 2);
	assert_string_equal(mappings_find(&m, 0x3800)->path, "/one");
	assert_null(mappings_find(&m, 0x6000)->path);
	mappings_free(&m);
}

static void changes_are_seen(void **state)
{
	struct mappings a = read_text("2000-4000 r-xp 0 0:0 1 /one\n");
	struct mappings b = read_text("2000-4000 r-xp 0 0:0 2 /one\n");
	struct mappings none = read_text("2000-4000 rw-p 0 0:0 1 /one\n");

	(void)state;
	assert_true(a.hash != b.hash);
	assert_int_equal(none.nr, 0);
	mappings_free(&a);
	mappings_free(&b);
	mappings_free(&none);
}

static void no_more_than_bounds(void **state)
{
	static char text[8 << 20];
	struct mappings m;
	size_t at = 0, paths = 0;

	(void)state;
	for (unsigned long i = 1; at < sizeof(text) - 512; i++)
		at += sprintf(text + at, "%lx-%lx r-xp 0 0:0 1 /%0200lu\n", i << 12,
			      (i << 12) + 0x1000, i);
	m = read_text(text);
	for (size_t i = 0; i < m.nr; i++)
		paths += m.list[i].path != NULL;
	assert_in_range(m.nr, 1000, 4096);
	assert_in_range(paths, 100, 2000);
	mappings_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_of_a_file),
		cmocka_unit_test(what_is_no_mapping),
		cmocka_unit_test(changes_are_seen),
		cmocka_unit_test(no_more_than_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
