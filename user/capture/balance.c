// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/maps.h"
#include "base/pid.h"
#include "base/signals.h"
#include "capture/balance.h"
#include "capture/ring_walk.h"
#include "checks/balance.h"
#include "checks/selected.h"

/*
 * A ring that closes gives its pages back within tens of milliseconds, up to 6.1 within a second
 * or two. Where rings come and go all the time one of them may be closing at each reading: what
 * is told was there in all of many. The first that explains an account ends its readings.
 */
#define READINGS	16
#define APART_NS	100000000L
#define JITTER_NS	7000000L	/* a load with a beat of its own is not met at the same point */

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

int look_at_balance(struct walk *walk, const struct selection *select, struct findings *out)
{
	struct timespec apart = { 0 };
	struct ledger *l = ledger_new();
	struct findings found = { 0 };
	struct balance b = { 0 };
	int err = walk_accounts(walk, l);

	if (!err)
		balance_take(&b, l);
	for (int i = 1; !err && b.nr && i < READINGS && !interrupted; i++) {
		ledger_free(l);
		l = ledger_new();
		apart.tv_nsec = APART_NS - i * JITTER_NS / 2;
		nanosleep(&apart, NULL);
		err = walk_accounts(walk, l);
		if (!err)
			balance_again(&b, l);
	}
	explain_by_perf(&b, l);
	check_balance(&b, l, &found);
	findings_keep_selected(select, l, &found);
	findings_append(out, &found);
	findings_sort(out);
	balance_free(&b);
	ledger_free(l);
	return err;
}
