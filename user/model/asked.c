// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "model/asked.h"

void asked_add_pid(struct asked_whom *a, __u32 pid, __u32 ns_pid)
{
	if (a->nr_pids == ASKED_PIDS) {
		a->cut = true;
		return;
	}
	a->pids[a->nr_pids] = pid;
	a->ns_pids[a->nr_pids++] = ns_pid;
}

void asked_add_comm(struct asked_whom *a, const char *glob, size_t len)
{
	if (a->nr_comms == ASKED_COMMS || len >= ASKED_COMM_LEN) {
		a->cut = true;
		return;
	}
	memcpy(a->comms[a->nr_comms], glob, len);
	a->comms[a->nr_comms++][len] = 0;
}

struct asked_whom asked_of(const struct selection *s)
{
	struct asked_whom a = { .program = s->tree, .cgroup = s->cgroup, .has_uid = s->has_uid, .uid = s->uid };

	for (size_t i = 0; i < s->nr_pids; i++)
		asked_add_pid(&a, s->pids[i], s->ns_pids && s->ns_pids[i] != s->pids[i] ? s->ns_pids[i] : 0);
	for (size_t i = 0; i < s->nr_comms; i++)
		asked_add_comm(&a, s->comms[i], strlen(s->comms[i]));
	return a;
}

bool asked_any(const struct asked_whom *a)
{
	return a->cut || a->program || a->cgroup || a->has_uid || a->nr_pids || a->nr_comms;
}
