// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "commands/record/names.h"
#include "model/fact.h"

static bool tells_all(const struct names *n)
{
	return n->everybody || !(n->select->tree || selection_asks(n->select));
}

/* A program that is started is known by its rings only: no filter names its processes. */
static bool has_holder(const struct names *n, const struct ring *r, const struct holder *h)
{
	return n->select->tree ? live_shows(n->live, r->id) : selection_has_holder(n->select, h);
}

static const struct holder *holder_of(const struct ring *r, __u32 pid)
{
	for (size_t i = 0; r && i < r->nr_holders; i++)
		if (r->holders[i].pid == pid)
			return &r->holders[i];
	return NULL;
}

static bool has_mm(const struct names *n, const struct ledger_mm *mm)
{
	const struct selection *s = n->select;

	return !s->tree && selection_has_found(s, mm->chosen, mm->pid, mm->uid, &mm->comm);
}

/* Whether anything that is known of the process says that it was asked for. */
static bool has_pid(const struct names *n, __u32 pid)
{
	const struct ledger *l = live_ledger(n->live);

	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next)
		if (mm->pid == pid && has_mm(n, mm))
			return true;
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		const struct holder *h = holder_of(r, pid);

		if (h && has_holder(n, r, h))
			return true;
	}
	return false;
}

bool names_hide(const struct names *n, const struct fact *f)
{
	const struct holder *h;
	const struct ring *r;

	/* of I/O and of rings that were not made only what was asked for is told */
	if (!f->comm.bytes[0] || tells_all(n) || fact_is_io(f) || f->kind == FACT_SETUP)
		return false;
	r = ledger_ring(live_ledger(n->live), f->ring);
	if (f->kind == FACT_HOLDER && !n->select->tree)
		return !selection_has_task(n->select, f);
	if (f->kind == FACT_HOLDER)
		return !(f->ring ? live_shows(n->live, f->ring) : has_pid(n, f->pid));
	h = holder_of(r, f->pid);
	if (h && has_holder(n, r, h))
		return false;
	/* the end of a ring is told of who had it, whom only the kernel side's filters may leave out */
	return !selection_has_event(n->select, f) || (h && (n->select->follow || n->select->cgroup || n->select->tree));
}

static void hide(const struct names *n, __u32 pid, __u32 caller, struct comm *comm)
{
	if (comm->bytes[0] && pid != caller && !has_pid(n, pid))
		memset(comm, 0, sizeof(*comm));
}

const struct failure *names_failure(const struct names *n, const struct failure *why, __u32 caller,
				    struct failure *to, struct evidence_room *room)
{
	const struct evidence *e = why ? why->evidence : NULL;

	if (!e || tells_all(n) || !(e->nr_shares || e->caller))
		return why;
	room->e = *e;
	if (e->caller) {
		room->caller = *e->caller;
		hide(n, room->caller.issuer_pid, caller, &room->caller.issuer);
		room->e.caller = &room->caller;
	}
	for (size_t i = 0; i < e->nr_shares; i++) {
		struct share *s = &room->shares[i];

		*s = e->shares[i];
		hide(n, s->pid, caller, &s->comm);
		hide(n, s->keeper_pid, caller, &s->keeper_comm);
	}
	room->e.shares = room->shares;
	*to = (struct failure){ why->explain, &room->e };
	return to;
}
