// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/maps.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/signals.h"
#include "capture/balance.h"
#include "capture/payers.h"
#include "capture/peek.h"
#include "capture/ring_walk.h"
#include "capture/umems.h"
#include "checks/selected.h"
#include "checks/verdict.h"

/*
 * A ring that closes gives its pages back within tens of milliseconds, up to 6.1 within a second
 * or two. Where rings come and go all the time one of them may be closing at each reading: what
 * is told was there in all of many. The first that explains an account ends its readings.
 */
#define READINGS	16
#define APART_NS	100000000ULL
#define USER_MAPS	1024	/* processes whose mappings are read of one user, ... */
#define MAPS_UNIT	(64 << 10) /* ... of so much text each, or fewer of more */
#define JITTER_NS	7000000ULL	/* a load with a beat of its own is not met at the same point */

/* Pages of perf's buffers that a process has mapped: part of them is charged to it. */
static __u64 perf_pages(__u32 pid, __u32 ns_pid, size_t *len)
{
	static const char name[] = "anon_inode:[perf_event]";
	__u64 bytes = 0;
	const char *at;
	struct map m;
	char *text = maps_read(pid_in_proc(pid, ns_pid), len);

	at = text;
	while (text && maps_next(&at, text + *len, &m))
		if (m.path_len == strlen(name) && !memcmp(m.path, name, m.path_len))
			bytes += m.end - m.start;
	free(text);
	return bytes >> PAGE_SHIFT;
}

/* What a process has mapped, while there is a rest for it to explain, and its user is not read too much of. */
static void explain_by_maps(struct balance *b, size_t i, const struct ledger_mm *mm, struct payers *read)
{
	const struct fact_holder process = {
		.h.pid = mm->pid, .h.uid = mm->uid, .payer = mm->uid,
	};
	size_t len = 0;

	if (b->list[i].pages && payers_spend(read, &process, USER_MAPS))
		balance_explain(b, i, perf_pages(mm->pid, mm->ns_pid, &len));
	for (; len > MAPS_UNIT; len -= MAPS_UNIT)
		payers_spend(read, &process, USER_MAPS);
}

static int explain_by_perf(struct balance *b, const struct ledger *l, const struct walk *walk,
			   struct walk_cuts *cuts)
{
	struct payers read = { 0 };

	for (size_t i = 0; i < b->nr; i++)
		for (const struct ledger_mm *mm = l->mms; mm && !walk_is_over(walk); mm = mm->hh.next)
			if (mm->pid && (b->list[i].is_user ? mm->uid == b->list[i].uid :
							     mm->id == b->list[i].id))
				explain_by_maps(b, i, mm, &read);
	payers_end(&read, cuts);
	return walk_is_over(walk) ? peek_end() : 0;
}

int readings_next(struct readings_of_accounts *r, struct walk *walk, const struct selection *select)
{
	struct ledger *l = ledger_new();
	int err = walk_accounts(walk, l);

	if (!err && r->nr++)
		balance_again(&r->left, r->last, l);
	else if (!err)
		balance_take(&r->left, l);
	/* where others charge and uncharge all the time, what concerns the selection is settled at once */
	balance_keep_selected(&r->left, l, select);
	ledger_free(r->last);
	r->last = l;
	r->taken_ns = clock_now_ns();
	return err;
}

__u64 readings_apart_ns(const struct readings_of_accounts *r)
{
	return APART_NS - r->nr * JITTER_NS / 2;
}

bool readings_done(const struct readings_of_accounts *r)
{
	return r->nr >= READINGS || (r->nr && !r->left.nr);
}

/* Not all that could explain it was looked at. */
static const struct walk_cut *cut_of(const struct finding *f, const struct walk_cuts *cuts)
{
	for (size_t i = 0; i < cuts->nr; i++)
		if (cuts->list[i].uid == f->uid)
			return &cuts->list[i];
	return NULL;
}

static bool is_whole(const struct finding *f, const void *cuts)
{
	return !cut_of(f, cuts);
}

static void leave_out(struct findings *fs, const struct walk_cuts *cuts, struct unsettled_list *u)
{
	for (size_t i = 0; i < fs->nr; i++) {
		const struct walk_cut *cut = cut_of(&fs->list[i], cuts);
		struct unsettled row = { .what = UNSETTLED_MAPPINGS, .has_uid = true };

		if (!cut)
			continue;
		row.uid = cut->uid;
		row.count = cut->processes;
		/* a look at the rings may have said so */
		if (!unsettled_has(u, row))
			unsettled_add(u, row);
	}
	findings_keep(fs, is_whole, cuts);
}

int readings_tell(struct readings_of_accounts *r, struct walk *walk, const struct selection *select,
		  struct findings *out, struct unsettled_list *u)
{
	struct walk_cuts cuts = { 0 };
	int err;

	if (!r->nr)
		return 0;
	err = umems_explain(walk, select, &r->left, &cuts) ? :
	      explain_by_perf(&r->left, r->last, walk, &cuts);
	if (!err) {
		check_balance(&r->left, r->last, out);
		findings_keep_selected(select, r->last, out);
		/* a ring that the walk did not come to is what the finding is of: that is told beside it */
		leave_out(out, &cuts, u);
		findings_sort(out);
	}
	free(cuts.list);
	return err;
}

void readings_end(struct readings_of_accounts *r)
{
	balance_free(&r->left);
	ledger_free(r->last);
	*r = (struct readings_of_accounts){ 0 };
}

int look_at_balance(struct walk *walk, const struct selection *select, struct findings *out,
		    struct unsettled_list *u)
{
	struct readings_of_accounts r = { 0 };
	struct findings found = { 0 };
	int err = readings_next(&r, walk, select);

	while (!err && !readings_done(&r) && !interrupted) {
		const struct timespec apart = { .tv_nsec = readings_apart_ns(&r) };

		nanosleep(&apart, NULL);
		err = readings_next(&r, walk, select);
	}
	if (!err)
		err = readings_tell(&r, walk, select, &found, u);
	for (size_t i = 0; i < found.nr; i++)
		if (found.list[i].unconfirmed)
			unsettled_add(u, suspicion_row(&found.list[i]));
	findings_append(out, &found);
	findings_sort(out);
	readings_end(&r);
	return err;
}
