// SPDX-License-Identifier: GPL-2.0
#include "checks/selected.h"

__u64 finding_mm(const struct ledger *l, const struct finding *f)
{
	const struct ring *r = f->ring ? ledger_ring(l, f->ring) : NULL;

	if (r)
		return r->mm ? r->mm->id : 0;
	for (struct ledger_mm *m = l->mms; m; m = m->hh.next)
		if (m->pid && m->pid == f->pid)
			return m->id;
	return 0;
}

struct selecting {
	const struct selection *select;
	const struct ledger *ledger;
};

static bool is_selected(const struct finding *f, const void *arg)
{
	const struct selecting *s = arg;
	const struct selection *select = s->select;
	const struct ring *r = f->ring ? ledger_ring(s->ledger, f->ring) : NULL;

	if (r)
		return selection_has_ring(select, r);
	if (!select->nr_pids && !select->comm && (!select->has_uid || select->uid == f->uid))
		return true;
	return f->pid && selection_has(select, f->pid, f->uid, &(struct comm){ "" });
}

void findings_keep_selected(const struct selection *select, const struct ledger *l,
			    struct findings *fs)
{
	const struct selecting s = { select, l };

	findings_keep(fs, is_selected, &s);
}
