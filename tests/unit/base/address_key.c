// SPDX-License-Identifier: GPL-2.0
/* What stands for a kernel address: always the same, never another's, and not to be told. */
#include "unit.h"
#include <stdlib.h>
#include "base/address_key.h"

#define NR 10007

static int compare(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void each_its_own(void **state)
{
	static __u64 all[NR];
	struct address_key k;
	size_t near = 0;

	(void)state;
	address_key_new(&k);
	for (size_t i = 0; i < NR; i++) {
		__u64 address = 0xffff888100000000 + 64 * i;

		all[i] = address_hidden(&k, address);
		assert_true(all[i] == address_hidden(&k, address));
		near += all[i] >> 40 == address >> 40;
	}
	/* chance has one in 16 million of them there */
	assert_true(near < 3);
	qsort(all, NR, sizeof(all[0]), compare);
	for (size_t i = 1; i < NR; i++)
		assert_true(all[i] != all[i - 1]);
}

static void another_key(void **state)
{
	struct address_key a, b;

	(void)state;
	address_key_new(&a);
	address_key_new(&b);
	assert_true(address_hidden(&a, 0xffff888100000000) != address_hidden(&b, 0xffff888100000000));
}

static void none(void **state)
{
	struct address_key k;

	(void)state;
	address_key_new(&k);
	/* none, and all rings of a row of counters */
	assert_true(!address_hidden(&k, 0));
	assert_true(address_hidden(&k, 1) == 1 && address_hidden(&k, 4095) == 4095);
	assert_true(address_hidden(&k, 4096) != 4096);
	assert_true(address_hidden(NULL, 812) == 812);
}

/* Computed apart from this program, by another SipHash-2-4. */
static void as_defined(void **state)
{
	const struct address_key k = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

	(void)state;
	assert_true(address_hidden(&k, 0xffff888122ae9000) == 0x77a2d8d5eda64f4f);
}

static void in_text(void **state)
{
	const struct address_key k = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	put_addresses_hidden(f, "ring 0xffff888122ae9000, ffff888122ae9000: user 0x7f0000001000, id "
			     "ffff888122ae9000ffff, 000001fffeffffff.", &k);
	fclose(f);
	assert_string_equal(text, "ring 0x77a2d8d5eda64f4f, 77a2d8d5eda64f4f: user 0x7f0000001000, id "
			    "ffff888122ae9000ffff, 000001fffeffffff.");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_its_own),
		cmocka_unit_test(another_key),
		cmocka_unit_test(none),
		cmocka_unit_test(as_defined),
		cmocka_unit_test(in_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
