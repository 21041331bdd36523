// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "recording/writer_about.h"

static void put_asked(struct rec_about *r, const struct asked_whom *a)
{
	_Static_assert(sizeof(r->asked_pids) == sizeof(a->pids) && sizeof(r->asked_comms) == sizeof(a->comms), "as in the model");
	r->asked = (a->cut ? REC_ASKED_CUT : 0) | (a->program ? REC_ASKED_PROGRAM : 0) |
		   (a->cgroup ? REC_ASKED_CGROUP : 0) | (a->has_uid ? REC_ASKED_UID : 0);
	r->asked_uid = a->uid;
	memcpy(r->asked_pids, a->pids, sizeof(r->asked_pids));
	memcpy(r->asked_ns_pids, a->ns_pids, sizeof(r->asked_ns_pids));
	memcpy(r->asked_comms, a->comms, sizeof(r->asked_comms));
}

void writer_about(struct rec_about *r, const struct origin *a)
{
	*r = (struct rec_about){
		.start_ns = a->start_ns, .realtime_ns = a->realtime_ns,
		.interval_ns = a->interval_ns, .memory_bytes = a->memory_bytes,
		.cpus = a->cpus, .page_bytes = a->page_bytes, .tier = a->tier,
		.sample = a->sample,
		.not_seen = a->not_seen,
		.flags = (a->stacks ? REC_ABOUT_STACKS : 0) |
			 (a->snapshot ? REC_ABOUT_SNAPSHOT : 0) |
			 (a->fixed_only ? REC_ABOUT_FIXED_ONLY : 0) |
			 (a->by_user_data ? REC_ABOUT_BY_USER_DATA : 0) |
			 (a->pid_ns ? REC_ABOUT_PID_NS : 0) |
			 (a->goes_on ? REC_ABOUT_GOES_ON : 0),
	};

	memcpy(r->kernel, a->kernel, sizeof(r->kernel));
	memcpy(r->machine, a->machine, sizeof(r->machine));
	memcpy(r->command, a->command, sizeof(r->command));
	memcpy(r->host, a->host, sizeof(r->host));
	memcpy(r->boot_id, a->boot_id, sizeof(r->boot_id));
	put_asked(r, &a->asked);
}
