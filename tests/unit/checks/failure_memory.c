// SPDX-License-Identifier: GPL-2.0
/* EFAULT: where in which entry, what is there, and what was ruled out. */
#include <errno.h>
#include <linux/magic.h>
#include "facts.h"
#include "checks/failure.h"

static char text[EXPLAIN_LEN];

/* One entry of 32 KiB that failed 8 KiB into it. */
static const char *at_entry(enum entry_state state, __u32 fs_magic, __u32 looked)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 0, -EFAULT);
	struct fact_entry e = {
		.base = ADDR, .len_bytes = 32768, .at = ADDR + 8192, .vma_start = ADDR,
		.vma_end = ADDR + 65536, .state = state, .fs_magic = fs_magic, .looked = looked,
	};

	c.seen = SEEN_ARGS | SEEN_PAGES;
	explain_call(text, &c, &(struct evidence){ .entry = &e });
	return text;
}

static const char *at_none(enum call_op op, __u64 arg, __u64 array, __u32 seen)
{
	struct fact_call c = fact_call(RING, op, 3, 0, -EFAULT);

	c.arg = arg;
	c.array = array;
	c.seen = seen;
	explain_call(text, &c, &(struct evidence){ 0 });
	return text;
}

static void pages(void **state)
{
	(void)state;
	assert_contains(at_entry(ENTRY_BEYOND_FILE, TMPFS_MAGIC, 0),
			"8 KiB into it, at 0x7f0000002000, the mapping 0x7f0000000000-0x7f0000010000 "
			"(tmpfs) goes beyond the end of its file");
	assert_contains(at_entry(ENTRY_USERFAULT, 0, 0), "userfaultfd");
	assert_contains(at_entry(ENTRY_FILE_FULL, TMPFS_MAGIC, 0), "file system is full");
	assert_contains(at_entry(ENTRY_NO_HUGE, HUGETLBFS_MAGIC, 0), "vm.nr_hugepages");
	assert_contains(at_entry(ENTRY_GUARD, 0, 0), "MADV_GUARD_INSTALL");
}

/* What is not known is listed, with what was looked at. */
static void ruled_out(void **state)
{
	(void)state;
	assert_contains(at_entry(ENTRY_ABSENT, 0, LOOKED_FILE),
			"Not the cause: its protection, the end of its file, a userfaultfd. It can be: "
			"a guard region, or the limit of its memory cgroup (not looked at)");
	assert_contains(at_entry(ENTRY_ABSENT, TMPFS_MAGIC, 0), "(not looked at)");
	assert_null(strstr(at_entry(ENTRY_ABSENT, TMPFS_MAGIC, LOOKED_FULL), "its tmpfs is full"));
	assert_contains(at_none(CALL_REGISTER, ADDR, ADDR, SEEN_ARGS | SEEN_PAGES), "no cause is seen");
	assert_contains(at_none(CALL_REGISTER, ADDR, ADDR, SEEN_ARGS), "was not looked at");
}

static void pointers(void **state)
{
	(void)state;
	assert_contains(at_none(CALL_REGISTER, 0, 0, SEEN_ARGS), "array of iovecs is NULL");
	assert_contains(at_none(CALL_UPDATE, 0, 0, SEEN_ARGS), "argument structure is NULL");
	assert_contains(at_none(CALL_UPDATE, ADDR, 0, SEEN_ARGS), "structure at 0x7f0000000000 cannot");
	assert_contains(at_none(CALL_UPDATE, ADDR, 0, SEEN_ARGS | SEEN_STRUCT), "(data) is NULL");
}

/* Of what EINVAL leaves when the rest is as it should be: only where there are tags. */
static void tags(void **state)
{
	struct fact_call c = fact_call(RING, CALL_UPDATE, 1, 0, -EINVAL);

	(void)state;
	c.nr_slots = 1;
	c.nr_args = 32;
	c.seen = SEEN_ARGS | SEEN_STRUCT;
	explain_call(text, &c, &(struct evidence){ 0 });
	assert_contains(text, "no cause is seen: not the structure");
	c.seen |= SEEN_TAGS;
	explain_call(text, &c, &(struct evidence){ 0 });
	assert_contains(text, "what is left is an empty entry (NULL, length 0) that has a tag");
	c.op = CALL_REGISTER2;
	c.arg_flags = 1;
	explain_call(text, &c, &(struct evidence){ 0 });
	assert_contains(text, "a sparse table (IORING_RSRC_REGISTER_SPARSE, from Linux 5.19) has entries or tags");
}

/* Each remedy can be followed: no mapping makes secret memory fit. */
static void files(void **state)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 0, -EOPNOTSUPP);

	(void)state;
	/* kernels with this error may be too old for the remedy */
	explain_call(text, &c, &(struct evidence){ 0 });
	assert_contains(text, "from Linux 5.14 on, a memfd");
	assert_contains(at_entry(ENTRY_FILE, 0xef53, 0), "(ext4) is file memory that cannot be pinned");
	assert_contains(at_entry(ENTRY_FILE, 0x1234, 0), "(file system 0x1234)");
	assert_contains(at_entry(ENTRY_FILE, 0x5345434d, 0), "use ordinary anonymous memory");
	assert_null(strstr(text, "MAP_PRIVATE"));
	assert_null(strstr(text, "a memfd"));
}

/* More than its protection may stand against memory that may only be read. */
static void read_only(void **state)
{
	(void)state;
	assert_contains(at_entry(ENTRY_READ_ONLY, 0, 0), "map it with PROT_READ | PROT_WRITE");
	assert_contains(at_entry(ENTRY_READ_ONLY, 0xef53, 0), "copy it into anonymous memory");
	assert_null(strstr(text, "PROT_WRITE"));
}

/* What a failed mmap() returned. */
static void map_failed(void **state)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 0, -EFAULT);
	struct fact_entry e = { .base = ~0ULL, .len_bytes = 4096, .state = ENTRY_WRAPS };

	(void)state;
	explain_call(text, &c, &(struct evidence){ .entry = &e });
	assert_contains(text, "MAP_FAILED");
	e.base = ~0ULL - 4095;
	explain_call(text, &c, &(struct evidence){ .entry = &e });
	assert_contains(text, "the length is wrong");
}

static void excess(void **state)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 0, -EFAULT);
	struct fact_entry e = { .base = ADDR, .len_bytes = (1ULL << 30) + 4096,
				.state = ENTRY_TOO_LONG };

	(void)state;
	explain_call(text, &c, &(struct evidence){ .entry = &e });
	assert_contains(text, "4 KiB beyond this kernel's limit of 1 GiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages),
		cmocka_unit_test(ruled_out),
		cmocka_unit_test(pointers),
		cmocka_unit_test(tags),
		cmocka_unit_test(files),
		cmocka_unit_test(excess),
		cmocka_unit_test(read_only), cmocka_unit_test(map_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
