/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was looked at to say why a call failed, beside the call itself: the entry, the account, the
 * control group. Capture gathers it when it hears of the call, recordings keep it, and
 * checks/failure makes the sentence of it, also years later on another machine. The records are
 * fixed-width and append-only, as facts are.
 */
#ifndef FIXBUF_MODEL_EVIDENCE_H
#define FIXBUF_MODEL_EVIDENCE_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

enum evidence_kind {
	EVIDENCE_ENTRY	 = 1,	/* struct fact_entry: the iovec to blame */
	EVIDENCE_ACCOUNT = 2,	/* struct share_sum: what all the shares together are */
	EVIDENCE_SHARE	 = 3,	/* struct share: one a process, the largest first */
	EVIDENCE_CALLER	 = 4,	/* struct fact_caller */
};

#define MAX_SHARES	8	/* the largest; of the others only the sum is kept */

/* What one process has charged to a user's account. */
struct share {
	__u64 pages;		/* of buffers */
	__u64 ring_pages;	/* of its rings' own memory */
	__u32 pid, ns_pid;	/* of the address space that made the rings; 0 = not known */
	struct comm comm;
	__u32 rings;		/* that .ring_pages are of */
	__u32 ended;		/* not 0: the process has by now, maybe after the call; what keeps its rings keeps the charge */
	/* of another process that has one of the rings open, 0 = none was seen */
	__u32 keeper_pid, keeper_ns_pid;
	struct comm keeper_comm;
	__s32 keeper_fd;	/* -1: it is held otherwise */
	__u32 left;		/* not 0: the process has closed a ring, which the other one keeps */
};

#define SHARES_PARTIAL	0x01	/* the user has buffers that are not known */
#define SHARES_BPF_MAPS	0x02	/* the kernel charges BPF maps to the same account */
#define SHARES_NO_XDP	0x04	/* no AF_XDP socket is in the caller's network namespace */
#define SHARES_CLOSING	0x08	/* some of it is of rings that were closed, and that the kernel has not released yet */

struct share_sum {
	__u64 pages, ring_pages; /* the sums */
	/* of .pages: what several buffers have at the same addresses, and what it were but once */
	__u64 repeated_pages, repeated_once;
	__u32 nr_shares;	/* also of those that were not kept */
	__u32 flags;		/* SHARES_* */
};

/* What there is of it: NULL, or 0, where there is none or it was not looked at. */
struct evidence {
	const struct fact_entry *entry;
	const struct fact_caller *caller;
	const struct share_sum *account;
	const struct share *shares;
	size_t nr_shares;
};

/* Where who gathers or reads it keeps it. All zero before the first. */
struct evidence_room {
	struct evidence e;	/* what it points to is below */
	struct fact_entry entry;
	struct fact_caller caller;
	struct share_sum account;
	struct share shares[MAX_SHARES];
};

FACT_ASSERT_SIZE(share, 80);
FACT_ASSERT_SIZE(share_sum, 40);

#endif
