// SPDX-License-Identifier: GPL-2.0
#include "checks/selected.h"

__u64 finding_mm(const struct ledger *l, const struct finding *f)
{
	const struct ring *r = f->ring ? ledger_ring(l, f->ring) : NULL;

	if (r)
		return r->mm ? r->mm->id : 0;
	if (f->mm)
		return f->mm;
	for (struct ledger_mm *m = l->mms; m; m = m->hh.next)
		if (m->pid && m->pid == f->pid)
			return m->id;
	return 0;
}

struct selecting {
	const struct selection *select;
	const struct ledger *ledger;
};

/* Whether the ring is charged to the account that the finding is about. */
static bool is_of_account(const struct ring *r, const struct finding *f)
{
	if (finding_traits(f->tag)->scope == SCOPE_USER || (!f->pid && !f->mm))
		return r->user && r->user->uid == f->uid;
	return r->mm && (f->mm ? r->mm->id == f->mm : r->mm->pid == f->pid);
}

/* Of a recording of others: whether all that it has of that user only kept the ledger right. */
static bool is_others(const struct ledger *l, __u32 uid)
{
	for (const struct ledger_user *u = l->users; u; u = u->hh.next)
		if (u->uid == uid && u->others)
			return true;
	return false;
}

/* The address space that a finding of no ring is about; NULL = none that is known. */
static const struct ledger_mm *mm_of(const struct ledger *l, const struct finding *f)
{
	const __u64 id = finding_mm(l, f);
	struct ledger_mm *mm;

	HASH_FIND(hh, l->mms, &id, sizeof(id), mm);
	return mm && mm->pid ? mm : NULL;
}

/*
 * An account is a matter of everybody who is charged to it, whichever process is named with it.
 * One that no ring is left of is its own process's, or its own user's.
 */
static bool is_selected(const struct finding *f, const void *arg)
{
	const struct selecting *s = arg;
	const struct selection *select = s->select;
	const struct ring *r = f->ring ? ledger_ring(s->ledger, f->ring) : NULL;
	const struct ledger_mm *mm;
	bool any = false;

	if (r)
		return selection_has_ring(select, r);
	for (r = s->ledger->rings; r; r = r->hh.next) {
		if (!is_of_account(r, f))
			continue;
		if (selection_has_ring(select, r))
			return true;
		any = true;
	}
	if (any || is_others(s->ledger, f->uid))
		return false;
	mm = mm_of(s->ledger, f);
	if (mm && selection_has_found(select, mm->chosen, mm->pid, mm->uid, &mm->comm))
		return true;
	return !select->nr_comms && !select->cgroup && (!select->has_uid || select->uid == f->uid) &&
	       (!select->nr_pids || (f->pid && selection_has_pid(select, f->pid)));
}

bool finding_is_selected(const struct selection *select, const struct ledger *l,
			 const struct finding *f)
{
	const struct selecting s = { select, l };

	return is_selected(f, &s);
}

void findings_keep_selected(const struct selection *select, const struct ledger *l,
			    struct findings *fs)
{
	const struct selecting s = { select, l };

	findings_keep(fs, is_selected, &s);
}
