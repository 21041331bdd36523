// SPDX-License-Identifier: GPL-2.0
/*
 * A user who has a process with a ring in each of thousands of cgroups, beside another whose rows stay:
 * by cgroup, the sums are whole, and what they take is bounded.
 * Independent of the kernel: not run in guests.
 * Not under ASan: its memory is not the tool's.
 */
#include <errno.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "metrics.h"
#include "strict.h"
#include "tool_json.h"

#define MOUNT	"/sys/fs/cgroup"
#define NAME	"fixbuf-crowd"
#define GROUPS	"5003"
#define NR	5003
#define READS	64		/* of one user's cgroups in a collection, as the man page says */
#define MOST_KB	(64 << 10)

static void need_v2(void)
{
	struct statfs fs;

	if (!statfs(MOUNT, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
		return;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("cgroup2", MOUNT, "cgroup2", 0, NULL))
		skip_all("no cgroup v2 can be mounted: %s", strerror(errno));
}

static void listed(const struct load *other)
{
	long long groups = 0, rings = 0, most = 0, beside = 0;
	struct json_object *list;
	struct tool_run a;

	tool(&a, "list", "--json", "--by", "cgroup", NULL);
	is(a.status, 0, "list --by cgroup");
	list = json_member(a.json, "cgroups");
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *row = json_element(list, i);
		const char *name = json_text(row, "cgroup");

		if (!name || strncmp(name, "/" NAME "/g", strlen("/" NAME "/g"))) {
			beside += json_number(row, "registered_bytes");
			continue;
		}
		groups++;
		rings += json_number(row, "rings");
		if (json_number(row, "registered_bytes") > most)
			most = json_number(row, "registered_bytes");
	}
	is(groups, NR, "a row for each group");
	is(rings, NR, "with its ring");
	is(most, PAGE, "and its buffer");
	ok(beside >= (long long)(load_number(other, "nr") * PAGE), "others' rows are there");
	tool_free(&a);
}

static void exported(unsigned int uid)
{
	char owner[32], row[64];
	const char *wrong;
	struct tool_run a;
	double told;

	snprintf(owner, sizeof(owner), "uid=\"%u\"", uid);
	tool(&a, "export", "--once", "--by", "cgroup", "--verify-interval", "0", NULL);
	is(a.status, 0, "export --once --by cgroup");
	wrong = strict_metrics(a.out, strlen(a.out), 0);
	ok(!wrong, "it is clean%s%s", wrong ? ": " : "", wrong ?: "");
	is(metric(a.out, "fixbuf_rings", owner, NULL), NR, "all his rings are counted");
	snprintf(row, sizeof(row), "fixbuf_rings{%s", owner);
	told = text_count(a.out, row);
	ok(told > 1 && told <= READS + 1, "%g rows are his: so many groups are read, and one of the rest", told);
	ok(metric(a.out, "fixbuf_rings", owner, "cgroup=\"\"", NULL) >= NR - READS, "which has no name");
	ok(metric(a.out, "fixbuf_registered_bytes", "uid=\"0\"", "comm=\"many\"", "cgroup=\"/\"", NULL) > 0,
	   "another's process is in its own group");
	tool_free(&a);
}

int main(void)
{
	struct load crowd, other;

	need_v2();
	if (mkdir(MOUNT "/" NAME, 0755) && errno != EEXIST)
		skip_all("no cgroup can be made: %s", strerror(errno));
	if (!load_start(&other, "many", "pages", "11", NULL))
		bail("%s", other.skip);
	if (!load_start(&crowd, "cgroups", MOUNT "/" NAME, GROUPS, NULL)) {
		rmdir(MOUNT "/" NAME);
		skip_all("%s", crowd.skip);
	}
	listed(&other);
	exported(load_number(&crowd, "uid"));
	is(load_end(&crowd), 0, "his processes end");
	/* of all that ran, the loads too, which have less */
	ok(children_most_kb() <= MOST_KB, "%ld KiB at most", children_most_kb());
	load_end(&other);
	for (int n = 0; n < 100 && rmdir(MOUNT "/" NAME) && errno == EBUSY; n++)
		usleep(10000);
	return tap_end();
}
