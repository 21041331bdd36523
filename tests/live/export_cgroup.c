// SPDX-License-Identifier: GPL-2.0
/*
 * "How much does each pod have?": export --by cgroup, whatever a group is called.
 * Independent of the kernel: not run in guests.
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
#include "tool.h"
#include "witness.h"

#define NAME	"fixbuf-\033=\"x\\"		/* a line end is refused */
#define LABEL	"cgroup=\"/fixbuf-\\\\x1b=\\\"x\\\\\\\\\""
#define PAGES	307

#define MOUNT	"/sys/fs/cgroup"

static char folder[300];

static bool is_v2(void)
{
	struct statfs fs;

	return !statfs(MOUNT, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static bool enter(const char *path)
{
	char file[400];
	FILE *f;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	f = fopen(file, "w");
	return f && fputs("0", f) >= 0 && !fclose(f);
}

/* Started in the group, from which we return to where we were. */
static bool start_inside(struct load *l, const char *name, const char *a, const char *b)
{
	bool started;

	if (!enter(folder))
		bail("cannot enter %s: %s", folder, strerror(errno));
	started = load_start(l, name, a, b, NULL);
	if (!enter(MOUNT))
		bail("cannot leave %s: %s", folder, strerror(errno));
	return started;
}

static void told(void)
{
	struct load in, out, bad;
	struct exporter x;
	struct tool_run a;
	const char *wrong;
	bool broken;

	if (!start_inside(&in, "many", "pages", "307") || !load_start(&out, "many", "pages", "11", NULL))
		bail("%s", in.skip ?: "no load");
	broken = start_inside(&bad, "fault_munmap", NULL, NULL);
	tool(&a, "export", "--once", "--by", "cgroup", NULL);
	is(a.status, 0, "export --once --by cgroup");
	wrong = strict_metrics(a.out, strlen(a.out), 0);
	ok(!wrong, "it is clean%s%s", wrong ? ": " : "", wrong ?: "");
	is(metric(a.out, "fixbuf_registered_bytes", LABEL, "comm=\"many\"", NULL), PAGES * PAGE,
	   "what the group has registered, under its name");
	if (broken)
		ok(metric(a.out, "fixbuf_finding_bytes", LABEL, "tag=\"unmapped-page\"", NULL) > 0,
		   "and what is wrong there");
	else
		skip("and what is wrong there", "%s", bad.skip);
	if (witness_kernel(7, 2))
		skip("and what its processes have pinned", "from 7.2 on root's rings charge no address space");
	else
		ok(metric(a.out, "fixbuf_process_pinned_vm_bytes", LABEL, "comm=\"many\"", NULL) >= PAGES * PAGE,
		   "and what its processes have pinned");
	ok(!strstr(a.out, ",pid=\""), "no process has a label of its own");
	tool_free(&a);

	/* the process that collects may open files to read, and no more */
	exporter_needed();
	exporter_start(&x, "--by", "cgroup", NULL);
	is_metric(&x, PAGES * PAGE, "the same served", "fixbuf_registered_bytes", "comm=\"many\"," LABEL);
	is(exporter_end(&x), 0, "and it ends well");
	load_end(&in);
	load_end(&out);
	if (broken)
		load_end(&bad);
}

int main(void)
{
	struct tool_run a;

	if (!is_v2()) {
		tool(&a, "export", "--once", "--by", "cgroup", NULL);
		is(a.status, 3, "without cgroup v2 alone: exit 3");
		has_text(a.err, "no cgroup v2 at " MOUNT, "which says so");
		tool_free(&a);
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("cgroup2", MOUNT, "cgroup2", 0, NULL)) {
			skip("the rest", "no cgroup v2 can be mounted: %s", strerror(errno));
			return tap_end();
		}
	}
	snprintf(folder, sizeof(folder), MOUNT "/" NAME);
	if (mkdir(folder, 0755) && errno != EEXIST)
		skip_all("no cgroup can be made: %s", strerror(errno));
	told();
	for (int n = 0; n < 100 && rmdir(folder) && errno == EBUSY; n++)
		usleep(10000);
	return tap_end();
}
