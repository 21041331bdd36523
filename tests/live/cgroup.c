// SPDX-License-Identifier: GPL-2.0
/*
 * --cgroup, --unit and --container: what runs in a control group, or below it, and nothing else.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define MOUNT	"/sys/fs/cgroup"
#define SLICE	MOUNT "/fixbuf.slice"
#define UNIT	SLICE "/fixbuf-cgroup.service"
#define WORKER	UNIT "/worker"
#define ID	"fb0c4c5d6e7f80910111213141516171819aabbccddeeff00112233445566778"
#define SCOPE	SLICE "/docker-" ID ".scope"
#define CONMON	SLICE "/libpod-conmon-" ID ".scope"

static const char *const folders[] = { SLICE, UNIT, WORKER, SCOPE, CONMON };

#define NR_FOLDERS (sizeof(folders) / sizeof(folders[0]))

/* .pid 0: us. */
static void move(const char *folder, pid_t pid)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%d", pid) < 0 || fclose(f))
		bail("cannot enter %s: %s", folder, strerror(errno));
}

static void enter(const char *folder)
{
	move(folder, 0);
}

static void remove_folders(void)
{
	/* the last process may just have left */
	for (size_t i = NR_FOLDERS; i--;)
		for (int n = 0; n < 100 && rmdir(folders[i]) && errno == EBUSY; n++)
			usleep(10000);
}

static void where_there_is_none(void)
{
	struct tool_run a;

	tool(&a, "list", "--cgroup", "/", NULL);
	is(a.status, 3, "no cgroup v2: exit 3");
	has_text(a.err, "no cgroup v2 at " MOUNT, "which says so");
	tool_free(&a);
	/* each process may be in the root of version 2 there, wherever it is in version 1 */
	tool(&a, "list", "--by", "cgroup", NULL);
	is(a.status, 3, "list --by cgroup, too");
	has_text(a.err, "no cgroup v2 at " MOUNT, "in words");
	has_text(a.err, "give --by process or --by user", "that say what can be had");
	tool_free(&a);
}

static bool is_v2(void)
{
	struct statfs fs;

	return !statfs(MOUNT, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* What tells of each of two processes. */
static void told(struct tool_run *a, const char *what, pid_t in, pid_t out)
{
	unsigned int inside = 0, outside = 0, placed = 0;
	struct json_lines l;

	is(a->status, 0, "%s: ends with 0", what);
	json_lines_parse(&l, a->out);
	for (size_t i = 0; i < l.nr; i++) {
		inside += json_number(l.lines[i], "pid") == in;
		outside += json_number(l.lines[i], "pid") == out;
		placed += json_number(l.lines[i], "pid") == in &&
			  json_is(l.lines[i], "cgroup", "/fixbuf.slice/fixbuf-cgroup.service/worker") &&
			  json_is(l.lines[i], "unit", "fixbuf-cgroup.service");
	}
	ok(inside, "%s: tells of what is in it", what);
	is(outside, 0, "%s: and of nothing else", what);
	is(placed, inside, "%s: with its control group and unit in each", what);
	json_lines_free(&l);
}

static void traced(const char *option, const char *value, pid_t in, pid_t out)
{
	struct tool_how how = { .timeout_s = 100 };
	char what[256];
	struct tool_run a;

	snprintf(what, sizeof(what), "trace %s %s", option, value);
	tool_as(&a, &how, "trace", "--json", "-q", "-d", kernel_only() ? "3s" : "700ms", option, value, NULL);
	told(&a, what, in, out);
	tool_free(&a);
}

/* Number of rings listed of each; where they are. */
static void listed(const char *option, const char *value, pid_t in, pid_t out)
{
	struct json_object *rings, *holder;
	struct tool_run a;
	int inside = 0;

	tool(&a, "list", "--json", option, value, NULL);
	rings = json_member(a.json, "rings");
	for (size_t i = 0; rings && i < json_object_array_length(rings); i++) {
		struct json_object *ring = json_object_array_get_idx(rings, i);

		if (json_number(ring, "pid") == out)
			ok(false, "list %s %s shows what is not in it", option, value);
		if (json_number(ring, "pid") != in)
			continue;
		inside++;
		holder = json_element(json_member(ring, "holders"), 0);
		is_text(json_text(holder, "cgroup"), "/fixbuf.slice/fixbuf-cgroup.service/worker",
			"its control group");
		is_text(json_text(holder, "unit"), "fixbuf-cgroup.service", "its unit");
	}
	is(inside, 1, "list %s %s: one ring of what is in it", option, value);
	tool_free(&a);
}

static void of_container(pid_t in)
{
	struct json_object *ring;
	struct tool_run a;

	tool(&a, "list", "--json", "--container", "fb0c4c", NULL);
	is(a.status, 0, "--container with the beginning of its id");
	ring = json_element(json_member(a.json, "rings"), 0);
	is(json_number(ring, "pid"), in, "its ring");
	is_text(json_text(json_element(json_member(ring, "holders"), 0), "container"), "fb0c4c5d6e7f",
		"and its short id");
	tool_free(&a);
	tool(&a, "list", "--container", "fb0c4c", NULL);
	has_text(a.out, "  in /fixbuf.slice/docker-" ID ".scope\n", "text has the path");
	tool_free(&a);
	tool(&a, "list", "--csv", "--container", "fb0c4c", NULL);
	has_text(a.out, ",\"docker-" ID ".scope\",\"fb0c4c5d6e7f\",,", "CSV unit and short id");
	tool_free(&a);
	tool(&a, "list", "--csv", "--by", "process", "--container", "fb0c4c", NULL);
	has_text(a.out, ",\"/fixbuf.slice/docker-" ID ".scope\",\"docker-" ID ".scope\",\"fb0c4c5d6e7f\",\n",
		 "so has that of --by process");
	tool_free(&a);
	tool(&a, "list", "--json", "--by", "process", "--container", "fb0c4c", NULL);
	ring = json_element(json_member(a.json, "processes"), 0);
	is_text(json_text(ring, "cgroup"), "/fixbuf.slice/docker-" ID ".scope", "whose JSON has the control group");
	is_text(json_text(ring, "unit"), "docker-" ID ".scope", "unit");
	is_text(json_text(ring, "container"), "fb0c4c5d6e7f", "and short id");
	tool_free(&a);
}

/* I/O of a program that goes into the group before it makes its ring, or stays outside. */
static void counted(const char *where, long long want)
{
	struct tool_run a;
	char run[512];

	snprintf(run, sizeof(run), "echo 0 >%s/cgroup.procs; exec %s 1 101 >/dev/null", where, load_path("io_short"));
	tool(&a, "stat", "--json", "--cgroup", "/fixbuf.slice", "--", "/bin/sh", "-c", run, NULL);
	is(json_sum(a.json, "rings", "ops"), want, "stat counts the I/O of a program in %s", where);
	tool_free(&a);
}

/* Of which container the I/O is. */
static void named(void)
{
	struct json_object *ring;
	struct tool_run a;
	struct load l;

	enter(SCOPE);
	if (!load_start(&l, "io_late", "1000003", "spaced", NULL))
		bail("io_late does not start");
	enter(MOUNT);
	if (write(l.to, "\n", 1) != 1)
		bail("io_late cannot be told to go on");
	tool(&a, "stat", "--json", "-d", kernel_only() ? "2s" : "500ms", "--container", "fb0c4c", NULL);
	ring = json_element(json_member(a.json, "rings"), 0);
	is(json_number(ring, "pid"), l.pid, "stat of a container has its process");
	is_text(json_text(ring, "cgroup"), "/fixbuf.slice/docker-" ID ".scope", "its control group");
	is_text(json_text(ring, "container"), "fb0c4c5d6e7f", "and its short id");
	tool_free(&a);
	tool(&a, "stat", "--csv", "-d", "300ms", "--container", "fb0c4c", NULL);
	has_text(a.out, ",\"docker-" ID ".scope\",\"fb0c4c5d6e7f\",\n", "stat --csv has unit and short id");
	tool_free(&a);
	tool(&a, "stat", "--csv", "--by-buffer", "-d", "300ms", "--container", "fb0c4c", NULL);
	has_text(a.out, ",\"docker-" ID ".scope\",\"fb0c4c5d6e7f\",\n", "of each buffer, too");
	tool_free(&a);
	kill(l.pid, SIGTERM);
	load_end(&l);
}

/* Of what a process that leaves the group does from then on, I/O over the ring that it has is told, calls are not. */
static void moved(void)
{
	struct tool_how how = { .timeout_s = 100 };
	unsigned int io = 0, before = 0, after = 0;
	struct load reads, registers;
	struct json_lines l;
	struct tool_run a;
	char does[64];
	double left_s;

	enter(WORKER);
	if (!load_start(&reads, "io_late", "1000003", "spaced", NULL) ||
	    !load_start(&registers, "churn", "slow", "plain", NULL))
		bail("io_late or churn does not start");
	enter(MOUNT);
	if (write(reads.to, "\n", 1) != 1)
		bail("io_late cannot be told to go on");
	tool_start(&a, &how, "trace", "--json", "-q", "--io", "-d", "3s", "--cgroup", "/fixbuf.slice", NULL);
	ok(tool_says(&a, "\"io-done\"", 20000), "trace --io tells of I/O of a process in the group");
	snprintf(does, sizeof(does), "\"event\":\"register\",\"pid\":%d,", registers.pid);
	ok(tool_says(&a, does, 20000), "and of another's calls");
	move(MOUNT, reads.pid);
	move(MOUNT, registers.pid);
	left_s = now_s();
	tool_wait(&a, &how);
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr; i++) {
		bool later = json_number(l.lines[i], "t_ns") > left_s * 1e9;

		io += later && json_number(l.lines[i], "pid") == reads.pid && json_is(l.lines[i], "event", "io-done");
		if (json_number(l.lines[i], "pid") == registers.pid && json_is(l.lines[i], "event", "register"))
			++*(later ? &after : &before);
	}
	ok(io > 2, "they leave it: I/O over the ring from before is still told (%u)", io);
	ok(before && !after, "calls are not (%u, then %u)", before, after);
	json_lines_free(&l);
	tool_free(&a);
	kill(reads.pid, SIGTERM);
	load_end(&reads);
	load_end(&registers);
}

/*
 * Rings come and go on both sides, and the address of one is the other's next: also between what was
 * attached first and the look, when the ends of rings are not told yet.
 */
static void churned(void)
{
	unsigned int outside = 0, inside = 0, failed = 0, lossy = 0;
	char his[32], ours[32];
	struct load in, out;

	/* the end of a ring that it does not run programs for is not seen: its address may be told on */
	if (witness_kernel(7, 0) || kernel_only()) {
		skip("trace at once, beside much churn", "slow in a guest, and not so from 7.0 on");
		return;
	}
	enter(WORKER);
	if (!load_start(&in, "churn", "small", NULL))
		bail("churn does not start");
	enter(MOUNT);
	if (!load_start(&out, "churn", "small", NULL))
		bail("churn does not start");
	snprintf(his, sizeof(his), "%d churn", out.pid);
	snprintf(ours, sizeof(ours), "%d churn", in.pid);
	for (int i = 0; i < 11; i++) {
		/* too little room: the end of one ring and the begin of the next are lost */
		bool tight = i % 2;
		struct tool_run a;
		const char *at;

		tool(&a, "trace", "-q", "--no-header", "-d", tight ? "150ms" : "20ms", "--ring-buffer",
		     tight ? "64" : "4096", "--cgroup", "/fixbuf.slice", NULL);
		lossy += tight && strstr(a.out, "lost");
		failed += a.status != 0;
		inside += strstr(a.out, ours) != NULL;
		at = strstr(a.out, his);
		if (at && !outside++)
			note("%.120s", at);
		tool_free(&a);
	}
	is(outside, 0, "trace at once, beside much churn: tells of nothing else");
	is(failed, 0, "it ends well each time");
	ok(inside, "and tells of what is in the group");
	ok(lossy, "also after a loss (in %u of them)", lossy);
	load_end(&in);
	load_end(&out);
}

static void verified(pid_t in)
{
	struct tool_run a;

	tool(&a, "verify", "--json", "--container", ID, NULL);
	is(a.status, 0, "verify of a container");
	is(json_nr_rings(a.json, in), 1, "looks at its ring");
	ok(!json_element(json_member(a.json, "rings"), 1), "and at no other");
	tool_free(&a);
	tool(&a, "verify", "--unit", "libpod-conmon-" ID ".scope", NULL);
	is(a.status, 4, "of what has no ring: unsettled");
	tool_free(&a);
}

static bool put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");
	bool done = f && fputs(text, f) >= 0;

	return f && !fclose(f) && done;
}

#define MAX_BYTES (193 << 20)

/* Before anything runs there: what was taken earlier is not counted. *ours: the controller was off. */
static bool limit_memory(bool *ours)
{
	char *had = file_text(MOUNT "/cgroup.subtree_control");

	*ours = !strstr(had, "memory");
	free(had);
	return put(MOUNT "/cgroup.subtree_control", "+memory") &&
	       put(SLICE "/cgroup.subtree_control", "+memory") && put(SLICE "/memory.max", "202375168");
}

/* A line for each, with its sums and the memory limit that is nearest. */
static void summed(bool limited)
{
	struct json_object *list, *found = NULL;
	struct tool_run a;

	tool(&a, "list", "--json", "--by", "cgroup", "--cgroup", "/fixbuf.slice", NULL);
	is(a.status, 0, "list --by cgroup");
	list = json_member(a.json, "cgroups");
	is(list ? json_object_array_length(list) : 0, 2, "two of them have rings");
	for (int i = 0; i < 2; i++)
		if (!strcmp(json_text(json_element(list, i), "cgroup") ?: "", "/fixbuf.slice/docker-" ID ".scope"))
			found = json_element(list, i);
	is(json_number(found, "registered_bytes"), 103 * PAGE, "the container's has the size of its buffer");
	if (limited) {
		is(json_number(found, "memory_max_bytes"), MAX_BYTES, "and the limit of the one above");
		ok(json_number(found, "memory_bytes") >= 103LL * (long long)PAGE, "which its memory counts against");
	} else {
		skip("its memory.max", "the memory controller is not of version 2 here");
	}
	tool_free(&a);
	tool(&a, "list", "--by", "cgroup", "--cgroup", "/fixbuf.slice", NULL);
	has_text(a.out, limited ? " 193M  /fixbuf.slice/docker-" ID ".scope\n" : " -  /fixbuf.slice/docker-" ID ".scope\n",
		 "text that is no terminal's has the limit, and all of a long path");
	tool_free(&a);
}

static void refused(void)
{
	struct tool_run a;

	tool(&a, "list", "--cgroup", "/fixbuf.slice/nothing", NULL);
	is(a.status, 2, "a path that is not there");
	has_text(a.err, "there is no cgroup '/fixbuf.slice/nothing'", "is named");
	tool_free(&a);
	tool(&a, "list", "--unit", "fixbuf-no-such", NULL);
	is(a.status, 2, "a unit that does not run");
	has_text(a.err, "no unit 'fixbuf-no-such' runs here", "is named");
	tool_free(&a);
	tool(&a, "list", "--unit", "a", "--cgroup", "/", NULL);
	is(a.status, 2, "two at once");
	has_text(a.err, "give one of --cgroup, --unit and --container", "are refused");
	tool_free(&a);
}

int main(void)
{
	struct load in, quiet, scope, out;
	bool limited, ours;

	if (!is_v2()) {
		where_there_is_none();
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("cgroup2", MOUNT, "cgroup2", 0, NULL)) {
			skip("the rest", "no cgroup v2 can be mounted: %s", strerror(errno));
			return tap_end();
		}
	}
	remove_folders();
	for (size_t i = 0; i < NR_FOLDERS; i++)
		if (mkdir(folders[i], 0755))
			bail("cannot make %s: %s", folders[i], strerror(errno));
	limited = limit_memory(&ours);
	enter(WORKER);
	if (!load_start(&in, "churn", "slow", NULL) || !load_start(&quiet, "many", "pages", "101", NULL))
		bail("churn does not start");
	enter(SCOPE);
	if (!load_start(&scope, "many", "pages", "103", NULL))
		bail("many does not start");
	enter(MOUNT);
	if (!load_start(&out, "churn", "slow", "plain", NULL))
		bail("churn does not start");
	traced("--cgroup", "/fixbuf.slice", in.pid, out.pid);
	traced("--cgroup", WORKER, in.pid, out.pid);
	traced("--unit", "fixbuf-cgroup", in.pid, out.pid);
	listed("--unit", "fixbuf-cgroup.service", quiet.pid, out.pid);
	listed("--cgroup", "fixbuf.slice/fixbuf-cgroup.service", quiet.pid, scope.pid);
	of_container(scope.pid);
	counted(WORKER, 102);
	counted(MOUNT, 0);
	named();
	moved();
	verified(scope.pid);
	summed(limited);
	refused();
	load_end(&in);
	load_end(&quiet);
	load_end(&scope);
	load_end(&out);
	churned();
	remove_folders();
	if (limited && ours)
		put(MOUNT "/cgroup.subtree_control", "-memory");
	return tap_end();
}
