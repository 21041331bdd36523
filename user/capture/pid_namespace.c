// SPDX-License-Identifier: GPL-2.0
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/pid.h"
#include "capture/pid_namespace.h"
#include "walk.skel.h"

/*
 * How many namespaces below that of /proc we are: "NSpid:" has our id in that one, and in each
 * from there down to our own. -1 without a /proc that shows us.
 */
static int levels_below_proc(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[512];
	int ids = 0;

	while (f && !ids && fgets(line, sizeof(line), f)) {
		char *rest = line + strlen("NSpid:");

		if (strncmp(line, "NSpid:", strlen("NSpid:")))
			continue;
		while (strtok_r(NULL, " \t\n", &rest))
			ids++;
	}
	if (f)
		fclose(f);
	return ids - 1;
}

void pid_namespace_learn(struct walk_bpf *skel)
{
	int below = levels_below_proc();

	skel->bss->ns_level = skel->bss->own_level;
	if (below > 0 && (__u32)below <= skel->bss->own_level)
		skel->bss->ns_level -= below;
}

static __u32 translate(const struct holders *processes, __u32 pid)
{
	for (size_t i = 0; i < processes->nr; i++)
		if (pid_in_proc(processes->list[i].h.pid, processes->list[i].ns_pid) == pid)
			return processes->list[i].h.pid;
	return 0;
}

int pid_namespace_translate(struct selection *s, const struct holders *processes)
{
	s->ns_pids = must_alloc(s->nr_pids, sizeof(*s->ns_pids));
	for (size_t i = 0; i < s->nr_pids; i++) {
		__u32 pid = translate(processes, s->pids[i]);

		if (!pid)
			return err_set(ESRCH, "process %u is not of this pid namespace, or has no memory of its own any more; run it in the host's pid namespace, or select with -u or --comm",
				       s->pids[i]);
		s->ns_pids[i] = s->pids[i];
		s->pids[i] = pid;
	}
	return 0;
}
