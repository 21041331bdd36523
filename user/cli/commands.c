// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "cli/commands.h"
#include "commands/env.h"

const struct command commands[] = {
	{ "trace", "live lines, one an event, failures explained (the default)",
	  "Prints register, unregister, update and clone calls as they happen, the buffers they "
	  "made or dropped, what was pinned and charged, and why a call failed. An event marked ~ "
	  "was concluded from others, not seen.\v"
	  "Examples:\n"
	  "  fixbuf-trace trace                       # everything, until Ctrl-C\n"
	  "  fixbuf-trace trace -- ./server --fixed   # one program, from its first instruction\n"
	  "  fixbuf-trace trace -u 1000 --json -d 10s # one user's calls as JSON lines\n"
	  "  fixbuf-trace trace --io --sample 1000    # and one in 1000 of the I/Os\n",
	  cmd_trace, TAKES_PROGRAM },
	{ "list", "every ring of every process and its registered buffers, now",
	  "Shows each ring, who holds it, whose limit it counts against and how much of that is "
	  "used, and each registered buffer with its folio size and charge.\v"
	  "Examples:\n"
	  "  fixbuf-trace list                  # all rings\n"
	  "  fixbuf-trace list -p 812,977       # of two processes\n"
	  "  fixbuf-trace list --json -o a.json # for a program\n",
	  cmd_list, TAKES_NOTHING },
	{ "verify", "checks page pinning, mapping and accounting, now; exits 1 on a finding",
	  "Checks page by page that each registered buffer is pinned, that its pages are still "
	  "those mapped at its address, and that the sum is charged right. With --watch it goes on "
	  "and checks after each call, until Ctrl-C, the time of -d or the end of PROGRAM; -d, "
	  "--stacks, --tier, --ring-buffer and PROGRAM are for --watch only. The exit status is 1 "
	  "when something was found, else PROGRAM's own.\v"
	  "Examples:\n"
	  "  fixbuf-trace verify                    # everything; exit status 1 on a finding\n"
	  "  fixbuf-trace verify -p 812 --pages     # one process, page by page\n"
	  "  fixbuf-trace verify --fail-on error    # warnings do not fail\n"
	  "  fixbuf-trace verify --watch -- ./server # at which call it breaks\n",
	  cmd_verify, TAKES_PROGRAM },
	{ "contract", "runs the contract of registered buffers against this kernel",
	  "Tries each clause of the contract with rings of its own and prints whether it holds, "
	  "differs in a known way, or fails. Leaves nothing behind.\v"
	  "Examples:\n"
	  "  fixbuf-trace contract                     # a table, one line a clause\n"
	  "  fixbuf-trace contract --json              # for a program\n"
	  "  fixbuf-trace contract -o before.txt       # kept, to compare kernels\n",
	  cmd_contract, TAKES_NOTHING },
	{ "doctor", "which tier and attach points, which limits, what to do about it",
	  "Says how well this kernel can be watched, which attach points were chosen or refused "
	  "and why, and what to do about what is missing.\v"
	  "Examples:\n"
	  "  fixbuf-trace doctor           # a report for a person\n"
	  "  fixbuf-trace doctor --json    # for a program\n"
	  "  fixbuf-trace doctor -v        # with what libbpf says\n",
	  cmd_doctor, TAKES_NOTHING },
	{ "stat", "I/O by process and ring: how much is fixed, how fast, what failed",
	  "Counts reads, writes, sends and commands of io_uring, those over registered buffers and "
	  "the plain ones beside them: rates, bytes, latency from submission to completion, errors, "
	  "requests handed to workers. In total when it ends, or every interval.\v"
	  "Examples:\n"
	  "  fixbuf-trace stat -i 1                         # live, like top; q ends, s sorts\n"
	  "  fixbuf-trace stat --hist -- ./server --fixed   # around one program\n"
	  "  fixbuf-trace stat -d 10s --by-buffer --advise  # which buffers are hot, what to change\n",
	  cmd_stat, TAKES_PROGRAM },
	{ "bench", "what registered buffers buy here, and what registering costs",
	  "Reads FILE (a file or a block device; a temporary file unless one is named) with READ and "
	  "with READ_FIXED, side by side in rounds, over block sizes, queue depths, O_DIRECT and "
	  "the page cache: operations a second, CPU time, latency and pins of each; then times "
	  "register, clone and unregister by size and page size. FILE is only read, unless --write "
	  "is given. Takes about 20 s; needs no privilege, but for counting pins and for "
	  "buffers beyond RLIMIT_MEMLOCK.\v"
	  "Examples:\n"
	  "  fixbuf-trace bench                         # on a temporary file, 20 s\n"
	  "  fixbuf-trace bench -d 2m /dev/nvme0n1      # a device, only read\n"
	  "  fixbuf-trace bench --write --json scratch  # overwrites the file 'scratch'\n",
	  cmd_bench, TAKES_FILE },
	{ "record", "events to a file, for 'report' here or on another machine",
	  "Writes down what trace would show, with explanations, stacks and what was lost, the "
	  "rings that exist already, and the counters of all I/O in each interval, until Ctrl-C, "
	  "the time of -d, the size of --max-size, or the end of PROGRAM, whose exit status it "
	  "returns.\v"
	  "Examples:\n"
	  "  fixbuf-trace record -- ./server --fixed     # one program, to fixbuf.rec\n"
	  "  fixbuf-trace record --stacks --io -d 1m     # a minute of all, with each I/O and who called\n"
	  "  fixbuf-trace record -o a.rec --max-size 1G  # until Ctrl-C, or a GiB\n",
	  cmd_record, TAKES_PROGRAM },
	{ "report", "what a recording holds, in every view; needs no privilege",
	  "Reads FILE (fixbuf.rec unless one is named), which record wrote here or on another "
	  "machine, and prints one page: who registered what, for how long and at what cost, what "
	  "was used, what failed and why, what leaked. Or, with one of the options below, what the "
	  "live command of that name would have printed. Exits 1 when --verify found something, 2 "
	  "for a file that is damaged.\v"
	  "Examples:\n"
	  "  fixbuf-trace report                      # one page about fixbuf.rec\n"
	  "  fixbuf-trace report --list --at 2.5s a.rec # what was registered 2.5 s after its start\n"
	  "  fixbuf-trace report --folded --by pinned | flamegraph.pl > pinned.svg\n",
	  cmd_report, TAKES_FILE },
	{ "export", "metrics for Prometheus: an OpenMetrics endpoint, or a file for node_exporter",
	  "Serves GET /metrics and /healthz, and counts from its start on: what is registered, pinned "
	  "and charged, each user's limit and headroom, calls and their time, I/O and its latency, "
	  "and what a check of all pages in the background found. It keeps no capability that it "
	  "does not need.\v"
	  "Examples:\n"
	  "  fixbuf-trace export                              # http://127.0.0.1:9836/metrics\n"
	  "  fixbuf-trace export --textfile /var/lib/prometheus/node-exporter/fixbuf.prom\n"
	  "  fixbuf-trace export --once -d 10s                # ten seconds, to standard output\n",
	  cmd_export, TAKES_NOTHING },
};

const size_t nr_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; i < nr_commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

unsigned int command_bit(const struct command *cmd)
{
	return 1U << (cmd - commands);
}
