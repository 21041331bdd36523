// SPDX-License-Identifier: GPL-2.0
#include <fnmatch.h>
#include "cli/env.h"

bool env_selects(const struct env *env, __u32 pid, __u32 uid, const char *comm)
{
	bool hit = !env->nr_pids;

	for (size_t i = 0; i < env->nr_pids; i++)
		hit |= env->pids[i] == pid;
	return hit && (!env->has_uid || env->uid == uid) &&
	       (!env->comm || !fnmatch(env->comm, comm, 0));
}
