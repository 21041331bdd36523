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
#include "capture/ring_walk.h"
#include "capture/umems.h"
#include "checks/selected.h"

/*
 * A ring that closes gives its pages back within tens of milliseconds, up to 6.1 within a second
 * or two. Where rings come and go all the time one of them may be closing at each reading: what
 * is told was there in all of many. The first that explains an account ends its readings.
 */
#define READINGS	16
#define APART_NS	100000000ULL
#define JITTER_NS	7000000ULL	/* a load with a beat of its own is not met at the same point */

/* Pages of perf's buffers that a process has mapped: part of them is charged to it. */
static __u64 perf_pages(__u32 pid, __u32 ns_pid)
{
	static const char name[] = "anon_inode:[perf_event]";
	__u64 bytes = 0;
	const char *at;
	struct map m;
	size_t len;
	char *text = maps_read(pid_in_proc(pid, ns_pid), &len);

	at = text;
	while (text && maps_next(&at, text + len, &m))
		if (m.path_len == strlen(name) && !memcmp(m.path, name, m.path_len))
			bytes += m.end - m.start;
	free(text);
	return bytes >> PAGE_SHIFT;
}

static void explain_by_perf(struct balance *b, const struct ledger *l)
{
	for (size_t i = 0; i < b->nr; i++) {
		const struct rest *r = &b->list[i];

		if (!r->is_user && r->pid)
			balance_explain(b, i, perf_pages(r->pid, r->ns_pid));
		for (const struct ledger_mm *mm = l->mms; mm && r->is_user; mm = mm->hh.next)
			if (mm->pid && mm->uid == r->uid)
				balance_explain(b, i, perf_pages(mm->pid, mm->ns_pid));
	}
}

int readings_next(struct readings_of_accounts *r, struct walk *walk)
{
	struct ledger *l = ledger_new();
	int err = walk_accounts(walk, l);

	ledger_free(r->last);
	r->last = l;
	if (!err && r->nr++)
		balance_again(&r->left, l);
	else if (!err)
		balance_take(&r->left, l);
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

void readings_tell(struct readings_of_accounts *r, const struct umems *umems,
		   const struct selection *select, struct findings *out)
{
	struct findings found = { 0 };

	if (!r->nr)
		return;
	explain_by_perf(&r->left, r->last);
	umems_explain(umems, &r->left);
	check_balance(&r->left, r->last, &found);
	findings_keep_selected(select, r->last, &found);
	findings_append(out, &found);
	findings_sort(out);
}

void readings_end(struct readings_of_accounts *r)
{
	balance_free(&r->left);
	ledger_free(r->last);
	*r = (struct readings_of_accounts){ 0 };
}

int look_at_balance(struct walk *walk, const struct umems *umems, const struct selection *select,
		    struct findings *out)
{
	struct readings_of_accounts r = { 0 };
	int err = readings_next(&r, walk);

	while (!err && !readings_done(&r) && !interrupted) {
		const struct timespec apart = { .tv_nsec = readings_apart_ns(&r) };

		nanosleep(&apart, NULL);
		err = readings_next(&r, walk);
	}
	if (!err)
		readings_tell(&r, umems, select, out);
	readings_end(&r);
	return err;
}
