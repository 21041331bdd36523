// SPDX-License-Identifier: GPL-2.0
/* Keys that would all share a bucket, had they the hash that everybody knows. */
#include "unit.h"
#include <stdlib.h>
#include "base/hash_table.h"

#define NR	8192
#define ALIKE	0xfff	/* these bits of the well-known hash are 0 */
#define MOST	64	/* of one bucket; chance has about 10 */

struct entry {
	__u64 key;
	UT_hash_handle hh;
};

static __u64 next_alike(__u64 key)
{
	unsigned int hash;

	do {
		key++;
		HASH_JEN(&key, sizeof(key), hash);
	} while (hash & ALIKE);
	return key;
}

static void chosen_keys(void **state)
{
	struct entry *all = NULL, *e, *next;
	unsigned int most = 0;
	__u64 key = 0;

	(void)state;
	for (size_t i = 0; i < NR; i++) {
		e = must_alloc(1, sizeof(*e));
		key = next_alike(key);
		e->key = key;
		HASH_ADD(hh, all, key, sizeof(e->key), e);
	}
	for (unsigned int i = 0; i < all->hh.tbl->num_buckets; i++)
		most = all->hh.tbl->buckets[i].count > most ? all->hh.tbl->buckets[i].count : most;
	assert_in_range(most, 1, MOST);
	assert_int_equal(all->hh.tbl->noexpand, 0);
	HASH_FIND(hh, all, &key, sizeof(key), e);
	assert_non_null(e);
	assert_true(e->key == key);
	HASH_ITER(hh, all, e, next) {
		HASH_DEL(all, e);
		free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chosen_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
