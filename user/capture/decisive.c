// SPDX-License-Identifier: GPL-2.0
#include "capture/decisive.h"

bool view_decides(const struct view *v)
{
	return v->maker && v->holds && v->may_have && (v->all || v->unseen);
}

bool view_may_doubt(const struct view *v)
{
	return v->holds && v->may_have && v->submits == SUBMITS;
}

bool view_may_use(const struct view *v)
{
	return v->holds && (v->may_have || v->submits != SUBMITS_NOT);
}

bool view_is_bystanders(const struct view *v)
{
	if (v->maker)
		return v->ended;
	return v->passes_by && !v->all && !v->may_have && v->submits == SUBMITS_NOT;
}

/* The more, the rather it is the one to tell when nobody sees all that is pinned. */
static int rank(const struct view *v)
{
	return v->holds ? 1 + v->may_have : 0;
}

static size_t best_of(const struct view *views, size_t nr)
{
	size_t best = 0;

	for (size_t i = 1; i < nr; i++) {
		const struct view *v = &views[i], *b = &views[best];
		bool maker = b->maker && b->same && rank(b) >= rank(v);

		if (rank(v) && !v->unseen && !maker &&
		    (!rank(b) || b->unseen || v->same > b->same ||
		     (v->same == b->same && rank(v) > rank(b))))
			best = i;
	}
	return best;
}

/* Whether a fault that .v shows may be one, although somebody sees what is pinned. */
static bool accuses(const struct view *v, bool holder_sees, bool registrant_sees)
{
	if (!v->holds || !v->other || (!v->maker && v->submits == SUBMITS_NOT))
		return false;
	if (!holder_sees)
		return true;
	if (!v->may_have)
		return !v->maker && v->submits == SUBMITS && !registrant_sees;
	/* who has it privately, and may have registered it, did */
	return v->shared || !registrant_sees;
}

/* Whether one who uses the ring may have registered the buffer, and lost it since. */
static bool is_doubted(const struct view *views, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!views[i].maker && view_may_doubt(&views[i]) && views[i].other && views[i].shared)
			return true;
	return false;
}

size_t decisive_view(const struct view *views, size_t nr, bool *contested)
{
	bool holder = false, registrant = false;	/* that sees all that is pinned */
	size_t seer = nr;

	*contested = false;
	for (size_t i = 0; i < nr; i++) {
		if (view_decides(&views[i])) {
			*contested = views[i].all && is_doubted(views, nr);
			return i;
		}
		if (!views[i].all)
			continue;
		holder |= view_may_use(&views[i]);
		registrant |= views[i].holds && views[i].may_have;
		if (seer == nr || (views[i].holds && !views[seer].holds))
			seer = i;
	}
	if (seer == nr)
		return best_of(views, nr);
	for (size_t i = 0; i < nr; i++) {
		const struct view *v = &views[i];

		if (!accuses(v, holder, registrant))
			continue;
		if (v->may_have && v->maker ? !registrant : !holder && v->submits == SUBMITS) {
			*contested = false;
			return i;
		}
		*contested = true;
	}
	return seer;
}
