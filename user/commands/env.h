/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line asked for, and the commands that answer it. */
#ifndef FIXBUF_COMMANDS_ENV_H
#define FIXBUF_COMMANDS_ENV_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/err.h"
#include "base/output.h"
#include "checks/finding.h"
#include "model/selection.h"
#include "model/tier.h"

#define RING_BUFFER_KIB 4096	/* the default */
#define RECORD_RING_BUFFER_KIB 16384 /* the default of record, which shall lose least */
#define MAX_SERIES 500		/* likewise */
#define VERIFY_INTERVAL_NS 60000000000ULL

enum export_by { EXPORT_BY_COMM, EXPORT_BY_PID, EXPORT_BY_RING };

/* What report shows. */
enum report_view {
	REPORT_SUMMARY,		/* unless another is asked for */
	REPORT_TRACE,
	REPORT_LIST,
	REPORT_VERIFY,
	REPORT_STAT,
	REPORT_FOLDED,
	REPORT_PERFETTO,
	REPORT_HTML,
};

/* What makes a stack of report --folded wide. */
enum folded_by {
	BY_COUNT,		/* calls */
	BY_PINNED,		/* pages */
	BY_CHARGED,		/* pages */
	BY_TIME,		/* of calls, ns */
};

struct env {
	struct output output;
	struct selection select;
	__u64 duration_ns;	/* 0 = until interrupted */
	__u64 interval_ns;
	enum severity fail_on;
	bool every_page;
	bool watch;
	bool stacks;
	enum tier tier;		/* TIER_BEST unless forced */
	const char *btf;	/* kernel BTF from a file, NULL = /sys/kernel/btf/vmlinux */
	unsigned int ring_buffer_kib;
	bool io;		/* trace, record */
	bool counters;		/* of all I/O beside the facts: record */
	bool append, snapshot;	/* record */
	__u64 max_bytes;	/* record, 0 = as much as it comes to */
	__u32 sample;		/* one I/O in so many */
	bool by_opcode, by_buffer, hist, advise, no_latency; /* stat */
	const char *file;	/* bench, NULL = a temporary one */
	bool write;
	enum report_view report;
	const char *at;		/* report --list: the moment, NULL = the end */
	enum folded_by folded_by; /* report --folded */
	const char *listen;	/* export: ADDR:PORT, NULL = the default */
	const char *textfile;
	bool once;
	enum export_by by;
	__u32 max_series;
	__u64 verify_interval_ns; /* 0 = never */
	char **program;		/* argv after --, NULL = none */
};

int cmd_trace(struct env *env);
int cmd_list(struct env *env);
int cmd_verify(struct env *env);
int cmd_contract(struct env *env);
int cmd_doctor(struct env *env);
int cmd_stat(struct env *env);
int cmd_bench(struct env *env);
int cmd_record(struct env *env);
int cmd_report(struct env *env);
int cmd_export(struct env *env);

#endif
