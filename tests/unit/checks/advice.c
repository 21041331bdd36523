// SPDX-License-Identifier: GPL-2.0
/* Each advice is given when the numbers say so, and not otherwise. */
#include <errno.h>
#include "advising.h"
#include "base/clock.h"

#define HUGE (2 * MIB)

static void unfixed(void **state)
{
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	see_buffer(w.l, RING, 0, BUF(0), ADDR, 65536, 16);
	use_buffer(&w, 0, ADDR, 1009, 65536);
	plain_io(&w, ADDR + 4096, 101, 4096, false);
	plain_io(&w, ADDR + 65536 - 4096, 103, 4096, true);
	/* this I/O reaches out of the buffer, the next lies beside it */
	plain_io(&w, ADDR + 65536 - 4096, 107, 8192, false);
	plain_io(&w, ADDR - 4096, 109, 4096, false);
	a = find(&w, "unfixed-io");
	assert_non_null(a);
	assert_int_equal(a->ops, 204);
	assert_int_equal(a->bytes, 204 * 4096);
	assert_int_equal(a->pid, 812);
	assert_int_equal(a->fd, 6);
	assert_contains(a->detail, "pid 812 fd 6: 204 plain reads and writes");
	assert_null(find(&w, "worth-registering"));
	assert_null(find(&w, "idle-buffer"));
	end(&w);
}

/* Of 303 O_DIRECT reads and writes of three buffers. */
static const struct advice *find_worth(struct world *w)
{
	const struct advice *a;

	begin(w);
	for (int i = 0; i < 3; i++)
		plain_io(w, ADDR + i * 16384, 101, 16384, true);
	a = find(w, "worth-registering");
	assert_non_null(a);
	return a;
}

static void worth_registering(void **state)
{
	const struct advice *a;
	struct world w;

	(void)state;
	a = find_worth(&w);
	assert_int_equal(a->ops, 303);
	assert_contains(a->detail, "only 3 unregistered buffers");
	assert_contains(a->detail, "pins 48 KiB once instead of pinning and unpinning 303 times");
	assert_null(strstr(a->detail, "CPU time"));
	/* four pages each, at 40 ns a page */
	w.pin_ps = 40000;
	a = find(&w, "worth-registering");
	assert_int_equal(a->saves_ns, 303 * 4 * 40);
	assert_contains(a->detail, "about 48.5us of CPU time in 10.0s (to pin a page takes 40.0ns on this machine when stat began");
	w.m.nr_addresses = 0;
	plain_io(&w, ADDR, 101, 16384, true);
	assert_contains(find(&w, "worth-registering")->detail,
			"used only 1 unregistered buffer; registering it pins 16 KiB once instead of");
	/* with another address each time, registering would save nothing */
	w.m.nr_addresses = 0;
	for (int i = 0; i < 211; i++)
		plain_io(&w, ADDR + i * 16384, 1, 16384, true);
	assert_null(find(&w, "worth-registering"));
	/* I/O through the page cache pins nothing */
	w.m.nr_addresses = 0;
	plain_io(&w, ADDR, 1009, 4096, false);
	assert_null(find(&w, "worth-registering"));
	end(&w);
}

/* What cannot be registered as it is, is not said to be worth it without what it takes. */
static void worth_what(void **state)
{
	const struct advice *a;
	struct world w;

	(void)state;
	a = find_worth(&w);
	assert_contains(a->remedy, "must be writable, and anonymous or of memfd or hugetlbfs");
	assert_contains(a->remedy, "restrictions must allow it");
	assert_null(strstr(a->detail, "RLIMIT_MEMLOCK"));
	/* 400 KiB are locked: 48 KiB more are above the limit by a page */
	w.l->rings->holders[0].memlock_limit_bytes = 444 * 1024;
	a = find(&w, "worth-registering");
	assert_non_null(a);
	assert_contains(a->detail, "that needs 48 KiB of RLIMIT_MEMLOCK, which is 444 KiB, and its user has 400 KiB locked already");
	assert_contains(a->remedy, "raise RLIMIT_MEMLOCK (ulimit -l");
	w.l->rings->holders[0].memlock_limit_bytes = 448 * 1024;
	assert_null(strstr(find(&w, "worth-registering")->detail, "RLIMIT_MEMLOCK"));
	/* nobody is charged */
	w.l->rings->holders[0].memlock_limit_bytes = 0;
	w.l->rings->user = NULL;
	assert_null(strstr(find(&w, "worth-registering")->detail, "RLIMIT_MEMLOCK"));
	end(&w);
}

/* Each kind of plain I/O inside a buffer has its own remedy. */
static void unfixed_kinds(void **state)
{
	static const struct {
		__u32 kind;
		const char *says;
	} kinds[] = {
		{ IO_ADDRESS_RW, "use READ_FIXED" }, { IO_ADDRESS_VECTOR, "use READV_FIXED" },
		{ IO_ADDRESS_SEND, "use SEND_ZC" }, { IO_ADDRESS_SEND_ZC, "set IORING_RECVSEND_FIXED_BUF" },
	};
	const struct advice *a;
	struct world w;

	(void)state;
	for (int i = 0; i < 4; i++) {
		begin(&w);
		see_buffer(w.l, RING, 0, BUF(0), ADDR, 65536, 16);
		plain_io(&w, ADDR, 3, 4096, false);
		w.m.addresses[0].use.kinds = kinds[i].kind;
		a = find(&w, "unfixed-io");
		assert_non_null(a);
		assert_contains(a->remedy, kinds[i].says);
		assert_contains(a->remedy, "run fixbuf-trace verify first: where it says stale-page, register anew");
		assert_null(find(&w, "idle-buffer"));
		end(&w);
	}
}

static void why_not(void **state)
{
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	plain_io(&w, ADDR, 1009, 4096, false);
	plain_io(&w, ADDR + MIB, 7, 4096, true);
	plain_io(&w, ADDR + 2 * MIB, 5, 4096, false);
	w.m.addresses[2].use.kinds = IO_ADDRESS_VECTOR;
	a = find(&w, "not-worth-registering");
	assert_non_null(a);
	assert_contains(a->detail, "7 O_DIRECT reads and writes are too few");
	assert_contains(a->detail, "1009 went through the page cache");
	assert_contains(a->detail, "5 are vectored");
	w.m.nr_addresses = 0;
	for (int i = 0; i < 211; i++)
		plain_io(&w, ADDR + i * 16384, 1, 16384, true);
	a = find(&w, "not-worth-registering");
	assert_non_null(a);
	assert_contains(a->detail, "went to 211 addresses, each 1.0 times on average");
	end(&w);
}

static void oversized(void **state)
{
	struct fact_buffer in_use = fact_buffer(RING, 0, BUF(0), ADDR, 16 * MIB, 4096);
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	see_buffer(w.l, RING, 0, BUF(0), ADDR, 16 * MIB, 4096)->segments = 8;
	use_buffer(&w, 0, ADDR, 7, 4 * MIB);
	a = find(&w, "oversized-buffer");
	assert_non_null(a);
	assert_int_equal(a->index, 0);
	assert_int_equal(a->bytes, 12 * MIB);
	w.m.buffers[0].use.max_end = 15 * MIB;
	assert_null(find(&w, "oversized-buffer"));
	/* where offsets are not known, no advice is concluded from them */
	w.m.buffers[0].use.max_end = 4 * MIB;
	w.m.buffers[0].use.no_offset = 1;
	assert_null(find(&w, "oversized-buffer"));
	w.m.buffers[0].use.no_offset = 0;
	assert_non_null(find(&w, "oversized-buffer"));
	/* nor while a request is under way, which may be over all of it */
	in_use.users = 2;
	FEED(w.l, in_use);
	assert_null(find(&w, "oversized-buffer"));
	end(&w);
}

static void churn(void **state)
{
	struct io_calls_row *c = calloc(1, sizeof(*c));
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	c->ring = RING;
	c->calls = (struct io_calls){ .registers = 101, .unregisters = 101, .last_ns = 2000000 };
	w.m.calls = c;
	w.m.nr_calls = 1;
	a = find(&w, "table-churn");
	assert_non_null(a);
	assert_contains(a->detail, "registered 101 times and unregistered 101 times in 2.00ms, for 1009 operations");
	c->calls.registers = 1;
	assert_null(find(&w, "table-churn"));
	end(&w);
}

/* Of rings that lay at one address one after the other, each has its own; the last may be a neighbour's. */
static void identity(void **state)
{
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	w.m.calls = calloc(9, sizeof(*w.m.calls));
	for (w.m.nr_calls = 0; w.m.nr_calls < 9; w.m.nr_calls++)
		w.m.calls[w.m.nr_calls] = (struct io_calls_row){
			.ring = RING, .born_ns = w.m.nr_calls, .calls = { .registers = 1 },
		};
	assert_null(find(&w, "table-churn"));
	/* a table that was made again and again, of a ring that is gone: another process has the address */
	w.m.calls[8].calls = (struct io_calls){ .registers = 101, .pid = 907 };
	a = find(&w, "table-churn");
	assert_non_null(a);
	assert_int_equal(a->pid, 907);
	assert_int_equal(a->fd, -1);
	assert_contains(a->detail, "pid 907 ring ");
	assert_contains(a->detail, "for 0 operations");
	end(&w);
	/* buffers of a ring that is not the one that was used */
	begin(&w);
	w.m.rows[0].c.who = IO_WHO(907, 4, true);
	see_buffer(w.l, RING, 0, BUF(0), ADDR, 65536, 16);
	assert_null(find(&w, "idle-buffer"));
	for (int i = 0; i < 3; i++)
		plain_io(&w, ADDR + MIB + i * 16384, 101, 16384, true);
	assert_null(find(&w, "worth-registering"));
	end(&w);
}

static void rings(void **state)
{
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	/* made where the last one was, or with its descriptor; others have rings at the same time */
	for (int i = 0; i < 101; i++) {
		struct io_row *r = io_model_row(&w.m, RING + (i % 7) * 4096, 1 + i, IO_WHO(907, 4, true));

		r->c.ops = 1;
		r->c.fd = 5;
		io_model_row(&w.m, RING + (100 + i) * 4096, 1 + i, IO_WHO(908, 4, true))->c.ops = 1;
	}
	a = find(&w, "ring-churn");
	assert_non_null(a);
	assert_int_equal(a->pid, 907);
	assert_int_equal(a->ops, 101);
	assert_string_equal(a->detail, "pid 907: 101 rings were made for 101 operations");
	for (size_t i = 0; i < w.m.nr_rows; i++)
		w.m.rows[i].c.ops = 1009;
	assert_null(find(&w, "ring-churn"));
	end(&w);
}

static void folios(void **state)
{
	struct buffer *small, *big;
	const struct advice *a;
	struct world w;

	(void)state;
	begin(&w);
	/* 4 MiB of 4 KiB pages, aligned: two huge pages would do */
	small = see_buffer(w.l, RING, 0, BUF(0), HUGE * 100, 4 * MIB, 1024);
	use_buffer(&w, 0, HUGE * 100, 7, 4 * MIB);
	a = find(&w, "small-folios");
	assert_non_null(a);
	assert_contains(a->detail, "1024 segments; 2 huge pages");
	assert_null(find(&w, "fragmented-buffer"));
	/* the same buffer, already on huge pages */
	small->segments = 2;
	small->folio_shift = 21;
	assert_null(find(&w, "small-folios"));
	/* a second buffer on folios of 16 KiB */
	big = see_buffer(w.l, RING, 1, BUF(1), HUGE * 200, 4 * MIB, 1024);
	use_buffer(&w, 1, HUGE * 200, 7, 4 * MIB);
	big->segments = 256;
	big->folio_shift = 14;
	a = find(&w, "fragmented-buffer");
	assert_non_null(a);
	assert_int_equal(a->index, 1);
	assert_contains(a->detail, "4 MiB lie in 256 segments of 16 KiB on average, on folios of 16 KiB");
	end(&w);
}

static void nothing(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	see_buffer(w.l, RING, 0, BUF(0), ADDR, 65536, 16);
	use_buffer(&w, 0, ADDR, 1009, 65536);
	advise(&w.m, w.l, &w.a);
	assert_int_equal(w.a.nr, 0);
	end(&w);
}

/* A full table, each slot used, and as many addresses: it runs in every interval of stat --advise. */
static void many(void **state)
{
	enum { N = 16384 };
	struct world w;
	__u64 begun, took;

	(void)state;
	begin(&w);
	w.m.addresses = calloc(N, sizeof(*w.m.addresses));
	w.m.buffers = calloc(N, sizeof(*w.m.buffers));
	for (__u32 i = 0; i < N; i++) {
		__u64 addr = ADDR + i * 65536ULL;

		see_buffer(w.l, RING, i, BUF(i), addr, 32768, 8);
		w.m.buffers[w.m.nr_buffers++] = (struct io_buffer_row){
			.key = { .ring = RING, .addr = addr, .index = i },
			.use = { .ops = i != N / 2 + 7, .max_end = 32768 },
		};
		/* the first half lies inside, the others beside */
		w.m.addresses[w.m.nr_addresses++] = (struct io_address_row){
			.key = { RING, addr + (i < N / 2 ? 4096 : 40960) },
			.use = { .ops = 3, .bytes = 3 * 4096, .max_len = 4096, .direct = 3 },
		};
	}
	begun = cpu_time_ns();
	advise(&w.m, w.l, &w.a);
	took = cpu_time_ns() - begun;
	print_message("advice on %d slots, buffers and addresses: %.1f ms\n", N, took / 1e6);
	assert_true(took < 500 * NS_PER_MS);
	assert_int_equal(w.a.nr, 3);
	assert_string_equal(w.a.list[0].tag, "unfixed-io");
	assert_int_equal(w.a.list[0].ops, 3 * N / 2);
	assert_string_equal(w.a.list[1].tag, "not-worth-registering");
	assert_string_equal(w.a.list[2].tag, "idle-buffer");
	assert_int_equal(w.a.list[2].index, N / 2 + 7);
	end(&w);
}

/* One that lies behind a longer one does not hide it. */
static void overlapping(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	see_buffer(w.l, RING, 0, BUF(0), ADDR, 65536, 16);
	see_buffer(w.l, RING, 1, BUF(1), ADDR + 8192, 4096, 1);
	see_buffer(w.l, RING, 2, BUF(2), ADDR + 4096, 4096, 1);
	for (__u32 i = 0; i < 3; i++)
		use_buffer(&w, i, w.l->rings->slots[i]->addr, 7, 4096);
	plain_io(&w, ADDR + 8192, 101, 16384, true);
	assert_int_equal(find(&w, "unfixed-io")->ops, 101);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unfixed), cmocka_unit_test(worth_registering), cmocka_unit_test(worth_what),
		cmocka_unit_test(unfixed_kinds), cmocka_unit_test(why_not),
		cmocka_unit_test(oversized), cmocka_unit_test(churn), cmocka_unit_test(identity),
		cmocka_unit_test(rings), cmocka_unit_test(folios), cmocka_unit_test(nothing),
		cmocka_unit_test(many),
		cmocka_unit_test(overlapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
