// SPDX-License-Identifier: GPL-2.0
/*
 * plan says what the kernel charges: under the limit that it names rings and buffers can be had,
 * under one page less they cannot.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"
#include "witness.h"

/* and the 127 after it; others may run this, too */
#define UID_OF_NOBODY_ELSE (6000000U + 128 * getpid())
#define MAX_BUFFERS	16
#define SETUP_CQSIZE	(1U << 3)
#define SETUP_SQE128	(1U << 10)
#define SETUP_CQE32	(1U << 11)

struct wish {
	unsigned int rings, entries, buffers, pages; /* pages: of each buffer */
	bool huge;
	unsigned int cq_entries; /* 0 = as they are */
	bool sqe128, cqe32;
};

static int open_ring(struct io_uring *ring, const struct wish *w)
{
	struct io_uring_params p = {
		.flags = (w->cq_entries ? SETUP_CQSIZE : 0) | (w->sqe128 ? SETUP_SQE128 : 0) | (w->cqe32 ? SETUP_CQE32 : 0),
		.cq_entries = w->cq_entries,
	};

	return io_uring_queue_init_params(w->entries, ring, &p);
}

#define NO_MEMORY	254	/* there is no huge page */

/* In a child, as memory that two processes share is copied: 0, or the errno of what could not be had. */
static int have(const struct wish *w)
{
	char *memory = w->huge ? mem_huge() : mem_pages(w->buffers * w->pages);
	struct iovec iov[MAX_BUFFERS];

	if (!memory)
		return NO_MEMORY;
	for (unsigned int i = 0; i < w->buffers; i++)
		iov[i] = (struct iovec){ memory + i * w->pages * PAGE, w->pages * PAGE };
	for (unsigned int i = 0; i < w->rings; i++) {
		struct io_uring ring;
		int err = open_ring(&ring, w);

		if (!err)
			err = uring_register(ring.ring_fd, iov, w->buffers);
		if (err)
			return -err;
	}
	return 0;
}

static int have_under(const struct wish *w, unsigned long long limit)
{
	/* what the one before pinned may be given back later: each is a user of its own */
	static unsigned int nr;
	const uid_t uid = UID_OF_NOBODY_ELSE + ++nr;
	const struct rlimit l = { limit, limit };
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (setrlimit(RLIMIT_MEMLOCK, &l) || setgid(uid) || setuid(uid))
			_exit(255);
		_exit(have(w));
	}
	return await_exit(pid, 60);
}

static void is_right(const struct wish *w)
{
	char rings[16], entries[16], buffers[32], cq[16];
	const char *more[5] = { NULL };
	struct tool_run a;
	long long total;
	int status, nr = 0;

	if ((w->sqe128 || w->cqe32) && !witness_kernel(5, 19)) {
		skip("larger entries", "this kernel has none");
		return;
	}
	snprintf(cq, sizeof(cq), "%u", w->cq_entries);
	if (w->huge)
		more[nr++] = "--huge";
	if (w->sqe128)
		more[nr++] = "--sqe128";
	if (w->cqe32)
		more[nr++] = "--cqe32";
	if (w->cq_entries) {
		more[nr++] = "--cq-entries";
		more[nr] = cq;
	}
	snprintf(rings, sizeof(rings), "%u", w->rings);
	snprintf(entries, sizeof(entries), "%u", w->entries);
	snprintf(buffers, sizeof(buffers), "%ux%zu", w->buffers, w->pages * PAGE);
	tool(&a, "plan", "--json", "--rings", rings, "--entries", entries, "--buffers", buffers,
	     more[0], more[1], more[2], more[3], more[4], NULL);
	total = json_number(a.json, "total_bytes");
	status = have_under(w, total);
	if (status == NO_MEMORY) {
		skip("huge", "there is no huge page");
	} else {
		is(a.status, 0, "%s rings of %s entries, %s%s%s%s, cq %s: %lld bytes", rings, entries, buffers,
		   w->huge ? ", huge" : "", w->sqe128 ? ", SQE128" : "", w->cqe32 ? ", CQE32" : "", cq, total);
		is(status, 0, "they can be had under that limit");
		/* the series charges a user once for what several rings hold: it takes less than is planned */
		if (w->huge && !access("/sys/kernel/tracing/events/io_uring/io_uring_buf_pin", F_OK))
			skip("and not under a page less", "this kernel has the series of patches/");
		else
			is(have_under(w, total - PAGE), ENOMEM, "and not under a page less");
	}
	tool_free(&a);
}

static void other_kernels(void)
{
	char two_pages[16];
	struct tool_run a;

	snprintf(two_pages, sizeof(two_pages), "5x%zu", PAGE + 904);
	tool(&a, "plan", "--kernel", "6.12", "--rings", "3", "--buffers", two_pages, "--json", NULL);
	is(json_number(a.json, "total_bytes"), 30 * (long long)PAGE, "6.12: each page, and not the rings");
	tool_free(&a);
	tool(&a, "plan", "--kernel", "6.18", "--rings", "3", "--buffers", two_pages, "--json", NULL);
	ok(json_number(a.json, "total_bytes") > 30 * (long long)PAGE, "6.18: the rings, too");
	tool_free(&a);
	tool(&a, "plan", "--buffers", "1x2G", "--kernel", "6.12", NULL);
	is(a.status, 2, "a buffer that is too large");
	has_text(a.err, "at most 1 GiB before Linux 7.2", "in words");
	tool_free(&a);
	for (int i = 0; i < 2; i++) {
		tool(&a, "plan", "--kernel", i ? "5.18" : "5.10", i ? "--cqe32" : "--sqe128", NULL);
		is(a.status, 2, "before 5.19 entries have one size");
		has_text(a.err, "from Linux 5.19 on", "in words");
		tool_free(&a);
	}
	tool(&a, "plan", "--entries", "37", "--cq-entries", "31", NULL);
	is(a.status, 2, "fewer completion entries than those of submission");
	tool_free(&a);
	tool(&a, "plan", "--cq-entries", "65537", NULL);
	is(a.status, 2, "more than a queue has");
	has_text(a.err, "a completion queue has at most 65536 entries", "in words");
	tool_free(&a);
	tool(&a, "plan", "--kernel", "-6.12", NULL);
	is(a.status, 2, "what is no version is not taken for one that is newer than all");
	tool_free(&a);
	tool(&a, "plan", "--buffers", "1024", NULL);
	is(a.status, 2, "buffers without a size");
	has_text(a.err, "give 1024x64K", "and what to give");
	tool_free(&a);
}

/* Who has no privilege is told that the limit is too small, and what to set. */
static void unprivileged(void)
{
	const struct rlimit small = { 64 << 10, 64 << 10 };
	struct rlimit was;
	struct tool_run a;

	getrlimit(RLIMIT_MEMLOCK, &was);
	setrlimit(RLIMIT_MEMLOCK, &small);
	tool_as(&a, &(struct tool_how){ .uid = UID_OF_NOBODY_ELSE }, "plan", "--kernel", "6.12", "--buffers",
		"7x64K", NULL);
	setrlimit(RLIMIT_MEMLOCK, &was);
	is(a.status, 1, "a limit that is too small ends it with 1");
	has_text(a.out, "LimitMEMLOCK=458752 in the unit", "with the line to paste");
	has_text(a.out, "the limit is 64K (hard 64K): 384K too little", "and what is missing");
	tool_free(&a);
}

/* Of another process: its limit, and whether it holds for it. */
static void other_processes(void)
{
	char id[16], over[32];
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "many", "pages", "37", NULL))
		bail("%s", l.skip);
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "plan", "--kernel", "6.12", "--buffers", "7x64K", "-p", id, NULL);
	is(a.status, 0, "a process with CAP_IPC_LOCK: no limit is too small");
	has_text(a.out, "no limit holds: CAP_IPC_LOCK is in effect", "in words");
	tool_free(&a);
	load_end(&l);
	if (!load_start(&l, "fault_limit", NULL))
		bail("%s", l.skip);
	snprintf(id, sizeof(id), "%d", l.pid);
	snprintf(over, sizeof(over), "1x%lluK", load_number(&l, "limit") / 1024 + 64);
	tool(&a, "plan", "--kernel", "6.12", "--buffers", over, "-p", id, NULL);
	is(a.status, 1, "one without: its limit is");
	has_text(a.out, "64K too little\n", "without a doubt about its capability");
	tool_free(&a);
	load_end(&l);
	tool(&a, "plan", "-p", "4194305", NULL);
	is(a.status, 2, "a process that cannot be ends it with 2, as everywhere");
	has_text(a.err, "fixbuf-trace: there is no process 4194305; ", "in words");
	tool_free(&a);
}

/* Whose user namespace is not to be seen: whether its CAP_IPC_LOCK lifts the limit is not known. */
static void not_to_be_seen(void)
{
	struct rlimit was, small;
	struct tool_run a;
	struct load l;
	char id[16];

	getrlimit(RLIMIT_MEMLOCK, &was);
	small = (struct rlimit){ 64 << 10, was.rlim_max };
	setrlimit(RLIMIT_MEMLOCK, &small);
	if (!load_start(&l, "many", "pages", "37", NULL))
		bail("%s", l.skip);
	setrlimit(RLIMIT_MEMLOCK, &was);
	snprintf(id, sizeof(id), "%d", l.pid);
	tool_as(&a, &(struct tool_how){ .uid = UID_OF_NOBODY_ELSE }, "plan", "--kernel", "6.12", "--buffers", "7x64K",
		"-p", id, "--json", NULL);
	is(a.status, 4, "another's process with CAP_IPC_LOCK somewhere: not settled");
	ok(a.json && !json_member(a.json, "fits"), "whether it fits is null");
	tool_free(&a);
	tool_as(&a, &(struct tool_how){ .uid = UID_OF_NOBODY_ELSE }, "plan", "--kernel", "6.12", "--buffers", "7x64K",
		"-p", id, NULL);
	has_text(a.out, "unless CAP_IPC_LOCK lifts it, which cannot be seen from here", "and text says why");
	tool_free(&a);
	load_end(&l);
}

/* ---- of many processes ------------------------------------------------------------ */

/* Who a child becomes, with which limit. */
struct user {
	uid_t uid;
	rlim_t limit;
};

static bool become(const void *arg)
{
	const struct user *u = arg;
	const struct rlimit l = { u->limit, u->limit };

	/* a change of user clears what ends it with us */
	return !setrlimit(RLIMIT_MEMLOCK, &l) && !setgid(u->uid) && !setuid(u->uid) &&
	       !prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static pid_t waiting_as(uid_t uid, rlim_t limit)
{
	pid_t pid = child_waits(become, &(struct user){ uid, limit });

	if (!pid)
		bail("a process of user %u does not start", uid);
	return pid;
}

static void kill_it(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A ring that was closed is given back by a worker, later. */
static void await_locked(const char *uid, long long locked)
{
	struct tool_run a;
	bool more = true;

	for (int i = 0; i < 500 && more; i++) {
		tool(&a, "plan", "--json", "-u", uid, NULL);
		more = json_number(a.json, "locked_bytes") > locked;
		tool_free(&a);
		usleep(more ? 20000 : 0);
	}
}

/* What the user's account has room for can be had, and no page more. */
static void beside_what_is_locked(const struct load *l, const char *uid)
{
	const long long limit = 4 << 20;
	struct tool_run a;
	char buffers[32];
	long long locked, ring, pages;

	tool(&a, "plan", "--json", "--entries", "4", "-u", uid, NULL);
	is(a.status, 0, "a user with a limit");
	is(json_number(a.json, "processes"), 1, "who has one process");
	is(json_number(a.json, "limit_pid"), l->pid, "this one");
	is(json_number(a.json, "limit_bytes"), limit, "of this limit");
	locked = json_number(a.json, "locked_bytes");
	ring = json_number(a.json, "ring_charged") ? json_number(a.json, "ring_bytes") : 0;
	ok(locked >= 7 * (long long)PAGE, "and has locked what is registered: %lld", locked);
	tool_free(&a);
	tool_as(&a, &(struct tool_how){ .uid = atoi(uid), .caps = CAPS_BPF }, "plan", "--json", "-u", uid, NULL);
	/* up to 5.10 BPF is charged */
	if (!witness_kernel(5, 11))
		ok(a.json && !json_member(a.json, "locked_bytes"), "it is not told of who is charged for looking");
	else
		is(json_number(a.json, "locked_bytes"), locked, "what the user's own tool takes to look is not in it");
	tool_free(&a);

	await_locked(uid, locked);
	pages = (limit - locked - ring) / (long long)PAGE;
	for (int more = 0; more < 2; more++) {
		const struct wish w = { .rings = 1, .entries = 4, .buffers = 1, .pages = pages + more };
		pid_t pid;

		snprintf(buffers, sizeof(buffers), "1x%lld", (pages + more) * (long long)PAGE);
		tool(&a, "plan", "--json", "--entries", "4", "--buffers", buffers, "-u", uid, NULL);
		is(a.status, more, "%d more pages than there is room for", more);
		tool_free(&a);
		pid = fork();
		if (!pid) {
			const struct rlimit r = { limit, limit };

			if (setrlimit(RLIMIT_MEMLOCK, &r) || setgid(atoi(uid)) || setuid(atoi(uid)))
				_exit(255);
			_exit(have(&w));
		}
		is(await_exit(pid, 60), more ? ENOMEM : 0, "%s", more ? "cannot be had" : "can be had");
	}
}

/* Its processes may differ. */
static void the_least(const struct load *l, const char *uid)
{
	pid_t less = waiting_as(atoi(uid), 64 << 10);
	char buffers[32];
	struct tool_run a;

	snprintf(buffers, sizeof(buffers), "1x%llu", 1024ULL << 10);
	tool(&a, "plan", "--kernel", "6.12", "--json", "--buffers", buffers, "-u", uid, NULL);
	is(a.status, 1, "one of two processes has too small a limit");
	is(json_number(a.json, "processes"), 2, "of both");
	is(json_number(a.json, "limit_pid"), less, "the least");
	is(json_number(a.json, "limit_bytes"), 64 << 10, "is told");
	tool_free(&a);
	kill_it(less);
	tool(&a, "plan", "--kernel", "6.12", "--json", "--buffers", buffers, "-u", uid, NULL);
	is(a.status, 0, "who has ended counts no more");
	is(json_number(a.json, "limit_pid"), l->pid, "the other one does");
	tool_free(&a);
}

static void of_a_user(void)
{
	struct tool_how plain = { 0 };
	struct tool_run a;
	struct load l;
	char uid[16];

	if (!load_start(&l, "ring_memory", "nothing", NULL))
		bail("%s", l.skip);
	plain.uid = load_number(&l, "uid");
	snprintf(uid, sizeof(uid), "%u", plain.uid);
	the_least(&l, uid);
	tool_as(&a, &plain, "plan", "--kernel", "6.12", "--buffers", "7x64K", "-u", uid, NULL);
	is(a.status, 0, "without privilege");
	has_text(a.out, "unless the user has locked other memory", "what is locked is not known");
	ok(!strstr(a.out, "locked now"), "and not told");
	tool_free(&a);
	/* last: the kernel gives back late what this takes */
	beside_what_is_locked(&l, uid);
	load_end(&l);
	tool(&a, "plan", "-u", uid, NULL);
	is(a.status, 3, "a user without a process");
	has_text(a.err, "/proc shows no process of user", "in words");
	tool_free(&a);
	tool(&a, "plan", "-u", uid, "-p", "1", NULL);
	is(a.status, 2, "one limit at a time");
	tool_free(&a);
}

/* Kernel threads are root's, have limits as others have, and make no ring. */
static void of_root(void)
{
	char path[48], *command_line;
	struct tool_run a;

	tool_as(&a, &(struct tool_how){ .uid = UID_OF_NOBODY_ELSE }, "plan", "--json", "-u", "root", NULL);
	ok(json_number(a.json, "limit_pid") > 0, "root's least limit, without privilege: %s", a.err);
	snprintf(path, sizeof(path), "/proc/%lld/cmdline", json_number(a.json, "limit_pid"));
	command_line = file_text(path);
	ok(*command_line || access(path, F_OK), "is no kernel thread's: %s", a.out);
	free(command_line);
	tool_free(&a);
}

/* Where v2 is mounted beside v1 it becomes, for us alone, the only one. */
static bool find_cgroups(void)
{
	struct statfs fs;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	if (!statfs("/sys/fs/cgroup", &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
		return true;
	return !mount("/sys/fs/cgroup/unified", "/sys/fs/cgroup", NULL, MS_BIND, NULL);
}

static void of_a_unit(void)
{
	char name[32], unit[48], folder[80], procs[96];
	struct tool_run a;
	pid_t pids[3];
	FILE *f;

	/* others may run this, too */
	snprintf(name, sizeof(name), "fixbuf-plan-%d", getpid());
	snprintf(unit, sizeof(unit), "%s.service", name);
	snprintf(folder, sizeof(folder), "/sys/fs/cgroup/%s", unit);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", folder);
	if (!find_cgroups() || (mkdir(folder, 0755) && errno != EEXIST)) {
		skip("a unit", "no cgroup v2 to be had here");
		return;
	}
	for (int i = 0; i < 3; i++) {
		pids[i] = waiting_as(UID_OF_NOBODY_ELSE + 97 + i, (101 - i) << 12);
		f = fopen(procs, "we");
		if (f)
			fprintf(f, "%d", pids[i]);
		ok(f && !fclose(f), "process %d goes into the unit", i);
	}
	tool(&a, "plan", "--kernel", "6.12", "--json", "--buffers", "1x404K", "--unit", name, NULL);
	is(a.status, 1, "a unit whose limit is too small");
	is(json_number(a.json, "processes"), 3, "of its three processes");
	is(json_number(a.json, "limit_pid"), pids[2], "that with the least");
	is(json_number(a.json, "limit_bytes"), 99 << 12, "of 99 times 4 KiB");
	tool_free(&a);
	tool(&a, "plan", "--kernel", "6.12", "--buffers", "1x396K", "--unit", unit, NULL);
	is(a.status, 0, "what fits");
	has_text(a.out, "the least of 3 processes", "in words");
	tool_free(&a);
	for (int i = 0; i < 3; i++)
		kill_it(pids[i]);
	tool(&a, "plan", "--unit", unit, NULL);
	is(a.status, 3, "a unit without processes");
	has_text(a.err, "/proc shows no process of unit", "in words");
	tool_free(&a);
	rmdir(folder);
	tool(&a, "plan", "--unit", unit, NULL);
	is(a.status, 3, "no such unit");
	tool_free(&a);
}

int main(void)
{
	static const struct wish wishes[] = {
		{ .rings = 1, .entries = 128, .buffers = 7, .pages = 3 },
		{ .rings = 3, .entries = 256, .buffers = 5, .pages = 16 },
		{ .rings = 5, .entries = 32, .buffers = 1, .pages = 1 },
		{ .rings = 2, .entries = 64, .buffers = 11, .pages = 9, .huge = true },
		{ .rings = 3, .entries = 128, .buffers = 4, .pages = 1, .sqe128 = true },
		{ .rings = 3, .entries = 128, .buffers = 4, .pages = 1, .cqe32 = true },
		{ .rings = 1, .entries = 512, .buffers = 5, .pages = 1, .sqe128 = true, .cqe32 = true },
		{ .rings = 2, .entries = 32, .buffers = 7, .pages = 1, .cq_entries = 1021 },
		{ .rings = 1, .entries = 37, .buffers = 3, .pages = 1, .cq_entries = 4099, .cqe32 = true },
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		is_right(&wishes[i]);
	other_kernels();
	other_processes();
	not_to_be_seen();
	of_a_user();
	of_root();
	of_a_unit();
	/* last: without CAP_SYS_RESOURCE its limit stays */
	unprivileged();
	return tap_end();
}
