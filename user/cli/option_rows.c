// SPDX-License-Identifier: GPL-2.0
#include "cli/commands.h"
#include "cli/option_rows.h"

const struct option_row option_rows[] = {
	{ { "summary", KEY_SUMMARY, NULL, 0, "one page (the default)", 0 }, REPORT },
	{ { "trace", KEY_TRACE, NULL, 0, "the lines that trace would have printed", 0 }, REPORT },
	{ { "list", KEY_LIST, NULL, 0, "rings and their buffers, at the end or at --at", 0 }, REPORT },
	{ { "verify", KEY_VERIFY, NULL, 0, "what is wrong with charges, limits and releases", 0 },
	  REPORT },
	{ { "stat", KEY_STAT, NULL, 0, "I/O by process and ring", 0 }, REPORT },
	{ { "folded", KEY_FOLDED, NULL, 0, "stacks in one line each, for a flame graph", 0 }, REPORT },
	{ { "perfetto", KEY_PERFETTO, "OUT", 0, "write a timeline to OUT, for ui.perfetto.dev", 0 },
	  REPORT },
	{ { "html", KEY_HTML, "OUT", 0, "write one page of charts to OUT, for any browser", 0 },
	  REPORT },
	{ { "at", KEY_AT, "TIME", 0,
	    "with --list: so long after the start (2.5s), or at a time of day (14:03:22)", 1 },
	  REPORT },
	{ { "by", KEY_BY, "WHAT", 0,
	    "with --folded: what counts: pinned or charged pages, time, or count (default) of calls",
	    1 }, REPORT },
	{ { "pid", 'p', "PID[,PID]", 0, "only these processes", 1 },
	  TRACE | LIST | VERIFY | STAT | RECORD | REPORT },
	{ { "uid", 'u', "UID", 0, "only this user's processes", 1 },
	  TRACE | LIST | VERIFY | STAT | RECORD | REPORT },
	{ { "comm", KEY_COMM, "GLOB", 0, "only processes whose name matches", 1 },
	  TRACE | LIST | VERIFY | STAT | RECORD | REPORT },
	{ { "fail-on", KEY_FAIL_ON, "SEVERITY", 0,
	    "exit 1 from this severity on: error, warning (default) or info", 2 },
	  VERIFY | REPORT },
	{ { "pages", KEY_PAGES, NULL, 0, "one finding a page instead of merged ranges", 2 },
	  VERIFY },
	{ { "watch", KEY_WATCH, NULL, 0,
	    "go on, and tell a finding at the call that broke the balance", 2 }, VERIFY },
	{ { "duration", 'd', "TIME", 0, "end after this time: 500ms, 10s, 2m", 2 },
	  TRACE | VERIFY | STAT | BENCH | RECORD | EXPORT },
	{ { "interval", 'i', "TIME", 0, "show what happened in each interval: 1s, 500ms", 2 }, STAT },
	{ { "interval", 'i', "TIME", 0, "write down the counters of I/O that often (default 1s)", 2 },
	  RECORD },
	{ { "interval", 'i', "TIME", 0, "how often --textfile is written (default 15s)", 2 }, EXPORT },
	{ { "max-size", KEY_MAX_SIZE, "SIZE", 0, "end when the file is that large: 100M, 2G", 2 },
	  RECORD },
	{ { "snapshot", KEY_SNAPSHOT, NULL, 0,
	    "begin with every ring that exists, also those of tasks that are not selected", 2 },
	  RECORD },
	{ { "append", KEY_APPEND, NULL, 0, "add to the recording that FILE holds", 2 }, RECORD },
	{ { "by-opcode", KEY_BY_OPCODE, NULL, 0, "one line an opcode", 2 }, STAT | REPORT },
	{ { "by-buffer", KEY_BY_BUFFER, NULL, 0,
	    "which buffers are used, how far into them, and which never", 2 }, STAT | REPORT },
	{ { "hist", KEY_HIST, NULL, 0, "draw the latencies", 2 }, STAT | REPORT },
	{ { "advise", KEY_ADVISE, NULL, 0, "what would make it faster, with the evidence", 2 },
	  STAT | REPORT },
	{ { "no-latency", KEY_NO_LATENCY, NULL, 0, "count only: cheaper, no percentiles", 2 }, STAT },
	{ { "write", KEY_WRITE, NULL, 0, "measure writes, too: overwrites what is in FILE", 2 }, BENCH },
	{ { "io", KEY_IO, NULL, 0, "each I/O over a registered buffer, too, when it ends", 2 },
	  TRACE | RECORD },
	{ { "sample", KEY_SAMPLE, "N", 0,
	    "with --io: show one I/O in N on each cpu, count all", 2 }, TRACE | RECORD },
	{ { "tier", KEY_TIER, "TIER", 0,
	    "force how the kernel is watched: patched, functions, kprobes or tracepoints", 2 },
	  TRACE | VERIFY | DOCTOR | RECORD | EXPORT },
	{ { "btf", KEY_BTF, "FILE", 0, "relocate by the types in this BTF file instead of the kernel's own", 2 },
	  TRACE | LIST | VERIFY | DOCTOR | STAT | RECORD | EXPORT },
	{ { "stacks", KEY_STACKS, NULL, 0, "who called: the kernel's and the program's stack", 2 },
	  TRACE | VERIFY | RECORD },
	{ { "ring-buffer", KEY_RING_BUFFER, "KIB", 0,
	    "room for events that wait to be read (default 4096)", 2 }, TRACE | VERIFY | EXPORT },
	{ { "ring-buffer", KEY_RING_BUFFER, "KIB", 0,
	    "room for events that wait to be written (default 16384)", 2 }, RECORD },
	{ { "listen", KEY_LISTEN, "ADDR:PORT", 0, "where to serve (default 127.0.0.1:9836)", 2 }, EXPORT },
	{ { "textfile", KEY_TEXTFILE, "FILE", 0,
	    "write a file for node_exporter instead, every -i TIME; --listen does both", 2 },
	  EXPORT },
	{ { "once", KEY_ONCE, NULL, 0, "print it once, after the time of -d, and end", 2 }, EXPORT },
	{ { "by", KEY_BY, "LABEL", 0, "label by pid or ring, too; default: user and name", 2 }, EXPORT },
	{ { "max-series", KEY_MAX_SERIES, "N", 0,
	    "this many label sets, the rest is \"other\" (default 500)", 2 }, EXPORT },
	{ { "verify-interval", KEY_VERIFY_INTERVAL, "TIME", 0,
	    "check all pages so often (default 60s), 0: never", 2 }, EXPORT },
	{ { "json", KEY_JSON, NULL, 0, "JSON instead of text", 3 }, EVERY & ~(RECORD | EXPORT) },
	{ { "output", 'o', "FILE", 0, "write to FILE", 3 }, EVERY & ~RECORD },
	{ { "output", 'o', "FILE", 0, "the recording (default fixbuf.rec)", 3 }, RECORD },
	{ { "timestamps", 'T', NULL, 0, "begin each line with the time of day", 3 },
	  TRACE | REPORT },
	{ { "no-header", KEY_NO_HEADER, NULL, 0, "no column titles", 3 },
	  TRACE | LIST | VERIFY | CONTRACT | STAT | REPORT },
	{ { "quiet", 'q', NULL, 0, "no progress, no totals", 3 }, EVERY },
	{ { "verbose", 'v', NULL, 0, "say more; twice: what libbpf says", 3 }, EVERY },
	{ { "json-schema", KEY_JSON_SCHEMA, NULL, 0, "the JSON Schema of what --json prints", -1 },
	  EVERY & ~(RECORD | EXPORT) },
	{ { "completion", KEY_COMPLETION, "SHELL", 0,
	    "a script that completes this in bash, zsh or fish", -1 }, EVERY },
	{ { "help", 'h', NULL, 0, "this list", -1 }, EVERY },
	{ { "usage", KEY_USAGE, NULL, 0, "the options in short", -1 }, EVERY },
	{ { "version", 'V', NULL, 0, "the program's version", -1 }, EVERY },
};

const size_t nr_option_rows = sizeof(option_rows) / sizeof(option_rows[0]);

const struct option_row *option_row(int key, unsigned int command)
{
	const struct option_row *other = NULL;

	for (size_t i = 0; i < nr_option_rows; i++) {
		if (option_rows[i].o.key != key)
			continue;
		if (option_rows[i].commands & command)
			return &option_rows[i];
		other = &option_rows[i];
	}
	return other;
}
