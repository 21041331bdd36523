// SPDX-License-Identifier: GPL-2.0
/* fixbuf-trace bench: what registering buys on this machine, and what it costs. */
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/own_ring.h"
#include "base/signals.h"
#include "base/system.h"
#include "commands/bench/bench.h"
#include "commands/bench/rig.h"
#include "commands/bench/view.h"
#include "commands/option.h"

#define DEFAULT_NS	20000000000ULL
#define REGISTER_SHARE	4	/* one part of that many is for the cost of registering */

/* 0, or an exit status with a sentence. */
static int need_ring(struct bench *b)
{
	struct ring_raw r;
	int err = bench_ring(b, &r, 1);

	ring_raw_close(&r);
	return ring_raw_cannot(err);
}

/* As far as the user may: the larger buffers need it. */
static void raise_limit(void)
{
	struct rlimit rl;

	if (!getrlimit(RLIMIT_MEMLOCK, &rl)) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &rl);
	}
}

static int run(void *options)
{
	const struct bench_options *o = options;
	struct bench b = {
		.o = o,
		.progress = isatty(STDERR_FILENO) && !o->output.quiet,
	};
	__u64 all_ns = o->duration_ns ? o->duration_ns : DEFAULT_NS;
	int status = need_ring(&b), err;

	if (status)
		return status;
	b.begun_ns = clock_now_ns();
	b.end_ns = b.begun_ns + all_ns;
	if (!o->file)
		bench_progress(&b, "preparing the file");
	status = bench_file_open(&b.file, o->file, o->write);
	if (!status) {
		raise_limit();
		err = bench_io_run(&b, b.end_ns - all_ns / REGISTER_SHARE);
		if (!err && !interrupted)
			err = bench_register_run(&b, b.end_ns);
		if (b.progress)
			fprintf(stderr, "\r%66s\r", "");
		if (err)
			status = cannot("%s", err_text());
		else
			view_bench(&b);
		if (!err && interrupted)
			status = 128 + interrupted;
	}
	bench_file_close(&b.file);
	free(b.io);
	free(b.regs);
	return status;
}

static const struct option_row options[] = {
	ROW_FILE(struct bench_options, parse_input),
	ROW_DURATION(struct bench_options),
	{ .name = "write", .help = "also measure writes; this overwrites FILE",
	  .parse = parse_flag, .offset = offsetof(struct bench_options, write), .group = GROUP_HOW },
	ROW_JSON,
	ROW_OUTPUT,
	ROWS_SAID,
	{ 0 }
};

const struct command bench_command = {
	.name = "bench",
	.summary = "how much faster registered buffers are on this machine, and what registering costs",
	.text = "Reads FILE (a file or a block device; a temporary file unless one is named) with READ and "
		"with READ_FIXED, side by side in rounds, over block sizes, queue depths, O_DIRECT and "
		"the page cache: operations per second, CPU time, latency and pins of each; then times "
		"register, clone and unregister by size and page size. FILE is only read, unless --write "
		"is given. Takes about 20 s; needs no privilege, except for counting pins and for "
		"buffers beyond RLIMIT_MEMLOCK.\v"
		"Examples:\n"
		"  fixbuf-trace bench                         # on a temporary file, 20 s\n"
		"  fixbuf-trace bench -d 2m /dev/nvme0n1      # a device, only read\n"
		"  fixbuf-trace bench --write --json scratch  # overwrites the file 'scratch'\n",
	.options = options,
	.options_size = sizeof(struct bench_options),
	.run = run,
};
