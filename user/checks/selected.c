// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
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

void findings_keep_selected(const struct selection *select, const struct ledger *l, struct findings *fs)
{
	size_t kept = 0;

	for (size_t i = 0; i < fs->nr; i++) {
		struct finding *f = &fs->list[i];
		struct ring *r = f->ring ? ledger_ring(l, f->ring) : NULL;
		bool keep = r ? selection_has_ring(select, r) :
				(!select->nr_pids && !select->comm &&
				 (!select->has_uid || select->uid == f->uid)) ||
				(f->pid && selection_has(select, f->pid, f->uid, ""));

		if (keep)
			fs->list[kept++] = *f;
		else
			free(f->detail);
	}
	fs->nr = kept;
}
