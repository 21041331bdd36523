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
#define MAX_S		240

/* Not yet the command: what it has of its own is this test's until then. */
static bool is_copy_of_us(pid_t pid)
{
	char path[32], exe[PATH_MAX] = "", own[PATH_MAX] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, exe, sizeof(exe) - 1) > 0 &&
	       readlink("/proc/self/exe", own, sizeof(own) - 1) > 0 && !strcmp(exe, own);
}

/* The most that the processes of a command take of their own at a time, until it ends. */
static long watch(struct tool_run *a)
{
	const struct tool_how how = { .timeout_s = MAX_S };
	long most = 0;

	while (is_copy_of_us(a->pid))
		usleep(100);
	while (!kill(a->pid, 0) && witness_status_kb(a->pid, "VmRSS") > 0) {
		long now = witness_status_kb(a->pid, "RssAnon");
		pid_t list[8];
		size_t nr = witness_children(a->pid, list, 8);

		for (size_t i = 0; i < nr; i++) {
			pid_t reader = 0;

			now += witness_status_kb(list[i], "RssAnon");
			if (witness_children(list[i], &reader, 1))
				now += witness_status_kb(reader, "RssAnon");
		}
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
	kb = watch(&a);
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
	kb = watch(&a);
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
	kb = watch(&a);
	is(a.status, 0, "record --stacks beside churn ends well");
	ok(kb > 0 && kb < LONG_KB, "and takes less than %ld MiB (%ld)", LONG_KB >> 10, kb >> 10);
	tool_free(&a);
	load_end(&l);
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
	kb = watch(&a);
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
	/* they are full soon */
	many_counters("record", "200ms", file);
	many_counters("stat", "1s", NULL);
	many_buffers();
	many_descriptors();
	return tap_end();
}
