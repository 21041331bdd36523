// SPDX-License-Identifier: GPL-2.0
#include "base/array.h"
#include "base/pid.h"
#include "base/system.h"
#include "commands/diff/given_pids.h"
#include "model/fact.h"
#include "recording/reader.h"

#define NOBODY	(~0U)	/* no process has this id */

__u64 given_pid(__u64 pid, __s64 ns_pid)
{
	if (!ns_pid || system_first_pid_namespace())
		return pid;
	return ns_pid > 0 ? ns_pid : 0;
}

bool given_pids_differ(const struct selection *select)
{
	return select->nr_pids && !system_first_pid_namespace();
}

static void add(struct selection *s, __u32 pid)
{
	if (s->nr_pids && selection_has_pid(s, pid))
		return;
	array_grow(s->pids, s->nr_pids);
	s->pids[s->nr_pids++] = pid;
}

void given_pids_of_recording(struct selection *s, struct recording *from)
{
	const struct selection given = *s;
	struct event e;

	s->pids = NULL;
	s->nr_pids = 0;
	/* what is wrong with the file is said when it is read for its own sake */
	while (from && recording_next(from, &e) > 0) {
		__u32 pid = e.kind == EVENT_FACT ? pid_in_proc(e.fact->pid, fact_ns_pid(e.fact)) : 0;

		if (pid && selection_has_pid(&given, pid))
			add(s, e.fact->pid);
	}
	recording_close(from);
	/* an empty list would be all */
	if (!s->nr_pids)
		add(s, NOBODY);
}
