// SPDX-License-Identifier: GPL-2.0
/*
 * What goes wrong on the outside: defined exit statuses, one sentence each.
 * Independent of the kernel: not run in guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "folder.h"
#include "load.h"
#include "tool.h"

static const char *const commands[] = { "trace", "list", "verify", "contract", "doctor", "stat" };

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Each wrong command line, with a part of what must be said about it. */
static const struct wrong {
	const char *args[5], *said;
} wrongs[] = {
	{ { "nonsense" }, "no command 'nonsense'" },
	{ { "list", "-p", "abc" }, "'abc'" },
	{ { "list", "-p", "0" }, "'0'" },
	{ { "list", "-p", "" }, "''" },
	{ { "list", "-p", "1,x" }, "'1,x'" },
	{ { "list", "-p", "1,,2" }, "'1,,2'" },
	{ { "list", "-p", "1," }, "'1,'" },
	{ { "stat", "-i", "1ns", "-d", "1s" }, "'1ns'" },
	{ { "list", "-p", "99999999999" }, "process id" },
	{ { "list", "-u", "nobody-of-that-name" }, "'nobody-of-that-name'" },
	{ { "trace", "-d", "5x" }, "'5x'" },
	{ { "trace", "-d", "-1s" }, "'-1s'" },
	{ { "trace", "--tier", "nonsense" }, "'nonsense'" },
	{ { "verify", "--fail-on", "nothing" }, "'nothing'" },
	{ { "list", "--nonsense" }, "--nonsense" },
	{ { "list", "word" }, "unexpected argument 'word'" },
	{ { "list", "123" }, "did you mean -p 123?" },
	{ { "trace", "123" }, "did you mean -p 123, or -- PROGRAM?" },
	{ { "trace", "word" }, "a program to run goes after --" },
	{ { "list", "--", "true" }, "does not run a program" },
	{ { "trace", "--" }, "no program" },
	{ { "list", "-o", "/nonexistent/file" }, "/nonexistent/file" },
	{ { "list", "-o", "/dev/full" }, "No space left" },
	{ { "record", "-o", "-" }, "name a file" },
	{ { "record", "--after", "3s" }, "add it" },
	{ { "report", "--sqlite", "-" }, "name a file" },
	{ { "list", "--json", "-o", "/dev/full" }, "No space left" },
	{ { "verify", "-o", "/dev/full" }, "No space left" },
	{ { "list", "--hist" }, "list does not take --hist; stat" },
	{ { "list", "--write" }, "list does not take --write; bench does" },
	{ { "list", "-d", "1s" }, "-d is about --watch; add it" },
	{ { "--advise" }, "did you mean fixbuf-trace stat --advise?" },
	{ { "-p", "1" }, "did you mean fixbuf-trace trace -p 1?" },
	{ { "-p", "1", "list" }, "did you mean fixbuf-trace list -p 1?" },
	/* list takes it with --watch only */
	{ { "-i", "1s" }, "did you mean fixbuf-trace stat -i 1s?" },
	{ { "--min-size=1M" }, "did you mean fixbuf-trace trace --min-size 1M?" },
	{ { "doctor", "--bundle=a.txt" }, "did you mean --bundle a.txt?" },
	{ { "list", "--watch=3" }, "--watch takes no value; leave =3 out" },
	{ { "list", "--jsno" }, "there is no option --jsno; did you mean --json?" },
	{ { "list", "--top", "3", "--sotr=size" }, "did you mean --sort?" },
	{ { "trace", "--ring-b=3", "-d", "1ms" }, "'3' is not a buffer size" },
	{ { "trace", "--ring=4096", "-d", "1ms" }, "'4096' is not a ring; give its address" },
	{ { "trace", "--ring", "0x", "-d", "1ms" }, "'0x' is not a ring" },
	{ { "trace", "--ring", "0x0", "-d", "1ms" }, "'0x0' is not a ring" },
	{ { "trace", "--ring", "0xffff8881024bc000,0x1", "-d", "1ms" }, "is not a ring" },
	{ { "trace", "--ring", "0xffff8881024bc0000", "-d", "1ms" }, "is not a ring" },
	{ { "report", "--ring", "0x1000" }, "add --trace" },
	/* not short for --ring-buffer */
	{ { "record", "--ring", "4096", "-d", "1ms" }, "record does not take --ring; trace, report do" },
	{ { "verify", "--watch", "--ring=4096", "-d", "1ms" }, "verify does not take --ring; trace, report do" },
	{ { "trace", "--s", "3" }, "--s is short for several options; give one of --slow, --sample" },
	{ { "--hlep" }, "did you mean --help?" },
	{ { "--", "true" }, "did you mean fixbuf-trace trace -- true?" },
	{ { "verfiy" }, "did you mean 'verify'?" },
	{ { "rep" }, "did you mean 'report'?" },
	{ { "./server" }, "fixbuf-trace trace -- ./server" },
	{ { "zzzz" }, "see fixbuf-trace --help" },
	{ { "trace", "--events", "pin,nonsense" }, "'pin,nonsense'" },
	{ { "trace", "--events", "pin," }, "'pin,'" },
	{ { "trace", "--slow", "fast" }, "'fast'" },
	{ { "report", "--failed" }, "add --trace" },
	{ { "bench", "one", "two" }, "'two' is a second file; name only one" },
	{ { "stat", "--hist", "--no-latency" }, "leave --no-latency out" },
	{ { "trace", "--sample", "3" }, "add --io" },
	{ { "trace", "--events", "pin,io-done", "-d", "1ms" }, "--events io-done is about I/O; add --io" },
	{ { "trace", "--events", "io-notified", "-d", "1ms" }, "--events io-notified is about I/O; add --io" },
	{ { "trace", "--events", "enter", "-d", "1ms" }, "all system calls; add --syscalls" },
	{ { "trace", "-p", "1", "--", "true" }, "not both" },
	{ { "stat", "-p", "1", "--", "true" }, "not both" },
	{ { "verify", "-d", "1s" }, "takes -d with --watch only" },
	{ { "verify", "--stacks" }, "takes --stacks with --watch only" },
	{ { "verify", "--tier", "kprobes" }, "takes --tier with --watch only" },
	{ { "verify", "--ring-buffer", "4096" }, "takes --ring-buffer with --watch only" },
	{ { "verify", "--", "true" }, "takes a program after -- with --watch only" },
	{ { "--completion", "csh" }, "'csh'" },
};

static void one_sentence(const struct tool_run *a, const char *what)
{
	size_t lines = 0;

	for (const char *p = a->err; *p; p++)
		lines += *p == '\n';
	if (!ok(lines == 1 && !strncmp(a->err, "fixbuf-trace: ", 14), "%s: one sentence", what))
		note("%s", a->err);
}

static void wrong_usage(void)
{
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];
		char name[128] = "";
		struct tool_run a;

		for (int k = 0; k < 5 && w->args[k]; k++)
			snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s%s",
				 k ? " " : "", w->args[k]);
		tool(&a, w->args[0], w->args[1], w->args[2], w->args[3], w->args[4], NULL);
		is(a.status, 2, "'%s' ends with 2", name);
		has_text(a.err, w->said, "'%s': says what is wrong", name);
		tool_free(&a);
	}
}

static void dead_pid(void)
{
	struct tool_run a;
	char id[16];
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	snprintf(id, sizeof(id), "%d", pid);
	for (size_t i = 0; i < 3; i++) {
		if (!strcmp(commands[i], "trace"))
			tool(&a, "trace", "-d", "1s", "-p", id, NULL);
		else
			tool(&a, commands[i], "-p", id, NULL);
		is(a.status, 2, "%s of a process that is gone ends with 2", commands[i]);
		has_text(a.err, id, "%s: says which", commands[i]);
		one_sentence(&a, commands[i]);
		tool_free(&a);
	}
}

/* A limit on the size of files (RLIMIT_FSIZE) sends a signal that kills who does not mind it. */
static void limited(void)
{
	struct tool_how how = { .file_bytes = 4096 };
	char out[] = "/tmp/fixbuf-limited-XXXXXX";
	struct tool_run a;

	tool_as(&a, &how, "list", NULL);
	is(a.status, 3, "no file may be larger than a page: list cannot run");
	has_text(a.err, "run it under ulimit -f unlimited", "says what to do");
	one_sentence(&a, "list under ulimit -f");
	tool_free(&a);
	how.stdout_fd = mkostemp(out, O_CLOEXEC);
	tool_as(&a, &how, "verify", "--json-schema", NULL);
	is(a.status, 2, "nor is there room for what is printed");
	has_text(a.err, "File too large", "says why");
	one_sentence(&a, "a schema under ulimit -f");
	tool_free(&a);
	close(how.stdout_fd);
	remove(out);
}

static void outputs(void)
{
	struct tool_how closed = { .close_stdout = true }, full = { 0 }, pipe_end = { 0 };
	struct tool_run a;
	int p[2];

	tool_as(&a, &closed, "list", "-q", "--json", NULL);
	is(a.status, 2, "closed standard output: ends with 2");
	one_sentence(&a, "closed standard output");
	tool_free(&a);

	full.stdout_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	tool_as(&a, &full, "list", "-q", "--json", NULL);
	is(a.status, 2, "full disk: ends with 2");
	one_sentence(&a, "full disk");
	tool_free(&a);
	tool_as(&a, &full, "trace", "-d", "300ms", "--", load_path("lifecycle"), "--no-wait", NULL);
	is(a.status, 2, "full disk: so does trace");
	/* it ended before the program had a ring: what that has is not said */
	one_sentence(&a, "trace onto a full disk");
	tool_free(&a);
	tool_as(&a, &full, "stat", "--", load_path("lifecycle"), "--no-wait", NULL);
	is(a.status, 2, "and stat");
	one_sentence(&a, "stat onto a full disk");
	tool_free(&a);
	close(full.stdout_fd);

	/* the reader closes the pipe after the first line, as head -1 does */
	if (pipe2(p, O_CLOEXEC))
		bail("no pipe");
	close(p[0]);
	pipe_end.stdout_fd = p[1];
	tool_as(&a, &pipe_end, "list", "-q", "--json", NULL);
	is(a.status, 0, "a reader that is gone: ends with 0");
	is_text(a.err, "", "and says nothing");
	tool_free(&a);
	for (int i = 0; i < 2; i++) {
		tool_as(&a, &pipe_end, i ? "stat" : "trace", "--", "sleep", "1", NULL);
		is(a.status, 0, "%s of a program without a reader: its status", i ? "stat" : "trace");
		is_text(a.err, "", "and nothing of what was not looked at");
		tool_free(&a);
	}
	close(p[1]);
}

/* What -o names is as it was, or is not there, when a command is refused before it prints. */
static void refused_leaves(void)
{
	char path[FOLDER_PATH], *text;
	struct tool_run a;
	FILE *f;

	tool(&a, "list", "-p", "99999999", "-o", folder_path(path, "made"), NULL);
	is(a.status, 2, "list -o of a process that is not there ends with 2");
	ok(access(path, F_OK), "and makes no file");
	tool_free(&a);
	f = fopen(folder_path(path, "kept"), "w");
	if (!f || fputs("of yesterday\n", f) < 0 || fclose(f))
		bail("no file");
	tool(&a, "list", "-p", "99999999", "-o", path, NULL);
	text = file_text(path);
	is_text(text, "of yesterday\n", "nor empties the one that is there");
	free(text);
	tool_free(&a);
	tool(&a, "stat", "-q", "-d", "10ms", "-p", "1", "-o", path, NULL);
	text = file_text(path);
	ok(!strstr(text, "yesterday"), "a command that has run empties it, whatever it prints");
	free(text);
	tool_free(&a);
}

/* A file must not take the number of a stream that is closed, nor a poll() return at once for it. */
static void closed_streams(void)
{
	struct tool_how closed = { .close_stdout = true };
	double cpu[3] = { children_cpu_s() };
	char path[] = "/tmp/fixbuf-closed-XXXXXX";
	char command[512], *text;
	struct tool_run a;
	int fd;

	for (int i = 0; i < 2; i++) {
		tool_as(&a, i ? &closed : &(struct tool_how){ 0 }, "stat", "-d", "4s", NULL);
		cpu[i + 1] = children_cpu_s();
		tool_free(&a);
	}
	ok(cpu[2] - cpu[1] < cpu[1] - cpu[0] + 0.6,
	   "standard output closed: stat takes %.1f s of CPU, not much more than %.1f",
	   cpu[2] - cpu[1], cpu[1] - cpu[0]);

	fd = mkostemp(path, O_CLOEXEC);
	snprintf(command, sizeof(command), "'%s' list --json -o %s -p $$ 2>&-", tool_path(), path);
	if (fd < 0 || system(command))
		note("'%s' failed", command);
	text = file_text(path);
	ok(text[0] == '{' && !strstr(text, "fixbuf-trace"),
	   "with standard error closed: sentences do not go into the file of -o");
	free(text);
	unlink(path);
	close(fd);
}

static void early_reader_of_trace(void)
{
	struct tool_how how = { 0 };
	struct tool_run a;
	struct load l;
	char first[256];
	int p[2];

	if (pipe2(p, O_CLOEXEC) || !load_start(&l, "churn", NULL))
		bail("cannot set up");
	how.stdout_fd = p[1];
	how.timeout_s = 20;
	tool_start(&a, &how, "trace", NULL);
	close(p[1]);
	ok(read(p[0], first, sizeof(first)) > 0, "trace prints into a pipe at once");
	close(p[0]);
	tool_wait(&a, &how);
	is(a.status, 0, "trace ends when its reader does");
	is_text(a.err, "", "and says nothing");
	tool_free(&a);
	load_end(&l);
}

static void signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM };
	struct tool_how how = { .timeout_s = 20 };
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "churn", NULL))
		bail("%s", l.skip);
	for (size_t i = 0; i < 2; i++) {
		tool_start(&a, &how, "trace", NULL);
		ok(tool_says(&a, "register", 10000), "trace tells what happens, as it happens");
		kill(a.pid, sigs[i]);
		tool_wait(&a, &how);
		is(a.status, 0, "%s ends trace with 0", strsignal(sigs[i]));
		has_text(a.err, " calls, ", "and with the totals");
		tool_free(&a);
	}
	load_end(&l);

	tool_start(&a, &how, "trace", "--", "sleep", "60", NULL);
	usleep(1500000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	ok(a.status == 0 || a.status == 128 + SIGINT,
	   "SIGINT with a program: 0, or the program's status");
	tool_free(&a);
}

/* trace has nothing to do any more, and waits for the program. */
static void signal_after_reader(void)
{
	struct tool_how how = { .timeout_s = 20 };
	struct tool_run a;
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		bail("no pipe");
	close(p[0]);
	how.stdout_fd = p[1];
	tool_start(&a, &how, "trace", "--", "sleep", "60", NULL);
	usleep(1500000);
	kill(a.pid, SIGTERM);
	tool_wait(&a, &how);
	is(a.status, 128 + SIGTERM, "SIGTERM when the reader is gone: the program gets it");
	tool_free(&a);
	close(p[1]);
}

static void help(void)
{
	struct tool_run a;

	tool(&a, "--help", NULL);
	is(a.status, 0, "--help ends with 0");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		has_text(a.out, commands[i], "it names %s", commands[i]);
	tool_free(&a);
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		tool(&a, commands[i], "--help", NULL);
		is(a.status, 0, "%s --help ends with 0", commands[i]);
		tool_free(&a);
	}
	tool(&a, "--version", NULL);
	is(a.status, 0, "--version ends with 0");
	tool_free(&a);
	tool(&a, "list", "-h", NULL);
	is(a.status, 0, "-h is the same");
	has_text(a.out, "Examples:", "with examples");
	tool_free(&a);
	tool(&a, "trace", "-q", "--", "/bin/sh", "-c", "exit ${ARGP_HELP_FMT:+9}", NULL);
	is(a.status, 0, "how we print help is not in the environment of a program");
	tool_free(&a);
}

/* In a folder of others there may lie a pipe in the place of a file, held open and never written to. */
static void named_pipes(void)
{
	static const char *const options[][2] = {
		{ "list", "--btf" }, { "verify", "--ignore-file" }, { "export", "--web-config" },
		{ "diff", "/dev/null" }, { "report", "--list" }, { "report", "--verify" },
	};
	const struct tool_how how = { .timeout_s = 10 };
	char folder[] = "/tmp/fixbuf-pipe-XXXXXX", path[64];
	int fd;

	if (!mkdtemp(folder))
		bail("a folder: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/pipe", folder);
	if (mkfifo(path, 0666))
		bail("a pipe: %s", strerror(errno));
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *command = options[i][0];
		bool diff = !strcmp(command, "diff");
		struct tool_run a;

		tool_as(&a, &how, command, diff ? path : options[i][1], diff ? options[i][1] : path, NULL);
		is(a.status, 2, "%s %s: a named pipe is refused", command, options[i][1]);
		has_text(a.err, "it is a named pipe, not a file", "and said to be one");
		tool_free(&a);
	}
	close(fd);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	folder_new();
	wrong_usage();
	named_pipes();
	dead_pid();
	outputs();
	limited();
	closed_streams();
	refused_leaves();
	early_reader_of_trace();
	signals();
	signal_after_reader();
	help();
	folder_remove();
	return tap_end();
}
