// SPDX-License-Identifier: GPL-2.0
/*
 * Fixed against plain I/O. In each round every case runs plain, fixed, fixed,
 * plain (the next round the other way round), so that what drifts meanwhile
 * weighs on both alike; a ratio is taken within a round, never across.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/own_ring.h"
#include "base/signals.h"
#include "commands/bench/bench.h"
#include "commands/bench/rig.h"

#define NR_BLOCKS	4
#define NR_DEPTHS	2
#define MAX_DEPTH	32
#define MAX_BLOCK	(1U << 20)
#define POOL_BYTES	((size_t)MAX_DEPTH * MAX_BLOCK)
#define ROUND_NS	80000000ULL	/* a case's share of a round, with time enough */
#define TRIAL_NS	20000000ULL
#define TRIALS		3

static const unsigned int blocks[NR_BLOCKS] = { 4096, 16384, 65536, MAX_BLOCK };
static const unsigned int depths[NR_DEPTHS] = { 1, MAX_DEPTH };
static const unsigned int opcodes[2][NR_ARMS] = {
	{ IORING_OP_READ, IORING_OP_READ_FIXED },
	{ IORING_OP_WRITE, IORING_OP_WRITE_FIXED },
};
static const char *const opcode_names[] = {
	[IORING_OP_READ] = "READ", [IORING_OP_READ_FIXED] = "READ_FIXED",
	[IORING_OP_WRITE] = "WRITE", [IORING_OP_WRITE_FIXED] = "WRITE_FIXED",
};

/* A ring with as many buffers as requests at a time, one for each block size and depth. */
struct bench_lane {
	struct ring_raw ring;
	char refused[BENCH_REASON];
};

struct io_run {
	struct bench *b;
	char *pool;
	struct bench_lane lanes[NR_BLOCKS][NR_DEPTHS];
	int stat_refresh;	/* -1 = pins cannot be counted */
	__u64 random;
};

/* What one arm did, within a round. */
struct sum {
	__u64 ops, wall_ns, cpu_ns;
};

static __u64 cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static struct bench_lane *lane_of(struct io_run *run, const struct bench_io *c)
{
	int block = 0, depth = 0;

	while (blocks[block] != c->block_bytes)
		block++;
	while (depths[depth] != c->depth)
		depth++;
	return &run->lanes[block][depth];
}

/* Buffered and direct I/O each have a half: direct I/O empties the page cache where it goes. */
static __u64 place(struct io_run *run, const struct bench_io *c)
{
	__u64 half = run->b->file.bytes / 2 / MAX_BLOCK * MAX_BLOCK, room;

	if (!half)
		half = run->b->file.bytes / 2 / c->block_bytes * c->block_bytes;
	room = half / c->block_bytes;
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return (c->direct ? half : 0) + run->random % room * c->block_bytes;
}

/* ---- the loop that is measured ------------------------------------------------------ */

/*
 * Keeps .depth requests under way until the time and .least requests are over.
 * hist may be NULL. 0, or -errno with a sentence.
 */
static int go(struct io_run *run, const struct bench_io *c, enum arm arm, __u64 least, __u64 ns,
	      struct sum *sum, __u64 *hist)
{
	struct ring_raw *r = &lane_of(run, c)->ring;
	int fd = c->direct ? run->b->file.direct : run->b->file.buffered, err = 0, ret;
	unsigned int free_slots[MAX_DEPTH], nr_free = 0, queued = 0, under_way = 0;
	__u64 begun = clock_now_ns(), now = begun, start[MAX_DEPTH], done = 0, cpu = cpu_now();
	unsigned int opcode = c->arm[arm].opcode;

	while (nr_free < c->depth) {
		free_slots[nr_free] = nr_free;
		nr_free++;
	}
	for (;;) {
		bool stop = err || interrupted ||
			    (now - begun >= ns && done + under_way >= least);
		struct io_uring_cqe cqe;

		if (stop && !under_way)
			break;
		while (!stop && nr_free) {
			unsigned int slot = free_slots[--nr_free];
			struct io_uring_sqe sqe =
				ring_raw_sqe(opcode, fd, run->pool + (size_t)slot * c->block_bytes,
					     c->block_bytes, place(run, c),
					     arm == FIXED ? slot : 0);

			sqe.user_data = slot;
			ring_raw_queue(r, &sqe);
			start[slot] = now;
			queued++;
			under_way++;
		}
		ret = ring_raw_enter(r, queued, 1);
		if (ret < 0 && ret != -EINTR && ret != -EAGAIN && ret != -EBUSY)
			return err_set(-ret, "io_uring_enter(): %s", strerror(-ret));
		queued -= ret > 0 ? ret : 0;
		now = clock_now_ns();
		while (ring_raw_take(r, &cqe)) {
			if (cqe.res != (int)c->block_bytes && !err && !interrupted)
				err = err_set(cqe.res < 0 ? -cqe.res : EIO, "%s: %s",
					      opcode_names[opcode], cqe.res < 0 ?
					      strerror(-cqe.res) : "the file ended early");
			if (hist)
				hist[hist_index(now - start[cqe.user_data])]++;
			free_slots[nr_free++] = cqe.user_data;
			under_way--;
			done++;
		}
	}
	sum->ops += done;
	sum->wall_ns += now - begun;
	sum->cpu_ns += cpu_now() - cpu;
	return err;
}

static int one_round(struct io_run *run, struct bench_io *c, __u64 ns)
{
	struct sum sums[NR_ARMS] = { 0 };
	int err = 0;

	for (unsigned int i = 0; i < 4 && !err && !interrupted; i++) {
		enum arm arm = (i == 1 || i == 2) ^ (c->rounds & 1) ? FIXED : PLAIN;

		err = go(run, c, arm, c->depth, ns / 4, &sums[arm], c->arm[arm].hist);
	}
	/* half a round is none */
	if (err || interrupted)
		return err;
	for (enum arm arm = 0; arm < NR_ARMS; arm++) {
		const struct sum *s = &sums[arm];

		c->arm[arm].ops += s->ops;
		c->arm[arm].iops[c->rounds] = s->ops * 1e9 / s->wall_ns;
		c->arm[arm].cpu_ns[c->rounds] = (double)s->cpu_ns / s->ops;
	}
	c->rounds++;
	return 0;
}

/* ---- pins ------------------------------------------------------------------------------ */

/* References that pin_user_pages() and its kin have taken, all in all; -1 without. */
static long long pins_taken(const struct io_run *run)
{
	static const char key[] = "nr_foll_pin_acquired ";
	long long pins = -1;
	char line[128];
	FILE *f;

	/* counted per CPU: without this the last thousands would be missing */
	if (run->stat_refresh < 0 || pwrite(run->stat_refresh, "1", 1, 0) != 1)
		return -1;
	f = fopen("/proc/vmstat", "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, sizeof(key) - 1))
			pins = strtoll(line + sizeof(key) - 1, NULL, 10);
	if (f)
		fclose(f);
	return pins;
}

static void open_pins(struct io_run *run)
{
	run->stat_refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	if (run->stat_refresh < 0)
		snprintf(run->b->no_pins, BENCH_REASON, "pins are counted as root only");
	else if (pins_taken(run) < 0)
		snprintf(run->b->no_pins, BENCH_REASON, "this kernel does not count pins");
}

/*
 * Whether the case works at all, and its pins an operation. Others pin, too,
 * and can only add: the least of a few short trials is the nearest.
 */
static int try_case(struct io_run *run, struct bench_io *c)
{
	__u64 begun = clock_now_ns();
	int err = 0;

	for (enum arm arm = 0; arm < NR_ARMS; arm++)
		c->arm[arm].pins = -1;
	for (int trial = 0; trial < TRIALS && !err && !interrupted; trial++) {
		if (trial && (*run->b->no_pins || clock_now_ns() - begun > TRIAL_NS))
			break;
		for (enum arm arm = 0; arm < NR_ARMS && !err; arm++) {
			long long before = pins_taken(run), after;
			struct sum sum = { 0 };
			double pins;

			err = go(run, c, arm, c->depth < 8 ? 8 : c->depth, 0, &sum, NULL);
			after = pins_taken(run);
			if (err || before < 0 || after < 0 || !sum.ops)
				continue;
			pins = (double)(after - before) / sum.ops;
			if (c->arm[arm].pins < 0 || pins < c->arm[arm].pins)
				c->arm[arm].pins = pins;
		}
	}
	return err;
}

/* ---- setting up -------------------------------------------------------------------------- */

static void list_cases(struct bench *b)
{
	bool write = b->o->write;

	b->io = must_alloc(2 * 2 * NR_BLOCKS * NR_DEPTHS, sizeof(*b->io));
	for (int w = 0; w <= write; w++)
		for (int direct = 1; direct >= 0; direct--)
			for (int block = 0; block < NR_BLOCKS; block++)
				for (int depth = 0; depth < NR_DEPTHS; depth++) {
					struct bench_io *c = &b->io[b->nr_io++];

					c->write = w;
					c->direct = direct;
					c->block_bytes = blocks[block];
					c->depth = depths[depth];
					for (enum arm arm = 0; arm < NR_ARMS; arm++)
						c->arm[arm].opcode = opcodes[w][arm];
				}
}

static void open_lane(struct io_run *run, struct bench_lane *lane, unsigned int block,
		      unsigned int depth)
{
	struct iovec iov[MAX_DEPTH];
	int err = bench_ring(run->b, &lane->ring, depth);

	if (err) {
		snprintf(lane->refused, BENCH_REASON, "io_uring_setup: %s", strerror(-err));
		return;
	}
	for (unsigned int i = 0; i < depth; i++)
		iov[i] = (struct iovec){ run->pool + (size_t)i * block, block };
	err = ring_raw_register_buffers(&lane->ring, iov, depth);
	if (err)
		bench_refused(lane->refused, (size_t)block * depth, err);
}

/* So that buffered reads find it there. */
static void fill_page_cache(const struct io_run *run)
{
	const struct bench_file *f = &run->b->file;

	for (__u64 at = 0; at < f->bytes / 2 && !interrupted; at += MAX_BLOCK)
		if (pread(f->buffered, run->pool, MAX_BLOCK, at) <= 0)
			return;
}

static void prepare_case(struct io_run *run, struct bench_io *c)
{
	const struct bench_file *f = &run->b->file;
	const struct bench_lane *lane = lane_of(run, c);
	char size[FMT_LEN];

	if (c->direct && f->direct < 0)
		snprintf(c->skipped, BENCH_REASON, "O_DIRECT is refused there: %s",
			 strerror(f->direct_errno));
	else if (f->bytes / 2 < c->block_bytes)
		snprintf(c->skipped, BENCH_REASON, "the file is below %s",
			 fmt_bytes_long(size, 2 * c->block_bytes));
	else if (*lane->refused)
		memcpy(c->skipped, lane->refused, BENCH_REASON);
	else if (try_case(run, c))
		snprintf(c->skipped, BENCH_REASON, "%.150s", err_text());
}

/* ---- the rounds ------------------------------------------------------------------------ */

static void rounds(struct io_run *run, __u64 end_ns)
{
	struct bench *b = run->b;
	__u64 nr = 0, wanted, begun = clock_now_ns(), left = 0;

	for (size_t i = 0; i < b->nr_io; i++)
		nr += !*b->io[i].skipped;
	if (!nr)
		return;
	wanted = end_ns > begun ? (end_ns - begun) / (nr * ROUND_NS) : 0;
	wanted = wanted < BENCH_ROUNDS ? BENCH_ROUNDS : wanted > BENCH_MAX ? BENCH_MAX : wanted;
	left = wanted * nr;
	for (__u64 round = 0; round < wanted && !interrupted; round++) {
		for (size_t i = 0; i < b->nr_io && !interrupted; i++) {
			struct bench_io *c = &b->io[i];
			__u64 now = clock_now_ns();

			if (*c->skipped)
				continue;
			/* late: every case gets one round, and no more */
			if (c->rounds && now >= end_ns)
				return;
			bench_progress(b, "round %llu of %llu: %s %s %uK x %u", round + 1, wanted,
				       c->direct ? "direct" : "buffered",
				       c->write ? "writes" : "reads", c->block_bytes >> 10,
				       c->depth);
			if (one_round(run, c, now < end_ns ? (end_ns - now) / left : 0))
				snprintf(c->skipped, BENCH_REASON, "%.150s", err_text());
			left--;
		}
	}
}

int bench_io_run(struct bench *b, __u64 end_ns)
{
	struct io_run run = { .b = b, .random = 88172645463325252ULL };

	list_cases(b);
	run.pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	if (run.pool == MAP_FAILED)
		return err_set(ENOMEM, "no memory for the buffers: %zu MiB", POOL_BYTES >> 20);
	/* pages as a program's heap has them; a kernel without huge pages refuses, and has none */
	madvise(run.pool, POOL_BYTES, MADV_NOHUGEPAGE);
	memset(run.pool, 0x5a, POOL_BYTES);
	open_pins(&run);
	for (int block = 0; block < NR_BLOCKS; block++)
		for (int depth = 0; depth < NR_DEPTHS; depth++)
			open_lane(&run, &run.lanes[block][depth], blocks[block], depths[depth]);
	fill_page_cache(&run);
	for (size_t i = 0; i < b->nr_io && !interrupted; i++) {
		bench_progress(b, "trying case %zu of %zu", i + 1, b->nr_io);
		prepare_case(&run, &b->io[i]);
	}
	rounds(&run, end_ns);
	for (int block = 0; block < NR_BLOCKS; block++)
		for (int depth = 0; depth < NR_DEPTHS; depth++)
			ring_raw_close(&run.lanes[block][depth].ring);
	if (run.stat_refresh >= 0)
		close(run.stat_refresh);
	munmap(run.pool, POOL_BYTES);
	return 0;
}
