/* SPDX-License-Identifier: GPL-2.0 */
/* What registering buys and costs on this machine: the cases, and what was measured. */
#ifndef FIXBUF_COMMANDS_BENCH_BENCH_H
#define FIXBUF_COMMANDS_BENCH_BENCH_H

#include <abi/hist.h>
#include "base/output.h"
#include "commands/bench/file.h"

#define BENCH_ROUNDS	7	/* at least, unless time runs out */
#define BENCH_MAX	101	/* rounds or repetitions */
#define BENCH_REASON	160

enum arm { PLAIN, FIXED, NR_ARMS };

struct bench_arm {
	unsigned int opcode;
	__u64 ops;			/* in all rounds */
	double iops[BENCH_MAX];		/* by round */
	double cpu_ns[BENCH_MAX];	/* an operation, by round */
	__u64 hist[HIST_BUCKETS];	/* ns from submission to completion, all rounds */
	double pins;			/* an operation; below 0 = not known */
};

/* One kind of I/O, plain and fixed. */
struct bench_io {
	bool write, direct;
	unsigned int block_bytes, depth;
	unsigned int rounds;
	struct bench_arm arm[NR_ARMS];
	char skipped[BENCH_REASON];	/* why it was not measured; "" = it was */
};

enum bench_pages { PAGES_SMALL, PAGES_THP, PAGES_HUGETLB, NR_PAGES };
enum bench_timed { TIMED_REGISTER, TIMED_CLONE, TIMED_UNREGISTER, NR_TIMED };

/* One buffer, registered, cloned and dropped. */
struct bench_register {
	enum bench_pages pages;
	size_t bytes, page_bytes;
	unsigned int nr;
	double ns[NR_TIMED][BENCH_MAX];
	char skipped[BENCH_REASON], no_clone[BENCH_REASON];
};

struct bench_options {
	struct output output;
	__u64 duration_ns;
	const char *file;	/* NULL = a temporary one */
	bool write;		/* measure writes, too */
};

struct bench {
	const struct bench_options *o;
	struct bench_file file;
	struct bench_io *io;
	size_t nr_io;
	struct bench_register *regs;
	size_t nr_regs;
	__u64 begun_ns, end_ns;
	bool defer_taskrun;		/* the rings' flags, where the kernel has them */
	char no_pins[BENCH_REASON];	/* why pins are not counted; "" = they are */
	bool progress;
};

/* Each takes its share of the time; 0 or -errno with a sentence. */
int bench_io_run(struct bench *b, __u64 end_ns);
int bench_register_run(struct bench *b, __u64 end_ns);

#endif
