// SPDX-License-Identifier: GPL-2.0
#include <bpf/btf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/own_ring.h"
#include "base/pid.h"
#include "base/time_share.h"
#include "capture/evidence.h"
#include "capture/kernel.h"
#include "capture/proc_maps.h"
#include "checks/failure.h"
#include "checks/shares.h"

#define FEAT_REG_REG_RING (1U << 13)	/* IORING_FEAT_REG_REG_RING, 6.3 */

/* Whether this kernel takes the index of a registered ring: only a ring of our own says so. */
static void look_at_features(struct fact_call *c, const struct ring_raw *own)
{
	if (c->call_flags & CALL_F_NO_RING && own->fd >= 0 &&
	    (c->call_flags & CALL_F_REG_RING || c->seen & SEEN_OTHER_WAY))
		c->seen |= SEEN_FEATURES | (own->features & FEAT_REG_REG_RING ? SEEN_KNOWS_INDEX : 0);
}

static bool has_ended(__u32 pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

/* What else may fill the account here, and what was looked for in vain. */
static __u32 look_at_candidates(__u32 pid)
{
	__u32 flags = kern_type("bpf_map_memory", BTF_KIND_STRUCT) ? SHARES_BPF_MAPS : 0;
	char path[48], line[256];
	bool known = false, xdp = false;
	int sockets;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/net/protocols", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		known = true;
		xdp |= sscanf(line, "XDP %*d %d", &sockets) == 1 && sockets;
	}
	if (f)
		fclose(f);
	return flags | (known && !xdp ? SHARES_NO_XDP : 0);
}

/* Who lets calls fail all the time would have us do nothing but walk. */
static struct time_share walks = { .free_ns = 4 * NS_PER_S };

/* The rings as they are; NULL when that cannot be had, or its time has been taken. */
static struct ledger *rings_now(struct walk *walk, __u64 user)
{
	__u64 from_ns = clock_now_ns();
	struct ledger *now;

	if (!time_share_has(&walks, user, from_ns))
		return NULL;
	now = ledger_new();
	if (walk_rings(walk, now)) {
		ledger_free(now);
		now = NULL;
	}
	time_share_take(&walks, user, clock_now_ns() - from_ns);
	return now;
}

void evidence_of_account(struct evidence_room *to, struct walk *walk, const struct ledger *then,
			 __u64 user, __u64 locked_pages, __u32 caller, __u32 proc_pid)
{
	struct ledger *now = rings_now(walk, user);
	struct shares s;

	shares_at(&s, user, then, now, locked_pages);
	for (size_t i = 0; i < s.nr && i < MAX_SHARES; i++) {
		__u32 pid = pid_in_proc(s.list[i].pid, s.list[i].ns_pid);

		s.list[i].ended = pid && s.list[i].pid != caller && has_ended(pid);
		to->shares[i] = s.list[i];
		to->e.nr_shares = i + 1;
	}
	to->account = s.account;
	to->account.flags |= look_at_candidates(proc_pid) | (now ? 0 : SHARES_PARTIAL);
	to->e.account = &to->account;
	to->e.shares = to->shares;
	shares_free(&s);
	ledger_free(now);
}

static void blame(struct evidence_room *to, const struct fact_entry *entry)
{
	if (!entry)
		return;
	to->entry = *entry;
	to->e.entry = &to->entry;
}

static void note_caller(struct evidence_room *to, const struct fact_caller *caller)
{
	if (!caller)
		return;
	to->caller = *caller;
	to->e.caller = &to->caller;
}

void evidence_told(struct evidence_room *to, const struct fact_entry *entries, size_t nr,
		   const struct fact_caller *caller)
{
	memset(to, 0, sizeof(*to));
	blame(to, explain_told_entry(entries, nr));
	note_caller(to, caller);
}

void evidence_gather(struct evidence_room *to, struct walk *walk, const struct ledger *then,
		     struct fact_call *call, struct fact_entry *entries, size_t nr,
		     const struct fact_caller *caller)
{
	struct fact_call failed = *call;

	memset(to, 0, sizeof(*to));
	/* an update that stopped on its way hides the error: mostly it is this one */
	if (call->result >= 0) {
		failed.result = -EFAULT;
		for (size_t i = 0; i < nr; i++)
			entries[i].index += call->result;
	}
	blame(to, explain_find_entry(&failed, entries, nr));
	note_caller(to, caller);
	call->need_pages = failed.need_pages;
	look_at_features(call, walk_own(walk));
	if (failure_errno(call, &to->e) == -ENOMEM && call->user)
		evidence_of_account(to, walk, then, call->user,
				    call->user_after_pages > 0 ? call->user_after_pages : 0,
				    call->h.pid, pid_in_proc(call->h.pid, call->ns_pid));
}
