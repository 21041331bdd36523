/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of options that several commands take, and the parsers of all. */
#ifndef FIXBUF_COMMANDS_OPTION_H
#define FIXBUF_COMMANDS_OPTION_H

#include "base/output.h"
#include "capture/capture.h"
#include "checks/finding.h"
#include "commands/command.h"
#include "model/selection.h"
#include "views/trace_filter.h"

#define parser(name) bool name(const struct option_row *row, const char *arg, void *at)

parser(parse_flag);	/* bool = true */
parser(parse_count);	/* int + 1 */
parser(parse_word);	/* int = index of the argument in row->words */
parser(parse_text);	/* const char *, the argument itself */
parser(parse_input);	/* the same: a file to read, which -o must not empty */
parser(parse_pid_list);	/* struct selection */
parser(parse_user);	/* struct selection: a number or a name */
parser(parse_comm);	/* struct selection: one more glob */
parser(parse_cgroup);	/* struct selection: what is named by row->value, an enum cgroup_by */
parser(parse_run_as);	/* const char *, the name or number of a user that there is */
parser(parse_time);	/* __u64, nanoseconds */
parser(parse_interval);	/* the same, from 1 ms on: less is done again and again without a pause */
parser(parse_bytes);	/* __u64 */
parser(parse_number);	/* __u32, from 1 on */
parser(parse_tier);	/* enum tier */
parser(parse_room);	/* unsigned int, KiB: a power of two */
parser(parse_calls);	/* struct trace_filter: calls */
parser(parse_events);	/* the same: those of a list of names */
parser(parse_fd);	/* the same: the ring's descriptor */
parser(parse_ring);	/* the same: the ring's address */
parser(parse_ops);	/* the same: opcodes of a list of names */
parser(parse_ignore);	/* struct ignored: one more */
parser(parse_ignore_file); /* the same: those of a file */

extern char refusal_ignore[], refusal_ignore_file[], refusal_run_as[], refusal_uid[]; /* filled when it is refused */

extern const char *const words_time[], *const words_tier[], *const words_severity[],
	*const words_room[], *const words_count[], *const words_size[],
	*const words_colour[];

#define UNKNOWN_USER "unknown user '%s'; give a name or a number, as 'id -u NAME' prints"

/* .type is the command's struct of options. */
#define ROW_PROGRAM(type) \
	{ .arg = "PROGRAM", .help = "", .offset = offsetof(type, program) }
#define ROW_RUN_AS(type) \
	{ .name = "run-as", .arg = "USER", \
	  .help = "run PROGRAM as this user, in the user's groups (default: as who calls, with all rights)", \
	  .parse = parse_run_as, .offset = offsetof(type, run_as), .group = GROUP_TARGET, \
	  .refusal = refusal_run_as }
#define ROW_FILE(type, parser) \
	{ .arg = "FILE", .help = "", .parse = parser, .offset = offsetof(type, file) }

/* Of what is recorded. */
#define ROWS_WHO(type) \
	{ .name = "pid", .letter = 'p', .arg = "PID[,PID]", .help = "only these processes", \
	  .parse = parse_pid_list, .offset = offsetof(type, select), .group = GROUP_TARGET, \
	  .refusal = "'%s' is not a list of process ids; give -p 812 or -p 812,977" }, \
	{ .name = "uid", .letter = 'u', .arg = "USER", \
	  .help = "only this user's processes: a name or a number", \
	  .parse = parse_user, .offset = offsetof(type, select), .group = GROUP_TARGET, \
	  .refusal = refusal_uid }, \
	{ .name = "comm", .arg = "GLOB", .help = "only processes whose name matches; may be repeated", \
	  .parse = parse_comm, .offset = offsetof(type, select), .group = GROUP_TARGET }

#define ROW_CGROUP(type, by, of, what, text) \
	{ .name = of, .arg = what, .help = text, .value = by, .parse = parse_cgroup, \
	  .offset = offsetof(type, select), .group = GROUP_TARGET, \
	  .refusal = "'%s' is empty, or a second one; give one of --cgroup, --unit and --container" }
/* Of what runs. */
#define ROWS_SELECTION(type) \
	ROWS_WHO(type), \
	ROW_CGROUP(type, CGROUP_BY_PATH, "cgroup", "PATH", \
		   "only processes in this control group, or below it"), \
	ROW_CGROUP(type, CGROUP_BY_UNIT, "unit", "NAME", "the same: of this systemd unit"), \
	ROW_CGROUP(type, CGROUP_BY_CONTAINER, "container", "ID", \
		   "the same: of the container whose id begins so")

#define ROW_NO_FOLLOW(type, with) \
	{ .name = "no-follow", .help = with "-p: leave out what these processes start", \
	  .parse = parse_flag, .offset = offsetof(type, select.no_follow), .group = GROUP_TARGET }

#define ROW_DURATION(type) \
	{ .name = "duration", .letter = 'd', .arg = "TIME", .words = words_time, \
	  .help = "end after this time: 500ms, 10s, 2m", .parse = parse_time, \
	  .offset = offsetof(type, duration_ns), .group = GROUP_HOW, \
	  .refusal = "'%s' is not a duration; give 500ms, 10s or 2m" }
#define ROW_INTERVAL(type, text) \
	{ .name = "interval", .letter = 'i', .arg = "TIME", .words = words_time, .help = text, \
	  .parse = parse_interval, .offset = offsetof(type, interval_ns), .group = GROUP_HOW, \
	  .refusal = "'%s' is not an interval of 1ms or more; give 500ms, 1s or 1m" }
#define ROW_FAIL_ON(type) \
	{ .name = "fail-on", .arg = "SEVERITY", .words = words_severity, \
	  .help = "exit 1 on findings this bad or worse: error, warning (default), info", \
	  .parse = parse_word, .offset = offsetof(type, fail_on), .group = GROUP_HOW, \
	  .refusal = "'%s' is not a severity; give error, warning or info" }
#define ROW_ALLOW_UNSETTLED(type) \
	{ .name = "allow-unsettled", \
	  .help = "exit 0, not 4, where nothing was found and not all could be settled", \
	  .parse = parse_flag, .offset = offsetof(type, allow_unsettled), .group = GROUP_HOW }
#define ROWS_IGNORE(type, with) \
	{ .name = "ignore", .arg = "TAG[:WHOSE]", .words = finding_tag_list.words, \
	  .help = with "count, do not tell, this tag: of all, a user or name", \
	  .parse = parse_ignore, .offset = offsetof(type, ignored), .group = GROUP_HOW, \
	  .refusal = refusal_ignore }, \
	{ .name = "ignore-file", .arg = "FILE", \
	  .help = with "the same, of each line of FILE; # begins a comment", \
	  .parse = parse_ignore_file, .offset = offsetof(type, ignored), .group = GROUP_HOW, \
	  .refusal = refusal_ignore_file }
#define ROW_TIER(type) \
	{ .name = "tier", .arg = "TIER", .words = words_tier, \
	  .help = "use this tier: patched, functions, kprobes or tracepoints (default: the best available)", \
	  .parse = parse_tier, .offset = offsetof(type, how.tier), .group = GROUP_ADVANCED, \
	  .refusal = "'%s' is not a tier; give patched, functions, kprobes or tracepoints" }
#define ROW_BTF(type) \
	{ .name = "btf", .arg = "FILE", \
	  .help = "take the kernel's types from this BTF file instead of the kernel", \
	  .parse = parse_input, .offset = offsetof(type, how.btf), .group = GROUP_ADVANCED }
#define ROW_STACKS(type, text) \
	{ .name = "stacks", .help = text, \
	  .parse = parse_flag, .offset = offsetof(type, how.stacks), .group = GROUP_HOW }
#define ROW_SYSCALLS(type) \
	{ .name = "syscalls", \
	  .help = "also see rings that were not made, calls refused early and durations; every task of the machine pays a little (default with PROGRAM)", \
	  .parse = parse_flag, .offset = offsetof(type, how.syscalls), .group = GROUP_ADVANCED }
#define ROW_RING_BUFFER(type, text) \
	{ .name = "ring-buffer", .arg = "KIB", .words = words_room, .help = text, \
	  .parse = parse_room, .offset = offsetof(type, how.ring_buffer_kib), .group = GROUP_ADVANCED, \
	  .refusal = "'%s' is not a buffer size; give a power of two from 4 to 1048576" }
#define ROW_RAW_ADDRESSES(type, text) \
	{ .name = "raw-addresses", .help = text, .parse = parse_flag, \
	  .offset = offsetof(type, raw_addresses), .group = GROUP_ADVANCED }
#define ROW_IO(type, text) \
	{ .name = "io", .help = text, \
	  .parse = parse_flag, .offset = offsetof(type, io), .group = GROUP_HOW }
#define ROW_SAMPLE(type, text) \
	{ .name = "sample", .arg = "N", .words = words_count, \
	  .help = text, .parse = parse_number, \
	  .offset = offsetof(type, sample), .group = GROUP_HOW, \
	  .refusal = "'%s' is not a number from 1 to 1000000000; give N for one I/O in N" }

/* .filter is a struct trace_filter. */
#define ROWS_FILTER(type, with) \
	{ .name = "calls", .help = with "only calls, a line for each", \
	  .parse = parse_calls, .offset = offsetof(type, filter), .group = GROUP_VIEW }, \
	{ .name = "events", .arg = "EVENTS", .words = trace_event_names, \
	  .help = with "only these: register,update", .parse = parse_events, \
	  .offset = offsetof(type, filter), .group = GROUP_VIEW, \
	  .refusal = "'%s' is not a list of events; give names as the column EVENT has them, such as register,update" }, \
	{ .name = "fd", .arg = "FD", .help = with "only rings that are this descriptor in their process", \
	  .parse = parse_fd, .offset = offsetof(type, filter), .group = GROUP_VIEW, \
	  .refusal = "'%s' is not a descriptor; give --fd 7" }, \
	{ .name = "ring", .arg = "ADDR", .help = with "only this ring: 0x... as list, or JSON, names it", \
	  .parse = parse_ring, .offset = offsetof(type, filter), .group = GROUP_VIEW, \
	  .refusal = "'%s' is not a ring; give its address as list, or the member ring of JSON, has it: 0x and up to 16 digits" }, \
	{ .name = "op", .arg = "OPS", .words = trace_op_names, \
	  .help = with "only I/O of these opcodes: READ_FIXED,SEND_ZC", .parse = parse_ops, \
	  .offset = offsetof(type, filter), .group = GROUP_VIEW, \
	  .refusal = "'%s' is not a list of opcodes over registered buffers, which alone have lines; give names such as READ_FIXED,SEND_ZC" }, \
	{ .name = "min-size", .arg = "BYTES", .words = words_size, .parse = parse_bytes, \
	  .help = with "only buffers, pins, charges, I/O of that size or more", \
	  .offset = offsetof(type, filter.min_bytes), .group = GROUP_VIEW, \
	  .refusal = "'%s' is not a size; give 65536, 64K or 1M" }, \
	{ .name = "failed", .help = with "only what failed, or did not do all", .parse = parse_flag, \
	  .offset = offsetof(type, filter.failed), .group = GROUP_VIEW }, \
	{ .name = "slow", .arg = "TIME", .words = words_time, \
	  .help = with "only what took so long at least: calls, pins, I/O", .parse = parse_time, \
	  .offset = offsetof(type, filter.slow_ns), .group = GROUP_VIEW, \
	  .refusal = "'%s' is not a duration; give 10us, 1ms or 1s" }

#define ROW_JSON \
	{ .name = "json", .help = "print JSON instead of text", .parse = parse_flag, \
	  .offset = offsetof(struct output, json), .group = GROUP_OUTPUT }
#define ROW_CSV \
	{ .name = "csv", .help = "print one table as CSV, with the names that JSON has", .parse = parse_flag, \
	  .offset = offsetof(struct output, csv), .group = GROUP_OUTPUT }
#define RULE_CSV \
	{ "csv", EXCLUDES, "json", "--csv and --json are two forms of the same; give one of them" }
#define ROW_OUTPUT_AS(text) \
	{ .name = "output", .letter = 'o', .arg = "FILE", .help = text, .parse = parse_text, \
	  .offset = offsetof(struct output, path), .group = GROUP_OUTPUT }
#define ROW_OUTPUT ROW_OUTPUT_AS("write to FILE")
#define ROW_TIMESTAMPS \
	{ .name = "timestamps", .letter = 'T', .help = "begin the line of each event, or ring, with the time of day", \
	  .parse = parse_flag, .offset = offsetof(struct output, timestamps), .group = GROUP_OUTPUT }
#define ROW_NO_HEADER \
	{ .name = "no-header", .help = "print no column titles", .parse = parse_flag, \
	  .offset = offsetof(struct output, no_header), .group = GROUP_OUTPUT }
/* Of a command whose findings are coloured. */
#define ROW_COLOUR \
	{ .name = "color", .arg = "WHEN", .words = words_colour, .parse = parse_word, \
	  .help = "colour findings: auto (default), always or never", \
	  .offset = offsetof(struct output, colour), .group = GROUP_OUTPUT, \
	  .refusal = "'%s' is not when to colour; give auto, always or never" }
#define ROWS_SAID \
	{ .name = "quiet", .letter = 'q', .help = "print no progress and no totals", .parse = parse_flag, \
	  .offset = offsetof(struct output, quiet), .group = GROUP_OUTPUT }, \
	{ .name = "verbose", .letter = 'v', .help = "say more; twice: also what libbpf says", \
	  .parse = parse_count, .offset = offsetof(struct output, verbose), .group = GROUP_OUTPUT }

#endif
