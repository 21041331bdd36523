// SPDX-License-Identifier: GPL-2.0
/* /proc/PID/maps is read as its format defines, whatever the files are called. */
#include "unit.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/maps.h"

#define HEAP	"55e0c0de0000-55e0c0e00000 rw-p 00000000 00:00 0                          [heap]\n"
#define STACK	"7ffc0c000000-7ffc0c021000 rw-p 00000000 00:00 0                          [stack]\n"
#define ANON	"7f0000000000-7f0000010000 rw-p 00000000 00:00 0 \n"
#define FAKE	"7f1000000000-7f2000000000 rw-p 00000000 00:00 0"

static size_t count(const char *text, size_t len)
{
	const char *end = text + len;
	struct map m;
	size_t n = 0;

	while (maps_next(&text, end, &m))
		n++;
	return n;
}

static bool holds(const char *text, size_t len, __u64 at, struct map *m)
{
	return maps_find(&text, text + len, at, m);
}

static void fields(void **state)
{
	const char *text = "7f86d1a00000-7f86d1c00000 r-xs 00a3b000 fe:1f 18446744073709551615 "
			   "/dev/shm/a b  c (deleted)\n";
	const char *p = text;
	struct map m;
	char name[64];

	(void)state;
	assert_true(maps_next(&p, text + strlen(text), &m));
	assert_true(m.start == 0x7f86d1a00000 && m.end == 0x7f86d1c00000);
	assert_string_equal(m.perms, "r-xs");
	assert_true(m.offset == 0xa3b000 && m.major == 0xfe && m.minor == 0x1f);
	assert_true(m.inode == ~0ULL);
	maps_file_name(&m, name, sizeof(name));
	assert_string_equal(name, "a b  c");
	assert_false(maps_next(&p, text + strlen(text), &m));
}

static void no_file(void **state)
{
	const char *text = HEAP ANON;
	struct map m;
	char name[64];

	(void)state;
	assert_int_equal(count(text, strlen(text)), 2);
	assert_true(holds(text, strlen(text), 0x7f000000ffff, &m));
	assert_int_equal(m.path_len, 0);
	maps_file_name(&m, name, sizeof(name));
	assert_string_equal(name, "");
	assert_true(holds(text, strlen(text), 0x55e0c0de0000, &m));
	assert_int_equal(m.path_len, 6);
	maps_file_name(&m, name, sizeof(name));
	assert_string_equal(name, "");
	assert_false(holds(text, strlen(text), 0x7f0000010000, &m));
	assert_false(holds(text, 0, 0x7f0000000000, &m));
}

/* Rising addresses are found in one way through the text, and none is found behind. */
static void in_order(void **state)
{
	const char *text = HEAP ANON "7f0000020000-7f0000030000 rw-p 00000000 00:00 0 \n";
	const char *end = text + strlen(text);
	struct map m;

	(void)state;
	assert_true(maps_find(&text, end, 0x55e0c0dfffff, &m));
	assert_true(maps_find(&text, end, 0x7f0000000000, &m));
	assert_false(maps_find(&text, end, 0x7f0000010000, &m));
	assert_ptr_equal(text, end);
	assert_false(maps_find(&text, end, 0x55e0c0de0000, &m));
}

/* A path of 4 KiB whose tail, at every offset a reader may cut it at, looks like a mapping. */
static void long_path(void **state)
{
	char text[8192];
	size_t n;
	struct map m;

	(void)state;
	n = snprintf(text, sizeof(text), "%s7f0000020000-7f0000030000 rw-s 00000000 00:01 77   /",
		     ANON);
	while (n < 4096 + 256)
		n += snprintf(text + n, sizeof(text) - n, "%s ", FAKE);
	n += snprintf(text + n, sizeof(text) - n, " (deleted)\n%s", STACK);
	assert_int_equal(count(text, n), 3);
	assert_false(holds(text, n, 0x7f1000000000, &m));
	assert_true(holds(text, n, 0x7f0000020000, &m));
	assert_true(m.path_len > 4096);
	assert_int_equal(m.inode, 77);
	assert_true(holds(text, n, 0x7ffc0c000000, &m));
}

static void escapes(void **state)
{
	const char *text = "7f0000000000-7f0000010000 rw-s 00000000 00:01 9  /x/a\\012b\\040c\n";
	struct map m;
	char name[64], cut[4];

	(void)state;
	assert_true(holds(text, strlen(text), 0x7f0000000000, &m));
	maps_file_name(&m, name, sizeof(name));
	assert_string_equal(name, "a\nb\\040c");
	maps_file_name(&m, cut, sizeof(cut));
	assert_string_equal(cut, "a\nb");
	/* one that ends in half an escape */
	m.path_len = strlen("/x/a\\01");
	maps_file_name(&m, name, sizeof(name));
	assert_string_equal(name, "a\\01");
}

static void not_a_mapping(void **state)
{
	static const char *const bad[] = {
		"", "\n", "-", "7f-80\n", "7f0000000000-7f0000010000\n",
		"7f0000000000-7f0000010000 rw-p 00000000 00:00\n",
		"7f0000000000-7f0000010000 rwzp 00000000 00:00 0\n",
		"7f0000010000-7f0000000000 rw-p 00000000 00:00 0\n",	/* ends before it begins */
		"7f0000000000-17f00000000010000 rw-p 00000000 00:00 0\n", /* of more than 64 bits */
		"7f0000000000-7f0000010000 rw-p 00000000 100000001:01 7\n",	/* no device's number */
		"7f0000000000-7f0000010000 rw-p 00000000 00:00 1f\n",
		"7f0000000000-7f0000010000 rw-p 00000000 00:00 0x\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (count(bad[i], strlen(bad[i])))
			fail_msg("\"%s\" is taken for a mapping", bad[i]);
	}
	/* the last line may have no newline, and nothing behind it is read */
	assert_int_equal(count(FAKE, strlen(FAKE)), 1);
	for (size_t n = 0; n < strlen(FAKE); n++)
		assert_int_equal(count(FAKE, n), 0);
}

/* The kernel's own: a name that looks like a mapping, as long as the kernel lets it be. */
static void real(void **state)
{
	char name[240];
	struct map m;
	size_t len, n = 0;
	char *text, *p;
	int fd;

	(void)state;
	n = snprintf(name, sizeof(name), "\n%s\n%s 7f3000000000-7f4000000000 r--p 0 0:0 0", FAKE,
		     FAKE);
	assert_true(n < sizeof(name));
	fd = memfd_create(name, 0);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 3 * 4096), 0);
	p = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	assert_true(p != MAP_FAILED);
	text = maps_read(getpid(), &len);
	assert_non_null(text);
	assert_true(holds(text, len, (__u64)p + 4096, &m));
	assert_int_equal(m.offset, 4096);
	assert_int_equal(m.perms[3], 's');
	assert_true(m.inode);
	assert_false(holds(text, len, 0x7f3000000000, &m));
	free(text);
	munmap(p, 2 * 4096);
	close(fd);
	assert_null(maps_read(0x7fffffff, &len));
}

/* Names as long as the kernel lets them be make text that nobody has to read to its end. */
static void too_long(void **state)
{
	char dir[] = "/tmp/maps.XXXXXX", path[PATH_MAX];
	size_t len, n, text = 0;
	int fd, depth = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	n = strlen(dir);
	/* a path that the kernel can show has less than a page */
	while (n + 1 + 200 < 4000) {
		memset(path, 'd', 200);
		path[200] = 0;
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(chdir(path), 0);
		n += 201;
		depth++;
	}
	fd = open("f", O_RDWR | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, 4096), 0);
	/* of one place in the file each: no two become one */
	for (; text <= MAPS_MAX_BYTES; text += n)
		assert_true(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	close(fd);
	assert_null(maps_read(getpid(), &len));
	assert_int_equal(len, 0);
	unlink("f");
	for (path[200] = 0; depth; depth--) {
		memset(path, 'd', 200);
		assert_int_equal(chdir(".."), 0);
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* A heap has one name, however many parts; what is called so by others is none, and a cut line says nothing. */
static void heap(void **state)
{
	const char *more = "55e0c0e00000-55e0c0e10000 ---p 00000000 00:00 0                          [heap]\n";
	const char *apart = "55e0c0f00000-55e0c0f10000 rw-p 00000000 00:00 0                          [heap]\n";
	const char *others = "55e0c0000000-55e0c0010000 rw-s 00000000 00:00 7 [heap]\n"
			     "55e0c0010000-55e0c0020000 rw-p 00000000 00:00 0 [anon:[heap]]\n";
	__u64 start, end;
	char text[1024];
	bool passed;

	(void)state;
	snprintf(text, sizeof(text), "%s%s%s%s", others, HEAP, more, ANON);
	assert_true(maps_heap_in(text, strlen(text), &start, &end, &passed));
	assert_true(passed && start == 0x55e0c0de0000 && end == 0x55e0c0e10000);
	assert_true(maps_heap_in(text, strlen(text) - 1, &start, &end, &passed));
	assert_false(passed);
	snprintf(text, sizeof(text), "%s%s", HEAP, apart);
	assert_true(maps_heap_in(text, strlen(text), &start, &end, &passed));
	assert_true(passed && end == 0x55e0c0e00000);
	assert_false(maps_heap_in(others, strlen(others), &start, &end, &passed));
	assert_false(maps_heap_in(HEAP, strlen(HEAP) - 1, &start, &end, &passed));
	assert_false(maps_heap_in("", 0, &start, &end, &passed));
	/* our own is where the last byte of it is */
	assert_true(maps_heap(getpid(), &start, &end));
	assert_true(end == (__u64)sbrk(0));
	assert_false(maps_heap(0, &start, &end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields), cmocka_unit_test(no_file),
		cmocka_unit_test(in_order), cmocka_unit_test(long_path),
		cmocka_unit_test(escapes), cmocka_unit_test(not_a_mapping), cmocka_unit_test(real),
		cmocka_unit_test(too_long), cmocka_unit_test(heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
