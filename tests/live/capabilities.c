// SPDX-License-Identifier: GPL-2.0
/*
 * What each command can do as an ordinary user with a few capabilities, and
 * that it says so when it can not. The README has this as a table.
 * Not under ASan: tests of their own run each command there, and privilege.c the refusals.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"

#define PLAIN_UID	54399
#define PAGES		(CAPS_BPF | CAP_BIT(CAP_SYS_ADMIN))
#define OTHERS		(PAGES | CAP_BIT(CAP_SYS_PTRACE) | CAP_BIT(CAP_DAC_READ_SEARCH))

static char folder[] = "/tmp/fixbuf-caps-XXXXXX";
static char recording[64], metrics[64];
static char pid[16];	/* of a process of another user, whose pages are not what it sees */

static const struct {
	const char *args[5];
	unsigned long long caps;
	int status;
	const char *said;	/* NULL = nothing demanded; a refusal on standard error */
	bool home;		/* what it asks of the kernel another one does, too: not in guests */
} all[] = {
	{ { "list" }, 0, 3, "needs CAP_BPF and CAP_PERFMON", false },
	{ { "list" }, CAP_BIT(CAP_BPF), 3, "needs CAP_BPF and CAP_PERFMON", true },
	{ { "list" }, CAP_BIT(CAP_PERFMON), 3, "needs CAP_BPF and CAP_PERFMON", true },
	{ { "list" }, CAPS_BPF, 0, NULL, false },
	{ { "trace", "-d", "300ms" }, 0, 3, "needs CAP_BPF and CAP_PERFMON", true },
	{ { "trace", "-d", "300ms" }, CAPS_BPF, 0, NULL, true },
	{ { "trace", "--io", "-d", "300ms" }, CAPS_BPF, 0, NULL, false },
	{ { "trace", "--stacks", "-d", "300ms" }, CAPS_BPF, 0, NULL, false },
	{ { "stat", "-d", "300ms" }, 0, 3, "needs CAP_BPF and CAP_PERFMON", true },
	{ { "stat", "-d", "300ms" }, CAPS_BPF, 0, NULL, false },
	{ { "record", "-d", "300ms", "-o", recording }, 0, 3, "needs CAP_BPF and CAP_PERFMON", true },
	{ { "record", "-d", "300ms", "-o", recording }, CAPS_BPF, 0, NULL, false },
	{ { "record", "--io", "-d300ms", "-o", recording }, CAPS_BPF, 0, NULL, true },
	{ { "record", "--stacks", "-d300ms", "-o", recording }, CAPS_BPF, 0, NULL, true },
	{ { "report", recording }, 0, 0, NULL, false },
	{ { "bench", "-d", "100ms" }, 0, 0, NULL, true },
	{ { "doctor" }, CAPS_BPF, 0, NULL, true },
	{ { "verify" }, CAPS_BPF, 3, "verify needs CAP_SYS_ADMIN", true },
	{ { "verify", "-p", pid }, PAGES, 4, "grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", false },
	{ { "verify", "-p", pid }, PAGES | CAP_BIT(CAP_SYS_PTRACE), 4,
	  "grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", true },
	{ { "verify", "-p", pid }, OTHERS, 1, NULL, false },
	{ { "export", "--once", "--verify-interval", "0" }, CAPS_BPF, 0, NULL, true },
	{ { "export", "--once" }, CAPS_BPF, 0, "pages are not checked in the background", true },
	{ { "export", "--once" }, OTHERS, 0, NULL, true },
	{ { "export", "--listen", "127.0.0.1:0", "-d300ms" }, 0, 3, "needs CAP_BPF and CAP_PERFMON", true },
	{ { "export", "--listen", "127.0.0.1:0", "-d300ms" }, CAPS_BPF, 0,
	  "pages are not checked in the background", true },
	{ { "export", "--listen", "127.0.0.1:0", "-d300ms" }, OTHERS, 0,
	  "page checker CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH; its keeper ", false },
	{ { "export", "--textfile", metrics, "-d300ms" }, CAPS_BPF, 0,
	  "pages are not checked in the background", true },
};

static void text_of(char *text, size_t size, unsigned long long caps)
{
	static const struct { int cap; const char *name; } names[] = {
		{ CAP_BPF, "CAP_BPF" }, { CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" }, { CAP_SYS_PTRACE, "CAP_SYS_PTRACE" },
		{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH" },
	};

	snprintf(text, size, "%s", caps ? "with" : "without any");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (caps & CAP_BIT(names[i].cap))
			snprintf(text + strlen(text), size - strlen(text), " %s", names[i].name);
}

/* The events of all system calls take no more than the rest. */
static void durations(void)
{
	const struct tool_how how = { .uid = PLAIN_UID, .caps = CAPS_BPF };
	struct tool_run a;
	char *line;

	tool_as(&a, &how, "trace", "-v", "--syscalls", "-d", "100ms", NULL);
	line = strstr(a.err, "sys_enter, sys_exit");
	ok(line && strstr(line, " attached") && strstr(line, " attached") < strchr(line, '\n'),
	   "CAP_BPF and CAP_PERFMON: durations of calls are known");
	tool_free(&a);
}

/* Only whether contract runs is tested here; contract.c tests what it says. */
static void contract(void)
{
	struct tool_how how = { .uid = PLAIN_UID };
	struct tool_run a;

	tool_as(&a, &how, "contract", NULL);
	ok(a.status == 0 || a.status == 1, "contract, none: ends with 0, or 1 where a clause fails");
	has_text(a.out, "C10", "and has tried the last clause");
	tool_free(&a);
}

int main(void)
{
	struct load l;

	if (!mkdtemp(folder) || chown(folder, PLAIN_UID, PLAIN_UID))
		bail("no temporary folder");
	/* bench makes its file in TMPDIR, which the user must be able to write to */
	setenv("TMPDIR", folder, 1);
	snprintf(recording, sizeof(recording), "%s/recording", folder);
	snprintf(metrics, sizeof(metrics), "%s/fixbuf.prom", folder);
	if (!load_start(&l, "fault_remap", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *const *w = all[i].args;
		struct tool_how how = { .uid = PLAIN_UID, .caps = all[i].caps };
		char with[128], name[128] = "";
		struct tool_run a;

		if (all[i].home && kernel_only())
			continue;
		text_of(with, sizeof(with), how.caps);
		for (int k = 0; k < 5 && w[k]; k++)
			snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s%s",
				 k ? " " : "", w[k] == recording || w[k] == metrics ? "FILE" :
				 w[k] == pid ? "PID" : w[k]);
		tool_as(&a, &how, w[0], w[1], w[2], w[3], w[4], NULL);
		if (!is(a.status, all[i].status, "%s, %s: ends with %d", name, with, all[i].status))
			note("%s", a.err);
		if (all[i].said)
			has_text(all[i].status == 4 ? a.out : a.err, all[i].said, "and says why");
		tool_free(&a);
	}
	durations();
	contract();
	load_end(&l);
	unlink(recording);
	unlink(metrics);
	rmdir(folder);
	return tap_end();
}
