// SPDX-License-Identifier: GPL-2.0
/*
 * What a user who registers very much, or very often, makes root's commands take of memory.
 * Independent of the kernel: not run in guests.
 * Not under ASan: that takes more.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define RINGS		7
#define BUFFERS		14300		/* of each */
#define DESCRIPTORS	300000
#define LIST_KB		(40L << 10)
#define VERIFY_KB	(64L << 10)
#define LONG_KB		(64L << 10)
#define USERS		6
#define MAX_S		240

/* Not yet the command: what it has of its own is this test's until then. */
static bool is_copy_of_us(pid_t pid)
{
	char path[32], exe[PATH_MAX] = "", own[PATH_MAX] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, exe, sizeof(exe) - 1) > 0 &&
	       readlink("/proc/self/exe", own, sizeof(own) - 1) > 0 && !strcmp(exe, own);
}

static long own_kb(pid_t pid)
{
	return witness_status_kb(pid, "RssAnon");
}

/* With its part of what it shares with others. */
static long pss_kb(pid_t pid)
{
	char path[48], *text;
	const char *at;
	long kb;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	text = file_text(path);
	at = strstr(text, "\nPss:");
	kb = at ? atol(at + 5) : 0;
	free(text);
	return kb;
}

static long all_kb(pid_t pid, long (*of)(pid_t pid))
{
	pid_t list[8];
	size_t nr = witness_children(pid, list, 8);
	long kb = of(pid);

	for (size_t i = 0; i < nr; i++)
		kb += all_kb(list[i], of);
	return kb;
}

/* The most that the processes of a command take of it at a time, until it ends. */
static long watch(struct tool_run *a, long (*of)(pid_t pid))
{
	const struct tool_how how = { .timeout_s = MAX_S };
	long most = 0;

	while (is_copy_of_us(a->pid))
		usleep(100);
	while (!kill(a->pid, 0) && witness_status_kb(a->pid, "VmRSS") > 0) {
		long now = all_kb(a->pid, of);

		most = now > most ? now : most;
		usleep(5000);
	}
	tool_wait(a, &how);
	return most;
}

static void many_buffers(void)
{
	const struct tool_how how = { .timeout_s = MAX_S };
	struct load l[RINGS];
	char nr[16], pids[128] = "";
	struct tool_run a;
	long kb;

	snprintf(nr, sizeof(nr), "%d", BUFFERS);
	for (int i = 0; i < RINGS; i++) {
		if (!load_start(&l[i], "many", "buffers", nr, NULL)) {
			skip("verify of many buffers", "%s", l[i].skip);
			return;
		}
		snprintf(pids + strlen(pids), sizeof(pids) - strlen(pids), "%s%d", i ? "," : "",
			 l[i].pid);
	}
	tool_start(&a, &how, "verify", "--json", "-p", pids, NULL);
	kb = watch(&a, own_kb);
	ok(kb > 0 && kb < VERIFY_KB, "verify of %d buffers takes less than %ld MiB (%ld)",
	   RINGS * BUFFERS, VERIFY_KB >> 10, kb >> 10);
	tool_free(&a);
	for (int i = 0; i < RINGS; i++)
		load_end(&l[i]);
}

static void many_descriptors(void)
{
	const struct tool_how how = { .timeout_s = MAX_S };
	char nr[16], pid[16];
	struct tool_run a;
	struct load l;
	long kb;

	snprintf(nr, sizeof(nr), "%d", DESCRIPTORS);
	if (!load_start(&l, "many", "descriptors", nr, NULL)) {
		skip("list of many descriptors", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&a, &how, "list", "--json", "-p", pid, NULL);
	kb = watch(&a, own_kb);
	is(a.status, 0, "list beside a ring of %d descriptors ends well", DESCRIPTORS);
	is(json_nr_rings(a.json, l.pid), 1, "and shows the ring");
	ok(kb > 0 && kb < LIST_KB, "and takes less than %ld MiB (%ld)", LIST_KB >> 10, kb >> 10);
	tool_free(&a);
	load_end(&l);
}

static void churn(void)
{
	const struct tool_how how = { .timeout_s = MAX_S };
	char file[] = "/tmp/fixbuf-memory-XXXXXX", pid[16];
	int fd = mkstemp(file);
	struct tool_run a;
	struct load l;
	long kb;

	if (fd < 0 || !load_start(&l, "churn", NULL))
		bail("churn does not start");
	close(fd);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&a, &how, "record", "-q", "--stacks", "-d", "6s", "-p", pid, "-o", file, NULL);
	kb = watch(&a, own_kb);
	is(a.status, 0, "record --stacks beside churn ends well");
	ok(kb > 0 && kb < LONG_KB, "and takes less than %ld MiB (%ld)", LONG_KB >> 10, kb >> 10);
	tool_free(&a);
	load_end(&l);
	unlink(file);
}

/* Each user's files are read by a process of its own, of which there are fewer than users. */
static void symbols_of_many_users(void)
{
	char file[] = "/tmp/fixbuf-memory-XXXXXX";
	const struct tool_how how = { .timeout_s = MAX_S };
	struct load users[USERS];
	int fd = mkstemp(file);
	struct tool_run a;
	char pids[16 * USERS] = "";
	long kb;

	for (int i = 0; i < USERS; i++) {
		if (fd < 0 || !load_start(&users[i], "churn", "plain", "slow", "small", NULL))
			bail("churn does not start");
		snprintf(pids + strlen(pids), sizeof(pids) - strlen(pids), "%s%d", i ? "," : "", users[i].pid);
	}
	close(fd);
	tool_start(&a, &how, "record", "-q", "--stacks", "-d", "7s", "-p", pids, "-o", file, NULL);
	kb = watch(&a, pss_kb);
	is(a.status, 0, "record --stacks beside %d users ends well", USERS);
	ok(kb > 0 && kb < LONG_KB, "and takes less than %ld MiB, with its part of what it shares (%ld)",
	   LONG_KB >> 10, kb >> 10);
	tool_free(&a);
	tool(&a, "report", "--folded", file, NULL);
	has_text(a.out, ";one_ring;", "the functions have their names");
	tool_free(&a);
	for (int i = 0; i < USERS; i++)
		load_end(&users[i]);
	unlink(file);
}

/* Beside who fills all tables of I/O that are kept: .file NULL = it prints. */
static void many_counters(const char *command, const char *interval, char *file)
{
	struct tool_how how = { .timeout_s = MAX_S };
	struct tool_run a;
	struct load l;
	long kb;
	int fd;

	if (!load_start(&l, "io_spread", NULL)) {
		skip("many counters of I/O", "%s", l.skip);
		return;
	}
	fd = file ? mkstemp(file) : open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		bail("no temporary file");
	how.stdout_fd = file ? 0 : fd;
	tool_start(&a, &how, command, "-q", "-i", interval, "-d", "17s", file ? "-o" : "--json", file, NULL);
	kb = watch(&a, own_kb);
	is(a.status, 0, "%s beside many counters of I/O ends well", command);
	ok(kb > 0 && kb < LONG_KB, "and takes less than %ld MiB (%ld)", LONG_KB >> 10, kb >> 10);
	tool_free(&a);
	load_end(&l);
	close(fd);
	if (file)
		unlink(file);
}

int main(void)
{
	char file[] = "/tmp/fixbuf-memory-XXXXXX";

	churn();
	symbols_of_many_users();
	/* they are full soon */
	many_counters("record", "200ms", file);
	many_counters("stat", "1s", NULL);
	many_buffers();
	many_descriptors();
	return tap_end();
}
