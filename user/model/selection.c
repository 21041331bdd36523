// SPDX-License-Identifier: GPL-2.0
#include <fnmatch.h>
#include "model/ledger.h"
#include "model/selection.h"

bool selection_has(const struct selection *s, __u32 pid, __u32 uid, const char *comm)
{
	bool hit = !s->nr_pids;

	for (size_t i = 0; i < s->nr_pids; i++)
		hit |= s->pids[i] == pid;
	return hit && (!s->has_uid || s->uid == uid) &&
	       (!s->comm || !fnmatch(s->comm, comm, 0));
}

bool selection_has_ring(const struct selection *s, const struct ring *r)
{
	for (size_t i = 0; i < r->nr_holders && !r->others; i++)
		if (selection_has(s, r->holders[i].pid, r->holders[i].uid, r->holders[i].comm))
			return true;
	return false;
}
