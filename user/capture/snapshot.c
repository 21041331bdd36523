// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "capture/kernel.h"
#include "capture/snapshot.h"
#include "fixbuf.skel.h"

int snapshot_check_pids(const struct env *env)
{
	char path[32];

	for (size_t i = 0; i < env->select.nr_pids; i++) {
		snprintf(path, sizeof(path), "/proc/%u", env->select.pids[i]);
		if (access(path, F_OK))
			return misuse("there is no process %u; give the id of a running one with -p",
				      env->select.pids[i]);
	}
	return 0;
}

int snapshot_open(struct snapshot *s, const struct env *env, bool pages)
{
	int status = snapshot_check_pids(env);

	memset(s, 0, sizeof(*s));
	if (status)
		return status;
	s->skel = kern_open(env->output.verbose);
	if (!s->skel)
		return cannot("%s", err_text());
	s->walk = walk_prepare(s->skel);
	if (!s->walk)
		return cannot("%s", err_text());
	if (pages) {
		s->pages = page_walk_prepare(s->walk);
		if (!s->pages)
			return cannot("%s", err_text());
	}
	if (kern_load(s->skel) || walk_start(s->walk) || (pages && page_walk_start(s->pages)))
		return cannot("%s", err_text());
	return 0;
}

void snapshot_close(struct snapshot *s)
{
	page_walk_free(s->pages);
	walk_free(s->walk);
	if (s->skel)
		fixbuf_bpf__destroy(s->skel);
}
