// SPDX-License-Identifier: GPL-2.0
/* Calls that are easily missed are told as they were made, live and by a recording. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"
#include "witness.h"

/* The .n-th line of this event on this descriptor, of those that end as .error says. */
static struct json_object *line(const struct json_lines *l, const char *event, int fd,
				const char *error, unsigned int n)
{
	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];
		const char *its = json_text(o, "errno");

		if (json_is(o, "event", event) && json_number(o, "fd") == fd &&
		    !strcmp(its ? its : "", error) && !n--)
			return o;
	}
	return NULL;
}

static void table(const struct json_lines *l, const char *text, const char *made, const char *how)
{
	char fd_name[32], slot_name[32];
	struct json_object *call, *update;
	unsigned long long addr;
	unsigned int slots = 0;
	int fd;

	snprintf(fd_name, sizeof(fd_name), "%s.fd", made);
	snprintf(slot_name, sizeof(slot_name), "%s.slot1", made);
	fd = value_number(text, fd_name);
	addr = value_number(text, slot_name);
	call = line(l, "register", fd, "", 0);
	is(json_number(call, "nr"), 3, "%s, registered by a %s: 3 entries", made, how);
	update = line(l, "update", fd, "", 0);
	is(json_number(update, "nr"), 1, "updated by a 32-bit one: one slot");
	is(json_number(update, "offset"), 1, "slot 1");
	for (size_t i = 0; i < l->nr; i++)
		slots += json_is(l->lines[i], "event", "buffer") &&
			 json_number(l->lines[i], "call") == json_number(update, "call") &&
			 json_number(l->lines[i], "index") == 1 &&
			 (unsigned long long)json_number(l->lines[i], "addr") == addr &&
			 json_number(l->lines[i], "len_bytes") == 8192;
	is(slots, 1, "and what it holds now");
}

/*
 * int 0x80 passes its arguments elsewhere; how iovecs are laid out is the ring's matter. Of a program
 * of 64 bits that makes such calls, or (.program) of one that is of 32 bits itself.
 */
static void as_32_bit(const char *file, const char *program)
{
	const char *who = program ? "32-bit program" : "32-bit calls", *tier = tool_tier();
	struct tool_run a, report;
	struct json_object *o;
	struct json_lines l;

	tool(&a, "record", "-q", "-o", file, tier ? "--tier" : "-q", tier ? tier : "-q", "--", load_path("calls"),
	     program ? "inherit" : "32-bit", program ? program : "--no-wait", NULL);
	if (tool_skipped(&a, who)) {
		tool_free(&a);
		return;
	}
	is(a.status, 0, "%s: the program ends well", who);
	tool(&report, "report", "--trace", "--json", file, NULL);
	json_lines_parse(&l, report.out);
	table(&l, a.out, "made32", program ? who : "64-bit call");
	table(&l, a.out, "made64", program ? who : "32-bit call");
	o = line(&l, "register", value_number(a.out, "made32.fd"), "EFAULT", 0);
	is(json_number(json_member(o, "entry"), "index"), 2, "a failed one: its third entry");
	is_text(json_text(json_member(o, "entry"), "state"), "null", "which is NULL");
	o = line(&l, "register", 977, "EBADF", 0);
	has_text(json_text(o, "explain"), "descriptor 977 is not open", "a closed descriptor: told");
	json_lines_free(&l);
	tool_free(&report);
	tool(&report, "report", "--verify", "--fail-on", "error", "--allow-unsettled", file, NULL);
	is(report.status, 0, "and nothing is wrong with a charge");
	tool_free(&report);
	tool_free(&a);
}

/* Its tables as they are now, in its ring and in the one of a 64-bit program. */
static void look_at_32_bit(const char *program)
{
	static const char *const made[] = { "made32", "made64" };
	struct tool_run list, verify;
	struct load l;
	char pid[16];

	if (!load_start(&l, "calls", "inherit", program, "wait", NULL)) {
		skip("looks at a 32-bit program", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	/* to 6.3 what a call took out of slot 1 is released up to a second later */
	for (int i = 0; i < 50 && witness_status_kb(l.pid, "VmPin") != 16; i++)
		usleep(100000);
	tool(&list, "list", "--json", "-p", pid, NULL);
	tool(&verify, "verify", "--json", "-p", pid, NULL);
	if (!is(verify.status, 0, "verify: nothing is wrong with a 32-bit program"))
		note("%s", verify.out);
	if (!is(json_nr_findings(verify.json, 0, NULL), 0, "nothing is found"))
		note("%s", verify.out);
	for (int i = 0; i < 2; i++) {
		struct json_object *ring, *b;

		ring = json_ring(list.json, l.pid, load_number(&l, "%s.fd", made[i]));
		is(json_ring_nr_buffers(ring), 3, "list: %s: 3 buffers", made[i]);
		b = json_ring_buffer(ring, 1);
		is(json_number(b, "addr"), load_number(&l, "%s.slot1", made[i]), "%s: slot 1: address", made[i]);
		is(json_number(b, "len_bytes"), 8192, "%s: slot 1: length", made[i]);
		ring = json_ring(verify.json, l.pid, load_number(&l, "%s.fd", made[i]));
		is(json_sum(ring, "buffers", "same_pages"), 4, "verify: %s: 4 pages are the program's", made[i]);
		is(json_sum(ring, "buffers", "pinned_pages"), 4, "and pinned");
	}
	tool_free(&list);
	tool_free(&verify);
	load_end(&l);
}

/* ---- rings that are not made ------------------------------------------------------------ */

static const struct cause {
	const char *name, *says, *also;
} causes[] = {
	{ "null", "pointer to io_uring_params is NULL", "pass" },
	{ "none", "0 entries", "at least one" },
	{ "many", "32769 entries are more than the 32768", "IORING_SETUP_CLAMP" },
	{ "reserved", "a reserved field", "clear" },
	{ "unknown-flag", "does not know 0x40000000", "leave it out" },
	{ "cq-none", "cq_entries is 0", "" },
	{ "cq-few", "4 completion entries", "fewer than the 8" },
	{ "affinity", "IORING_SETUP_SQ_AFF", "IORING_SETUP_SQPOLL; set" },
	{ "taskrun-flag", "IORING_SETUP_TASKRUN_FLAG", "" },
	{ "defer", "IORING_SETUP_DEFER_TASKRUN", "" },
	{ "sqpoll-coop", "COOP_TASKRUN", "" },
	{ "wq", "descriptor 977 of wq_fd", "not open" },
	{ "files", "RLIMIT_NOFILE of 3", "ulimit -n" },
	{ "filtered-setup", "before the kernel saw it: a seccomp filter", "returns EPERM" },
	{ "filtered-register", "before the kernel saw it: a seccomp filter", "returns EPERM" },
	{ "hidden-setup", "before the kernel saw it: a seccomp filter", "returns ENOSYS" },
	{ "hidden-register", "before the kernel saw it: a seccomp filter", "returns ENOSYS" },
	{ "filtered-enter", "before the kernel saw it: a seccomp filter", "returns EPERM" },
	{ "hidden-enter", "before the kernel saw it: a seccomp filter", "returns ENOSYS" },
	{ "enter-told-closed", "unless it never came to the kernel: the task has a seccomp filter", "" },
	{ "enter-told-other", "unless it never came to the kernel: the task has a seccomp filter", "" },
	{ "enter-told-invalid", "unless it never came to the kernel: the task has a seccomp filter", "" },
	{ "single-issuer", "does not know IORING_SETUP_SINGLE_ISSUER (Linux 6.0)", "leave it out" },
	{ "enter-closed", "descriptor 977 is not open", "" },
	{ "enter-none", "descriptor -1 is not open", "did io_uring_setup() fail?" },
	{ "enter-other", "is not an io_uring", "" },
	{ "enter-flags", "the flags 0x40000000", "leave them out" },
	{ "enter-disabled", "the ring is disabled", "IORING_REGISTER_ENABLE_RINGS" },
	{ "enter-issuer", "from another thread only", "submit there" },
};

/* The .n-th failure of the log. */
static struct json_object *failure(const struct json_lines *l, unsigned int n)
{
	for (size_t i = 0; i < l->nr; i++)
		if (json_text(l->lines[i], "errno") && !n--)
			return l->lines[i];
	return NULL;
}

static void one(struct json_object *o, const char *name, const char *error)
{
	const char *said = json_text(o, "explain");
	bool right;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		const struct cause *c = &causes[i];

		if (strcmp(c->name, name))
			continue;
		right = is_text(json_text(o, "event"), strstr(name, "-register") ? "register" :
				strstr(name, "enter") ? "enter" : "ring-create", "%s: its event", name);
		right &= is_text(json_text(o, "errno"), error, "%s: its error", name);
		right &= has_text(said, c->says, "%s: its cause", name);
		right &= has_text(said, c->also, "%s: its evidence or remedy", name);
		/* a cell of the table of causes and kernels (tests/vm/causes.sh) */
		note("cause call-%s %s", name, right ? error : "WRONG");
		return;
	}
	bail("the load program knows a cause '%s' that this test does not", name);
}

/* All that the load says failed are told, in order, and no other. */
static void all_failures(const char *said, const struct json_lines *l)
{
	unsigned long long fails = value_number(said, "fails");
	char key[32], name[32];
	const char *text;

	for (unsigned int i = 0; i < fails; i++) {
		snprintf(key, sizeof(key), "fail.%u", i);
		text = value_text(said, key);
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "\n"), text);
		snprintf(key, sizeof(key), "fail.%u.errno", i);
		text = value_text(said, key);
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(text, "\n"), text);
		one(failure(l, i), name, key);
	}
	ok(!failure(l, fails), "and no other failure");
}

/* Around a program all is seen; by a recording it is told again, and summed up. */
static void around(const char *file, const char *mode)
{
	struct tool_run a, report;
	struct json_object *list;
	struct json_lines l;

	tool(&a, "record", "-q", "-o", file, "--", load_path("calls"), mode, "--no-wait", NULL);
	if (tool_skipped(&a, mode)) {
		tool_free(&a);
		return;
	}
	is(a.status, 0, "%s: the program ends well", mode);
	tool(&report, "report", "--trace", "--json", file, NULL);
	json_lines_parse(&l, report.out);
	all_failures(a.out, &l);
	ok(l.nr && !json_member(l.lines[0], "not_seen"), "nothing is left unseen");
	json_lines_free(&l);
	tool_free(&report);
	tool(&report, "report", "--json", file, NULL);
	list = json_member(report.json, "failures");
	ok(list && json_object_array_length(list) > 1, "%s: report says what failed, and why", mode);
	ok(json_with(list, "call", strstr(mode, "enter") ? "enter" : "ring-create"),
	   "rings that were not made, or what was entered in vain, among it");
	if (!strcmp(mode, "enter"))
		is(json_number(json_with(list, "call", "enter"), "count"), 3, "merged with a count");
	tool_free(&report);
	tool_free(&a);
}

/* The memory of the ring itself, where the kernel charges it; else nothing fails. */
static void memlock(void)
{
	struct tool_run a;
	struct json_object *o;
	struct json_lines l;
	char *out, *lines;

	tool(&a, "trace", "-q", "--json", "-o", "/dev/stderr", "--", load_path("calls"), "memlock",
	     "--no-wait", NULL);
	out = a.out;
	lines = a.err;
	if (tool_skipped(&a, "an account that is full")) {
		tool_free(&a);
		return;
	}
	json_lines_parse(&l, lines);
	if (!value_number(out, "fails")) {
		ok(!failure(&l, 0), "ring memory is not charged here, and nothing is told to fail");
	} else {
		o = failure(&l, 0);
		is_text(json_text(o, "errno"), "ENOMEM", "an account that is full: its error");
		is(json_number(o, "entries"), 2048, "the ring that was asked for");
		/* 2048 * 64 bytes, and 4096 * 16 + 2048 * 4 + 320 */
		is(json_number(o, "need_pages"), 32 + 19, "the pages of its own that it takes");
		has_text(json_text(o, "explain"), "204 KiB for 2048 sq and 4096 cq entries",
			 "what for");
		has_text(json_text(o, "explain"), "of 64 KiB locked", "the limit");
		has_text(json_text(o, "explain"), "(calls) 32 KiB", "who holds it");
		has_text(json_text(o, "explain"), "raise RLIMIT_MEMLOCK", "what to do");
	}
	json_lines_free(&l);
	tool_free(&a);
}

/* What trace tells of a load that is older than it, and does what it is there for meanwhile. */
static bool watched(struct tool_run *a, const char *mode, const char *option, const char *value)
{
	const struct tool_how how = { .timeout_s = 100 };
	struct load load;
	char pid[16];

	if (!load_start(&load, "calls", mode, "--late", NULL)) {
		skip(mode, "%s", load.skip);
		load_end(&load);
		return false;
	}
	snprintf(pid, sizeof(pid), "%d", load.pid);
	tool_start(a, &how, "trace", "--json", "-v", "-p", pid, option, value, NULL);
	ok(tool_says(a, "workqueue_execute_end", 60000), "%s: watched from outside", mode);
	load_break(&load);
	ok(tool_says(a, "\"event\":\"ring-create\"", 60000), "%s: what it does is told", mode);
	is(load_end(&load), 0, "%s: it ends well", mode);
	kill(a->pid, SIGINT);
	tool_wait(a, &how);
	return true;
}

static void older(void)
{
	struct json_lines l;
	struct tool_run a;

	if (!watched(&a, "seccomp", "--syscalls", NULL))
		return;
	json_lines_parse(&l, a.out);
	has_text(json_text(failure(&l, 0), "explain"), "cause unknown: the task has a seccomp filter",
		 "an older task: no more is said than is known");
	has_text(json_text(failure(&l, 0), "explain"), "or it began before the trace", "nor less");
	json_lines_free(&l);
	tool_free(&a);
}

/* Without --syscalls: at the entry points, where probes can be had; else what is unseen is said. */
static void without_syscalls(void)
{
	const char *tier = tool_tier() ? tool_tier() : "tracepoints";
	bool seen = strcmp(tier, "tracepoints");
	struct json_object *list;
	struct json_lines l;
	struct tool_run a;

	if (!watched(&a, "setup", "--tier", tier))
		return;
	json_lines_parse(&l, a.out);
	if (seen) {
		is_text(json_text(failure(&l, 0), "errno"), "EFAULT", "%s: rings that fail are seen", tier);
		is_text(json_text(failure(&l, 12), "errno"), "EMFILE", "to the last of 13");
		ok(json_number(failure(&l, 1), "duration_ns") > 0, "and how long it took");
	} else {
		ok(!failure(&l, 0), "%s: rings that fail are not seen", tier);
	}
	/* the load ends with a ring that is made; what the kernel left out of our programs may follow */
	list = NULL;
	for (size_t i = 0; i < l.nr; i++)
		if (json_is(l.lines[i], "event", "ring-create"))
			list = json_member(l.lines[i], "not_seen");
	is(list ? json_object_array_length(list) : 0, seen ? 1 : 4, "what is not seen is said");
	json_lines_free(&l);
	tool_free(&a);
}

/* ---- without a ring of our own ------------------------------------------------------------ */

/* What a command says, errors too, where it can have no ring. */
static char *filtered(const char *command, int *status)
{
	char line[1024];
	char *text;
	FILE *f;

	snprintf(line, sizeof(line), "'%s' filtered '%s' %s 2>&1", load_path("calls"), tool_path(),
		 command);
	f = popen(line, "r");
	if (!f)
		bail("no shell");
	text = stream_text(f);
	*status = pclose(f);
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
	return text;
}

/* Rings are known by the address of their operations then, where the kernel shows that. */
static bool fops_are_shown(void)
{
	char *symbols = file_text("/proc/kallsyms");
	const char *at = strstr(symbols, " io_uring_fops\n");
	bool shown = at && at - symbols > 18 && strncmp(at - 18, "0000000000000000", 16);

	free(symbols);
	return shown;
}

static void without_ring(void)
{
	static char buffer[4096] __attribute__((aligned(4096)));
	struct iovec v = { buffer, sizeof(buffer) };
	struct json_object *all;
	bool shown = fops_are_shown();
	char command[64], *text;
	struct io_uring ring;
	int status;

	buffer[0] = 1;
	if (uring_open(&ring, 4) || uring_register(ring.ring_fd, &v, 1))
		bail("a buffer cannot be registered");
	snprintf(command, sizeof(command), "list --json -p %d", getpid());
	text = filtered(command, &status);
	if (shown) {
		is(status, 0, "list without a ring of its own: ends well");
		all = json_tokener_parse(text);
		is(json_ring_nr_buffers(json_ring(all, getpid(), ring.ring_fd)), 1,
		   "and finds ours by the symbol of their operations");
		json_object_put(all);
	} else {
		is(status, 3, "list without a ring of its own, nor the symbol: exits with 3");
		has_text(text, "no ring of our own: io_uring_setup: EPERM", "and says so");
	}
	free(text);
	snprintf(command, sizeof(command), "verify -p %d", getpid());
	text = filtered(command, &status);
	is(status, shown ? 0 : 3, "verify: the same");
	has_text(text, shown ? "1 page" : "no ring of our own", "in words");
	free(text);
	text = filtered("doctor", &status);
	is(status, 0, "doctor does not die of it");
	has_text(text, "own ring", "but has a row");
	has_text(text, "none: EPERM", "with its reason");
	free(text);
	io_uring_queue_exit(&ring);
}

int main(void)
{
	char file[] = "/tmp/fixbuf-calls-XXXXXX", program[4096];
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no room in /tmp");
	close(fd);
	as_32_bit(file, NULL);
	snprintf(program, sizeof(program), "%s", load_path("calls_32"));
	as_32_bit(file, program);
	look_at_32_bit(program);
	around(file, "setup");
	around(file, "enter");
	around(file, "seccomp");
	around(file, "seccomp-enosys");
	around(file, "seccomp-enter");
	memlock();
	older();
	without_syscalls();
	without_ring();
	unlink(file);
	return tap_end();
}
