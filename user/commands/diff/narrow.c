// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/system.h"
#include "commands/diff/given_pids.h"
#include "commands/diff/narrow.h"

/* An id says who that is in one boot alone. */
static bool is_of_this_boot(const struct snapshot *s)
{
	const char *boot_id = system_boot_id();

	return boot_id && s->boot_id.bytes && !text_order(s->boot_id, untrusted(boot_id));
}

static bool can_be_asked(const struct snapshot *s)
{
	const struct asked_whom *a = &s->asked;

	return asked_any(a) && !a->cut && !a->program && !a->cgroup && (!a->nr_pids || is_of_this_boot(s));
}

bool narrow_to_asked(struct selection *select, struct snapshot *was)
{
	const struct asked_whom *a = &was->asked;
	bool run = was->run.there;

	if (!can_be_asked(was))
		return false;
	select->has_uid = a->has_uid;
	select->uid = a->uid;
	for (__u32 i = 0; i < a->nr_pids; i++) {
		array_grow(select->pids, select->nr_pids);
		select->pids[select->nr_pids++] = given_pid(a->pids[i], a->ns_pids[i]);
	}
	for (__u32 i = 0; i < a->nr_comms; i++) {
		array_grow(select->comms, select->nr_comms);
		select->comms[select->nr_comms++] = a->comms[i];
	}
	/* it has what they started, too, which is not found again */
	snapshot_select(was, select);
	was->run.there = run;
	return true;
}

static bool is_shown(const struct snapshot *was, const struct listed_ring *r)
{
	for (size_t i = 0; i < was->nr_rings; i++)
		if (was->rings[i].pid == r->pid &&
		    (!was->rings[i].start_ns || !r->start_ns || was->rings[i].start_ns == r->start_ns))
			return true;
	return false;
}

static bool was_asked(const struct asked_whom *a, __u32 pid)
{
	for (__u32 i = 0; i < a->nr_pids; i++)
		if (given_pid(a->pids[i], a->ns_pids[i]) == pid)
			return true;
	return a->cut;
}

bool narrow_misses(const struct selection *select, const struct snapshot *was)
{
	const struct asked_whom *a = &was->asked;

	for (size_t i = 0; a->nr_pids && i < select->nr_pids; i++)
		if (!was_asked(a, select->pids[i]))
			return true;
	return (a->nr_pids && !select->nr_pids) || (a->has_uid && select->has_uid && a->uid != select->uid);
}

static const char *of_whom(const struct asked_whom *a)
{
	if (a->program)
		return "of a program";
	if (a->cgroup)
		return "of a control group";
	return a->cut ? "of many processes or names" : "of other processes";
}

const char *narrow_to_shown(struct snapshot *now, const struct snapshot *was)
{
	size_t nr = 0;

	if (!asked_any(&was->asked))
		return NULL;
	for (size_t i = 0; i < now->nr_rings; i++)
		if (is_of_this_boot(was) && is_shown(was, &now->rings[i]))
			now->rings[nr++] = now->rings[i];
		else
			free(now->rings[i].slots);
	now->nr_rings = nr;
	return of_whom(&was->asked);
}
