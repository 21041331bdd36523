// SPDX-License-Identifier: GPL-2.0
#include <fnmatch.h>
#include <stdlib.h>
#include "model/ledger.h"
#include "model/selection.h"

bool comm_matches(const char *glob, const struct comm *comm)
{
	char name[COMM_LEN + 1] = "";

	memcpy(name, comm->bytes, COMM_LEN);
	return !fnmatch(glob, name, 0);
}

void selection_free(struct selection *s)
{
	free(s->pids);
	free(s->ns_pids);
	free(s->cgroup_path);
	free(s->comms);
	s->comms = NULL;
	s->nr_comms = 0;
	s->pids = s->ns_pids = NULL;
	s->cgroup_path = NULL;
	s->nr_pids = 0;
}

void selection_go_live(struct selection *s, bool program)
{
	s->tree = program;
	s->follow = s->nr_pids && !s->no_follow;
}

bool selection_asks(const struct selection *s)
{
	return s->nr_pids || s->has_uid || s->nr_comms || s->cgroup || s->awaited;
}

size_t selection_nr_parts(const struct selection *s)
{
	return s->nr_pids ? s->nr_pids : s->nr_comms ? s->nr_comms : selection_asks(s);
}

struct selection selection_part(const struct selection *s, size_t i)
{
	struct selection part = *s;

	if (s->nr_pids) {
		part.pids = s->pids + i;
		part.ns_pids = s->ns_pids ? s->ns_pids + i : NULL;
		part.nr_pids = 1;
	} else if (s->nr_comms) {
		part.comms = s->comms + i;
		part.nr_comms = 1;
	}
	return part;
}

bool selection_has_pid(const struct selection *s, __u32 pid)
{
	for (size_t i = 0; i < s->nr_pids; i++)
		if (s->pids[i] == pid)
			return true;
	return !s->nr_pids;
}

static bool has_comm(const struct selection *s, const struct comm *comm)
{
	for (size_t i = 0; i < s->nr_comms; i++)
		if (comm_matches(s->comms[i], comm))
			return true;
	return !s->nr_comms;
}

bool selection_has(const struct selection *s, __u32 pid, __u32 uid, const struct comm *comm)
{
	return (s->follow || selection_has_pid(s, pid)) && (!s->has_uid || s->uid == uid) && has_comm(s, comm);
}

bool selection_has_event(const struct selection *s, const struct fact *f)
{
	return !(f->flags & FACT_F_OTHERS) && selection_has(s, f->pid, f->uid, &f->comm);
}

bool selection_has_found(const struct selection *s, bool chosen, __u32 pid, __u32 uid,
			 const struct comm *comm)
{
	return (chosen || !(s->cgroup || s->follow)) && selection_has(s, pid, uid, comm);
}

bool selection_has_task(const struct selection *s, const struct fact *h)
{
	__u32 ns_pid = ((const struct fact_holder *)h)->ns_pid;

	if (s->awaited)
		return (ns_pid ? ns_pid : h->pid) == s->awaited;
	return selection_has_found(s, h->flags & FACT_F_CHOSEN, h->pid, h->uid, &h->comm);
}

bool selection_has_holder(const struct selection *s, const struct holder *h)
{
	return selection_has_found(s, h->chosen, h->pid, h->uid, &h->comm);
}

const struct holder *selection_holder(const struct selection *s, const struct ring *r)
{
	for (size_t i = 0; i < r->nr_holders; i++)
		if (selection_has_holder(s, &r->holders[i]))
			return &r->holders[i];
	return NULL;
}

bool selection_has_ring(const struct selection *s, const struct ring *r)
{
	if (!r->others && selection_holder(s, r))
		return true;
	/* who made it and passed it on: its memory is pinned and charged */
	return !r->others && r->mm && r->mm->pid &&
	       selection_has_found(s, r->mm->chosen, r->mm->pid, r->mm->uid, &r->mm->comm);
}
