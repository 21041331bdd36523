// SPDX-License-Identifier: GPL-2.0
#include "capture/live.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "commands/ours.h"
#include "model/ledger.h"
#include "model/selection.h"

static bool is_about(const struct finding *f, const struct ring *r)
{
	if (f->pid && finding_traits(f->tag)->scope != SCOPE_USER)
		return f->pid == ring_owner_pid(r);
	return r->user && r->user->uid == f->uid;
}

bool finding_is_ours(const struct live *l, const struct selection *s, const struct finding *f)
{
	/* whether a ring that is gone was shown is not known any more */
	if (!(s->tree || selection_asks(s)) || finding_traits(f->tag)->scope == SCOPE_RING)
		return true;
	if (f->ring)
		return live_shows(l, f->ring);
	for (const struct ring *r = live_ledger(l)->rings; r; r = r->hh.next)
		if (live_shows(l, r->id) && is_about(f, r))
			return true;
	return false;
}
