// SPDX-License-Identifier: GPL-2.0
/* What tells owners apart, by what --by asks for. */
#include <string.h>
#include "base/untrusted.h"
#include "checks/places.h"
#include "commands/export/model.h"

struct owner_key export_key(enum export_by by, __u32 uid, const struct comm *comm, __u32 pid,
			    __u64 ring)
{
	struct owner_key k;

	/* it is hashed as it lies in memory */
	memset(&k, 0, sizeof(k));
	k.uid = uid;
	memcpy(k.comm.bytes, comm->bytes, comm_name(comm).len);
	if (by == EXPORT_BY_PID || by == EXPORT_BY_RING)
		k.pid = pid;
	if (by == EXPORT_BY_RING)
		k.ring = ring;
	return k;
}

struct owner_key export_ring_key(enum export_by by, const struct ring *r)
{
	static const struct comm none;

	return export_key(by, ring_uid(r), r->nr_holders ? &r->holders[0].comm :
			  r->mm ? &r->mm->comm : &none, ring_pid(r), r->id);
}

void export_key_place(struct export_model *m, struct owner_key *key, __u32 pid)
{
	if (m->by == EXPORT_BY_CGROUP)
		key->cgroup = cgroups_id(&m->cgroups, pid, key->uid);
}

struct owner_key export_process_key(struct export_model *m, __u32 uid, const struct comm *comm, __u32 pid,
				    __u64 ring)
{
	struct owner_key k = export_key(m->by, uid, comm, pid, ring);

	export_key_place(m, &k, pid);
	return k;
}

struct owner_key export_placed_ring_key(struct export_model *m, const struct ring *r)
{
	struct owner_key k = export_ring_key(m->by, r);

	export_key_place(m, &k, ring_pid(r));
	return k;
}
