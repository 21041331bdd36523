// SPDX-License-Identifier: GPL-2.0
/* Who holds a user's limit: the same answer for a finding and for a call that failed. */
#include <errno.h>
#include "checks/checks.h"
#include "facts.h"
#include "checks/failure.h"
#include "checks/places.h"
#include "checks/shares.h"

static const char *text_of(const struct ledger *l, __s64 locked)
{
	static char text[SHARES_TEXT];
	struct shares s;

	shares_collect(&s, USER, &l, 1);
	shares_text(text, s.list, s.nr, &s.account, locked);
	shares_free(&s);
	return text;
}

/* What explains an ENOMEM of one page more; .then may be of other rings than .now. */
static const char *explained(const struct ledger *then, const struct ledger *now, __s64 locked)
{
	static char text[EXPLAIN_LEN];
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 0, -ENOMEM);
	struct shares s;

	c.user_before_pages = c.user_after_pages = locked;
	c.limit_bytes = locked * 4096;
	c.need_pages = 1;
	shares_at(&s, USER, then, now, locked);
	explain_call(text, &c, &(struct evidence){
			.account = &s.account, .shares = s.list, .nr_shares = s.nr });
	shares_free(&s);
	return text;
}

static void see_owned(struct ledger *l, __u64 ring, __u32 pid, const char *comm, __u64 mm, __u32 flags)
{
	struct fact_ring r = fact_ring(FACT_RING, ring, 512, 512);
	struct fact_holder h = fact_holder(ring, pid, 6, 512, 512);

	r.ring_flags = RING_F_LIMITED | flags;
	r.mm = h.mm = mm;
	h.h.comm = comm_of(comm);
	h.memlock_limit_bytes = 512 * 4096;
	FEED(l, h);
	FEED(l, r);
}

static void see_part(struct ledger *l, __u64 ring, __u32 index, __u64 addr, __u64 len, __u32 folio_shift)
{
	struct fact_buffer b = fact_buffer(ring, index, BUF(ring + index), addr, len, ACCT_UNKNOWN);

	b.folio_shift = folio_shift;
	FEED(l, b);
}

/* 4 KiB of a huge page are charged as 2 MiB: both say so. */
static void one_answer(void **state)
{
	static const char held[] = ", held by: pid 812 (fio) 2 MiB";
	struct ledger *l = ledger_new();
	const struct check_options o = { 0 };
	struct findings fs = { 0 };

	(void)state;
	see_owned(l, RING, 812, "fio", MM, RING_F_ACCT_PER_RING);
	see_part(l, RING, 0, ADDR + 8192, 4096, 21);
	assert_string_equal(text_of(l, 512), held);
	check_limits(l, &o, &fs);
	assert_contains(only(&fs, NEAR_LIMIT)->detail, held);
	assert_null(strstr(fs.list[0].detail, "other uses"));
	assert_contains(explained(l, NULL, 512), held);
	assert_null(strstr(explained(l, NULL, 512), "other uses"));
	findings_free(&fs);
	ledger_free(l);
}

/* As the kernel charges them: a large folio once for each ring, a small page for each buffer. */
static void whole_folios_once(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	see_owned(l, RING, 812, "fio", MM, RING_F_ACCT_PER_RING);
	for (int i = 0; i < 31; i++)
		see_part(l, RING, i, ADDR + i * 4096, 4096, 21);
	/* reaches into the next */
	see_part(l, RING, 31, ADDR + 2 * MIB - 4096, 8192, 21);
	assert_string_equal(text_of(l, 1024), ", held by: pid 812 (fio) 4 MiB");
	/* small pages that overlap */
	see_part(l, RING, 32, ADDR + 64 * MIB, 8192, 12);
	see_part(l, RING, 33, ADDR + 64 * MIB + 4096, 8192, 12);
	assert_string_equal(text_of(l, 1028), ", held by: pid 812 (fio) 4 MiB");
	/* another ring of the same process pays for the same huge page again */
	see_owned(l, RING2, 812, "fio", MM, RING_F_ACCT_PER_RING);
	see_part(l, RING2, 0, ADDR, 4096, 21);
	assert_string_equal(text_of(l, 1540), ", held by: pid 812 (fio) 6 MiB");
	ledger_free(l);
	/* but not where the account is the user's and mm's */
	l = ledger_new();
	see_owned(l, RING, 812, "fio", MM, RING_F_ACCT_SHARED);
	see_owned(l, RING2, 812, "fio", MM, RING_F_ACCT_SHARED);
	see_part(l, RING, 0, ADDR, 4096, 21);
	see_part(l, RING2, 0, ADDR + 4096, 4096, 21);
	assert_string_equal(text_of(l, 512), ", held by: pid 812 (fio) 2 MiB");
	ledger_free(l);
}

static void the_largest_first(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	for (__u32 i = 0; i < 7; i++) {
		__u64 ring = RING + i * 4096, pages = 100 * (i + 1);

		see_owned(l, ring, 900 + i, i == 6 ? "dd" : "fio", MM + i * 4096, 0);
		see_buffer(l, ring, 0, BUF(i), ADDR, 4096 * pages, i & 1 ? pages : ACCT_UNKNOWN);
	}
	assert_string_equal(text_of(l, 2800), ", held by: pid 906 (dd) 2.7 MiB, pid 905 (fio) "
			    "2.3 MiB, pid 904 (fio) 2 MiB, pid 903 (fio) 1.6 MiB, 3 more processes "
			    "2.3 MiB");
	assert_contains(text_of(l, 2801), "2.3 MiB, other uses of the account (perf, "
			"AF_XDP, zero-copy sends, rings that are closing, "
			    "unregistered buffers that requests still hold) 4 KiB");
	/* what cannot be: sums that are larger than the account name no others */
	assert_null(strstr(text_of(l, 1), "other uses"));
	ledger_free(l);
	l = ledger_new();
	assert_string_equal(text_of(l, 0), "");
	ledger_free(l);
}

/* A buffer that two rings share, and other users' rings. */
static void each_once(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring other = fact_ring(FACT_RING, RING + 4 * 4096, 512, 512);

	(void)state;
	see_owned(l, RING, 812, "fio", MM, 0);
	see_owned(l, RING2, 977, "dd", MM2, 0);
	see_buffer(l, RING, 0, BUF(1), ADDR, 4096 * 31, 31);
	see_buffer(l, RING2, 0, BUF(1), ADDR, 4096 * 31, 31);
	see_buffer(l, RING2, 1, BUF(2), ADDR, 4096 * 17, 17);
	other.user = USER2;
	FEED(l, other);
	see_buffer(l, RING + 4 * 4096, 0, BUF(3), ADDR, 4096 * 101, 101);
	assert_string_equal(text_of(l, 48), ", held by: pid 812 (fio) 124 KiB, pid 977 (dd) 68 KiB");
	ledger_free(l);
}

/* What was held at the call may have ended since; what others hold is only seen afterwards. */
static void then_and_now(void **state)
{
	struct ledger *then = ledger_new(), *now = ledger_new();

	(void)state;
	see_owned(then, RING, 812, "fio", MM, 0);
	see_buffer(then, RING, 0, BUF(1), ADDR, 4096 * 31, 31);
	see_owned(now, RING2, 977, "dd", MM2, 0);
	see_buffer(now, RING2, 0, BUF(2), ADDR, 4096 * 17, 17);
	assert_contains(explained(then, now, 48), "held by: pid 812 (fio) 124 KiB, pid 977 (dd) 68 KiB;");
	/* together they would be more than the account held */
	assert_contains(explained(then, now, 31), "held by: pid 812 (fio) 124 KiB;");
	assert_contains(explained(then, now, 17), "held by: pid 977 (dd) 68 KiB;");
	/* seen in both: counted once */
	see_owned(now, RING, 812, "fio", MM, 0);
	see_buffer(now, RING, 0, BUF(1), ADDR, 4096 * 31, 31);
	assert_contains(explained(then, now, 48), "held by: pid 812 (fio) 124 KiB, pid 977 (dd) 68 KiB;");
	ledger_free(then);
	ledger_free(now);
}

/* What cannot be there is not named, what this kernel charges is. */
static void candidates(void **state)
{
	const struct share_sum none = { 0 }, some = { .flags = SHARES_BPF_MAPS | SHARES_NO_XDP };
	char text[SHARES_TEXT];

	(void)state;
	assert_string_equal(shares_text(text, NULL, 0, &none, 1), ", held by: other uses of the account "
			    "(perf, AF_XDP, zero-copy sends, rings that are closing, "
			    "unregistered buffers that requests still hold) 4 KiB");
	assert_string_equal(shares_text(text, NULL, 0, &some, 1), ", held by: other uses of the account "
			    "(BPF maps, perf, AF_XDP outside the caller's network namespace, zero-copy "
			    "sends, rings that are closing, "
			    "unregistered buffers that requests still hold) 4 KiB");
}

/* What rings take themselves is their process's, also of one without a buffer. */
static void ring_memory(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	see_owned(l, RING, 812, "fio", MM, 0);
	see_part(l, RING, 0, ADDR, 64 << 10, 12);
	see_owned(l, RING + 4096, 812, "fio", MM, 0);
	see_owned(l, RING + 8192, 813, "dd", MM + 64, 0);
	ledger_ring(l, RING)->ring_pages = 7;
	ledger_ring(l, RING + 4096)->ring_pages = 11;
	ledger_ring(l, RING + 8192)->ring_pages = 3;
	assert_contains(text_of(l, 40), ", held by: pid 812 (fio) 64 KiB and 72 KiB of its 2 rings' own "
			"memory, pid 813 (dd) 12 KiB of its ring's own memory, other uses of the account "
			"(provided-buffer rings, ");
	assert_contains(text_of(l, 40), " 12 KiB");
	assert_null(strstr(text_of(l, 37), "other uses"));
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answer),
		cmocka_unit_test(whole_folios_once),
		cmocka_unit_test(the_largest_first),
		cmocka_unit_test(each_once),
		cmocka_unit_test(then_and_now),
		cmocka_unit_test(ring_memory),
		cmocka_unit_test(candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
