// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alloc.h"
#include "err.h"
#include "fmt.h"
#include "kern.h"
#include "options.h"

enum {
	TRACE	 = 1 << 0,
	LIST	 = 1 << 1,
	VERIFY	 = 1 << 2,
	CONTRACT = 1 << 3,
	DOCTOR	 = 1 << 4,
	STAT	 = 1 << 5,
	BENCH	 = 1 << 6,
	EVERY	 = ~0,
};

static const struct command commands[] = {
	{ "trace", "live lines, one a fact, failures explained (the default)",
	  "Prints register, unregister, update and clone calls as they happen, the buffers they "
	  "made or dropped, what was pinned and charged, and why a call failed. A fact marked ~ "
	  "was concluded from others, not seen.\v"
	  "Examples:\n"
	  "  fixbuf-trace trace                       # everything, until Ctrl-C\n"
	  "  fixbuf-trace trace -- ./server --fixed   # one program, from its first instruction\n"
	  "  fixbuf-trace trace -u 1000 --json -d 10s # one user's calls as JSON lines\n"
	  "  fixbuf-trace trace --io --sample 1000    # and one in 1000 of the I/Os\n",
	  cmd_trace },
	{ "list", "every ring of every process and its registered buffers, now",
	  "Shows each ring, who holds it, whose limit it counts against and how much of that is "
	  "used, and each registered buffer with its folio size and charge.\v"
	  "Examples:\n"
	  "  fixbuf-trace list                  # all rings\n"
	  "  fixbuf-trace list -p 812,977       # of two processes\n"
	  "  fixbuf-trace list --json -o a.json # for a program\n",
	  cmd_list },
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
	  cmd_verify },
	{ "contract", "runs the contract of registered buffers against this kernel",
	  "Tries each clause of the contract with rings of its own and prints whether it holds, "
	  "differs in a known way, or fails. Leaves nothing behind.\v"
	  "Examples:\n"
	  "  fixbuf-trace contract                     # a table, one line a clause\n"
	  "  fixbuf-trace contract --json              # for a program\n"
	  "  fixbuf-trace contract -o before.txt       # kept, to compare kernels\n",
	  cmd_contract },
	{ "doctor", "which tier and attach points, which limits, what to do about it",
	  "Says how well this kernel can be watched, which attach points were chosen or refused "
	  "and why, and what to do about what is missing.\v"
	  "Examples:\n"
	  "  fixbuf-trace doctor           # a report for a person\n"
	  "  fixbuf-trace doctor --json    # for a program\n"
	  "  fixbuf-trace doctor -v        # with what libbpf says\n",
	  cmd_doctor },
	{ "stat", "I/O by process and ring: how much is fixed, how fast, what failed",
	  "Counts reads, writes, sends and commands of io_uring, those over registered buffers and "
	  "the plain ones beside them: rates, bytes, latency from submission to completion, errors, "
	  "requests handed to workers. In total when it ends, or every interval.\v"
	  "Examples:\n"
	  "  fixbuf-trace stat -i 1                         # live, like top; q ends, s sorts\n"
	  "  fixbuf-trace stat --hist -- ./server --fixed   # around one program\n"
	  "  fixbuf-trace stat -d 10s --by-buffer --advise  # which buffers are hot, what to change\n",
	  cmd_stat },
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
	  cmd_bench },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum key {
	KEY_COMM = 256, KEY_USAGE, KEY_JSON, KEY_NO_HEADER, KEY_FAIL_ON, KEY_PAGES, KEY_TIER, KEY_BTF,
	KEY_WATCH, KEY_STACKS, KEY_RING_BUFFER, KEY_BY_OPCODE, KEY_BY_BUFFER, KEY_HIST, KEY_ADVISE,
	KEY_NO_LATENCY, KEY_IO, KEY_SAMPLE, KEY_WRITE,
};

static const struct row {
	struct argp_option o;
	unsigned int commands;
} rows[] = {
	{ { "pid", 'p', "PID[,PID]", 0, "only these processes", 1 },
	  TRACE | LIST | VERIFY | STAT },
	{ { "uid", 'u', "UID", 0, "only this user's processes", 1 },
	  TRACE | LIST | VERIFY | STAT },
	{ { "comm", KEY_COMM, "GLOB", 0, "only processes whose name matches", 1 },
	  TRACE | LIST | VERIFY | STAT },
	{ { "fail-on", KEY_FAIL_ON, "SEVERITY", 0,
	    "exit 1 from this severity on: error, warning (default) or info", 2 }, VERIFY },
	{ { "pages", KEY_PAGES, NULL, 0, "one finding a page instead of merged ranges", 2 },
	  VERIFY },
	{ { "watch", KEY_WATCH, NULL, 0,
	    "go on, and tell a finding at the call that broke the balance", 2 }, VERIFY },
	{ { "duration", 'd', "TIME", 0, "end after this time: 500ms, 10s, 2m", 2 },
	  TRACE | VERIFY | STAT | BENCH },
	{ { "interval", 'i', "TIME", 0, "show what happened in each interval: 1s, 500ms", 2 }, STAT },
	{ { "by-opcode", KEY_BY_OPCODE, NULL, 0, "one line an opcode", 2 }, STAT },
	{ { "by-buffer", KEY_BY_BUFFER, NULL, 0,
	    "which buffers are used, how far into them, and which never", 2 }, STAT },
	{ { "hist", KEY_HIST, NULL, 0, "draw the latencies", 2 }, STAT },
	{ { "advise", KEY_ADVISE, NULL, 0, "what would make it faster, with the evidence", 2 }, STAT },
	{ { "no-latency", KEY_NO_LATENCY, NULL, 0, "count only: cheaper, no percentiles", 2 }, STAT },
	{ { "write", KEY_WRITE, NULL, 0, "measure writes, too: overwrites what is in FILE", 2 }, BENCH },
	{ { "io", KEY_IO, NULL, 0, "each I/O over a registered buffer, too, when it ends", 2 }, TRACE },
	{ { "sample", KEY_SAMPLE, "N", 0,
	    "with --io: show one I/O in N on each cpu, count all", 2 }, TRACE },
	{ { "tier", KEY_TIER, "TIER", 0,
	    "force how the kernel is watched: functions, kprobes or tracepoints", 2 },
	  TRACE | VERIFY | DOCTOR },
	{ { "btf", KEY_BTF, "FILE", 0, "relocate by the types in this BTF file instead of the kernel's own", 2 },
	  TRACE | LIST | VERIFY | DOCTOR | STAT },
	{ { "stacks", KEY_STACKS, NULL, 0, "who called: the kernel's and the program's stack", 2 },
	  TRACE | VERIFY },
	{ { "ring-buffer", KEY_RING_BUFFER, "KIB", 0,
	    "room for facts that wait to be read (default 4096)", 2 }, TRACE | VERIFY },
	{ { "json", KEY_JSON, NULL, 0, "JSON instead of text", 3 }, EVERY },
	{ { "output", 'o', "FILE", 0, "write to FILE", 3 }, EVERY },
	{ { "timestamps", 'T', NULL, 0, "begin each line with the time of day", 3 }, TRACE },
	{ { "no-header", KEY_NO_HEADER, NULL, 0, "no column titles", 3 },
	  TRACE | LIST | VERIFY | CONTRACT | STAT },
	{ { "quiet", 'q', NULL, 0, "no progress, no totals", 3 }, EVERY },
	{ { "verbose", 'v', NULL, 0, "say more; twice: what libbpf says", 3 }, EVERY },
	{ { "help", 'h', NULL, 0, "this list", -1 }, EVERY },
	{ { "usage", KEY_USAGE, NULL, 0, "the options in short", -1 }, EVERY },
	{ { "version", 'V', NULL, 0, "the program's version", -1 }, EVERY },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

#define MAX_SAMPLE 1000000000U

static bool takes_file;	/* the command that is being parsed */

static int parse_pids(struct env *env, const char *list)
{
	char *copy = strdup(list), *save = NULL;
	int err = 0;

	for (char *s = copy ? strtok_r(copy, ",", &save) : NULL; s && !err;
	     s = strtok_r(NULL, ",", &save)) {
		__u32 pid;

		err = parse_u32(s, &pid) || !pid ? -1 : 0;
		env->pids = must_realloc(env->pids, env->nr_pids + 1, sizeof(*env->pids));
		env->pids[env->nr_pids++] = pid;
	}
	free(copy);
	return env->nr_pids ? err : -1;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct env *env = state->input;

	switch (key) {
	case 'p':
		if (parse_pids(env, arg))
			argp_error(state, "'%s' is no list of process ids; give -p 812 or -p 812,977",
				   arg);
		break;
	case 'u':
		if (parse_u32(arg, &env->uid))
			argp_error(state, "'%s' is no user id; give a number, as 'id -u NAME' prints",
				   arg);
		env->has_uid = true;
		break;
	case KEY_COMM:
		env->comm = arg;
		break;
	case 'd':
		if (parse_duration(arg, &env->duration_ns))
			argp_error(state, "'%s' is no duration; give 500ms, 10s or 2m", arg);
		break;
	case KEY_FAIL_ON:
		if (!strcmp(arg, "error"))
			env->fail_on = SEVERITY_ERROR;
		else if (!strcmp(arg, "warning"))
			env->fail_on = SEVERITY_WARNING;
		else if (!strcmp(arg, "info"))
			env->fail_on = SEVERITY_INFO;
		else
			argp_error(state, "'%s' is no severity; give error, warning or info", arg);
		break;
	case KEY_TIER:
		env->tier = tier_by_name(arg);
		if (env->tier == TIER_UNKNOWN)
			argp_error(state, "'%s' is no tier; give functions, kprobes or tracepoints",
				   arg);
		break;
	case KEY_RING_BUFFER:
		if (parse_u32(arg, &env->ring_buffer_kib) || env->ring_buffer_kib < 4 ||
		    env->ring_buffer_kib > 1 << 20 ||
		    (env->ring_buffer_kib & (env->ring_buffer_kib - 1)))
			argp_error(state, "'%s' is no buffer size; give a power of two from 4 to 1048576",
				   arg);
		break;
	case KEY_PAGES:
		env->every_page = true;
		break;
	case 'i':
		if (parse_duration(arg, &env->interval_ns))
			argp_error(state, "'%s' is no interval; give 500ms, 1s or 1m", arg);
		break;
	case KEY_BY_OPCODE:
		env->by_opcode = true;
		break;
	case KEY_BY_BUFFER:
		env->by_buffer = true;
		break;
	case KEY_HIST:
		env->hist = true;
		break;
	case KEY_ADVISE:
		env->advise = true;
		break;
	case KEY_NO_LATENCY:
		env->no_latency = true;
		break;
	case KEY_WRITE:
		env->write = true;
		break;
	case KEY_IO:
		env->io = true;
		break;
	case KEY_SAMPLE:
		if (parse_u32(arg, &env->sample) || !env->sample || env->sample > MAX_SAMPLE)
			argp_error(state, "'%s' is no share; give N from 1 to %u to show one I/O in N",
				   arg, MAX_SAMPLE);
		break;
	case KEY_WATCH:
		env->watch = true;
		break;
	case KEY_STACKS:
		env->stacks = true;
		break;
	case KEY_BTF:
		env->btf = arg;
		if (kern_use_types(arg))
			exit(misuse("%s", err_text()));
		break;
	case KEY_JSON:
		env->json = true;
		break;
	case 'o':
		env->output = arg;
		break;
	case 'T':
		env->timestamps = true;
		break;
	case KEY_NO_HEADER:
		env->no_header = true;
		break;
	case 'q':
		env->quiet = true;
		break;
	case 'v':
		env->verbose++;
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		break;
	case KEY_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		break;
	case 'V':
		puts(PROGRAM_NAME " " VERSION);
		exit(EXIT_DONE);
	case ARGP_KEY_ARG:
		if (takes_file && !env->file) {
			env->file = arg;
			break;
		}
		if (takes_file)
			argp_error(state, "'%s' is one file too many; name one", arg);
		argp_error(state, "'%s' is not understood here; a program to run goes after --", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const char overview[] =
	"Shows what the kernel does with io_uring registered buffers: what is pinned, who is charged, "
	"why a call failed, and whether the pages are still the program's.\v";

static char *overview_filter(int key, const char *text, void *input)
{
	char *out = NULL;
	size_t len;
	FILE *f;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	f = open_memstream(&out, &len);
	if (!f)
		return (char *)text;
	fprintf(f, "Commands:\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(f, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fprintf(f, "\n'" PROGRAM_NAME " COMMAND --help' tells each one's options.\n\nExamples:\n"
		"  fixbuf-trace -- ./server         # what a program registers, from its start\n"
		"  fixbuf-trace list                # what is registered now, and who pays for it\n"
		"  fixbuf-trace verify -p 812       # are the pages pinned, and still the program's?\n");
	fclose(f);
	return out;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static bool runs_program(const struct command *cmd)
{
	return cmd->run == cmd_trace || cmd->run == cmd_stat || cmd->run == cmd_verify;
}

/* The program after --, cut off so that argp never reorders or reads it. */
static int cut_program(int argc, char **argv, struct env *env)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == argc)
			exit(misuse("no program after --; name one, or leave the -- out"));
		env->program = &argv[i + 1];
		argv[i] = NULL;
		return i;
	}
	return argc;
}

const struct command *options_parse(int argc, char **argv, struct env *env)
{
	static char invocation[64];
	struct argp_option options[NR_ROWS + 1] = { 0 };
	const struct command *cmd = NULL;
	struct argp argp = { .options = options, .parser = parse_option };
	bool own_format;
	size_t n = 0;

	memset(env, 0, sizeof(*env));
	env->fail_on = SEVERITY_WARNING;
	env->ring_buffer_kib = RING_BUFFER_KIB;
	argp_err_exit_status = EXIT_USAGE;
	argc = cut_program(argc, argv, env);
	if (argc > 1 && argv[1][0] != '-') {
		cmd = find_command(argv[1]);
		if (!cmd)
			exit(misuse("there is no command '%s'; see " PROGRAM_NAME " --help", argv[1]));
		snprintf(invocation, sizeof(invocation), PROGRAM_NAME " %s", cmd->name);
		argv[1] = invocation;
		argv++;
		argc--;
		argp.doc = cmd->text;
	} else {
		cmd = &commands[0];
		argv[0] = PROGRAM_NAME;
		argp.doc = overview;
		argp.args_doc = "[COMMAND]\n[-- PROGRAM [ARGS]]";
		argp.help_filter = overview_filter;
	}
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].commands & 1U << (cmd - commands))
			options[n++] = rows[i].o;
	takes_file = cmd->run == cmd_bench;
	if (takes_file)
		argp.args_doc = "[FILE]";
	if (runs_program(cmd) && argc > 0 && !argp.args_doc)
		argp.args_doc = "[-- PROGRAM [ARGS]]";
	/* examples are wider than argp's 79 columns; a program that we start must not see it */
	own_format = !setenv("ARGP_HELP_FMT", "rmargin=100", 0) &&
		     !strcmp(getenv("ARGP_HELP_FMT"), "rmargin=100");
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, env);
	if (own_format)
		unsetenv("ARGP_HELP_FMT");
	if (env->program && !runs_program(cmd))
		exit(misuse("'%s' does not run a program; leave -- and what follows out", cmd->name));
	return cmd;
}

void options_free(struct env *env)
{
	free(env->pids);
}

bool env_selects(const struct env *env, __u32 pid, __u32 uid, const char *comm)
{
	bool hit = !env->nr_pids;

	for (size_t i = 0; i < env->nr_pids; i++)
		hit |= env->pids[i] == pid;
	return hit && (!env->has_uid || env->uid == uid) &&
	       (!env->comm || !fnmatch(env->comm, comm, 0));
}
