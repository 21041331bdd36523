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

/* And in one pid namespace: of a file that has no others, the first. */
static bool are_ids_of_here(const struct snapshot *s)
{
	for (__u32 i = 0; i < s->asked.nr_pids; i++)
		if (!s->asked.ns_pids[i] && !system_first_pid_namespace())
			return false;
	return is_of_this_boot(s);
}

static bool can_be_asked(const struct snapshot *s)
{
	const struct asked_whom *a = &s->asked;

	return asked_any(a) && !a->cut && !a->program && !a->cgroup && (!a->nr_pids || are_ids_of_here(s));
}

bool narrow_asked(struct selection *asked, const struct snapshot *was)
{
	const struct asked_whom *a = &was->asked;

	*asked = (struct selection){ 0 };
	if (!can_be_asked(was))
		return false;
	asked->has_uid = a->has_uid;
	asked->uid = a->uid;
	for (__u32 i = 0; i < a->nr_pids; i++) {
		array_grow(asked->pids, asked->nr_pids);
		asked->pids[asked->nr_pids++] = given_pid(a->pids[i], a->ns_pids[i]);
	}
	for (__u32 i = 0; i < a->nr_comms; i++) {
		array_grow(asked->comms, asked->nr_comms);
		asked->comms[asked->nr_comms++] = a->comms[i];
	}
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

static const char *of_whom(const struct asked_whom *a)
{
	if (a->program)
		return "of a program";
	if (a->cgroup)
		return "of a control group";
	return a->cut ? "of many processes or names" : "of processes by ids of another boot or pid namespace";
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
