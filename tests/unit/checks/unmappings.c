// SPDX-License-Identifier: GPL-2.0
/* Which call took pages away from a buffer: only one that could have done it is blamed. */
#include <sys/mman.h>
#include "checks/unmappings.h"
#include "facts.h"
#include "base/page_size.h"

#define BEFORE	10
#define BORN	20
#define AFTER	30

static struct unmap_call call(enum unmap_how how, __u64 addr, __u64 len_bytes, __u64 t_ns)
{
	return (struct unmap_call){
		.call = { .h = { .t_ns = t_ns, .pid = 812 }, .mm = MM }, .addr = addr,
		.len_bytes = len_bytes, .how = how, .advice = MADV_DONTNEED,
	};
}

/* A ring with one buffer of 16 pages, registered at BORN. */
static struct ledger *one_buffer(struct finding *f)
{
	struct ledger *l = ledger_new();
	struct buffer *b;

	see_ring(l, RING, 16, 16);
	b = see_buffer(l, RING, 0, BUF(1), ADDR, 16 * PAGE_BYTES, 16);
	b->t_ns = BORN;
	*f = (struct finding){
		.tag = STALE_PAGE, .cause = STALE_DROPPED, .ring = RING, .buf = b->id, .mm = MM,
		.addr = b->addr + 2 * PAGE_BYTES, .pages = 3,
	};
	return l;
}

static void who_is_blamed(void **state)
{
	static struct unmappings u;
	struct finding f;
	struct ledger *l = one_buffer(&f);
	const struct {
		struct unmap_call c;
		enum stale_cause cause;
		bool concerns, blamed;
	} t[] = {
		{ call(UNMAP_MADVISE, f.addr, PAGE_BYTES, AFTER), STALE_DROPPED, true, true },
		{ call(UNMAP_MADVISE, f.addr, PAGE_BYTES, BEFORE), STALE_DROPPED, false, false },
		{ call(UNMAP_MADVISE, f.addr + 3 * PAGE_BYTES, PAGE_BYTES, AFTER), STALE_DROPPED, true, false },
		{ call(UNMAP_MUNMAP, f.addr - 99 * PAGE_BYTES, PAGE_BYTES, AFTER), STALE_REPLACED, false, false },
		{ call(UNMAP_MADVISE, f.addr, PAGE_BYTES, AFTER), STALE_COPIED, true, false },
		{ call(UNMAP_MUNMAP, f.addr, PAGE_BYTES, AFTER), STALE_TRUNCATED, true, false },
		{ call(UNMAP_MADVISE, f.addr, PAGE_BYTES, AFTER), STALE_PUNCHED, true, false },
		{ call(UNMAP_MMAP, f.addr, PAGE_BYTES, AFTER), STALE_REPLACED, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		unmappings_free(&u);
		f.cause = t[i].cause;
		assert_int_equal(unmapping_concerns(l, &t[i].c), t[i].concerns);
		unmappings_add(&u, &t[i].c, NULL);
		assert_int_equal(!!unmappings_of(&u, l, &f), t[i].blamed);
	}
	ledger_free(l);
}

/* The oldest gives its place away; the last of those that fit is blamed. */
static void the_last(void **state)
{
	static struct unmappings u;
	struct finding f;
	struct ledger *l = one_buffer(&f);
	struct unmap_call c = call(UNMAP_MADVISE, f.addr, PAGE_BYTES, AFTER);

	(void)state;
	for (int i = 0; i < 3; i++, c.call.h.t_ns++)
		unmappings_add(&u, &c, NULL);
	assert_int_equal(unmappings_of(&u, l, &f)->call.call.h.t_ns, AFTER + 2);
	c.addr = 0;
	for (int i = 0; i < UNMAPPINGS; i++)
		unmappings_add(&u, &c, NULL);
	assert_null(unmappings_of(&u, l, &f));
	unmappings_free(&u);
	ledger_free(l);
}

/* Whether one came after the last look and before the buffer left its ring. */
static void since_a_look(void **state)
{
	static struct unmappings u;
	struct finding f;
	struct ledger *l = one_buffer(&f);
	const struct ring *r = ledger_ring(l, RING);
	const struct buffer *b = r->slots[0];
	struct unmap_call c = call(UNMAP_MUNMAP, f.addr, PAGE_BYTES, AFTER);

	(void)state;
	assert_false(unmappings_broke(&u, r, b, BORN, AFTER + 1));
	unmappings_add(&u, &c, NULL);
	assert_true(unmappings_broke(&u, r, b, BORN, AFTER + 1));
	assert_false(unmappings_broke(&u, r, b, AFTER, AFTER + 1));
	/* legal: it was closed before */
	assert_false(unmappings_broke(&u, r, b, BORN, AFTER));
	unmappings_free(&u);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_blamed),
		cmocka_unit_test(the_last),
		cmocka_unit_test(since_a_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
