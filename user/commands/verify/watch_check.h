/* SPDX-License-Identifier: GPL-2.0 */
/* The state of a watch, and what it concludes from it. */
#ifndef FIXBUF_COMMANDS_VERIFY_WATCH_CHECK_H
#define FIXBUF_COMMANDS_VERIFY_WATCH_CHECK_H

#include "capture/balance.h"
#include "capture/forks.h"
#include "capture/inspect.h"
#include "capture/live.h"
#include "capture/unmaps.h"
#include "checks/causes.h"
#include "checks/checks.h"
#include "checks/lost.h"
#include "checks/overlap.h"
#include "checks/standing.h"
#include "checks/unmappings.h"
#include "commands/run.h"
#include "commands/verify/watch.h"
#include "views/watch.h"

/* A call, and how many of its slots are still to be told. */
struct batch {
	bool open;
	struct cause cause;
	__u32 first, nr, left;
	__u64 t_ns;		/* when its last fact was read */
};

#define MAX_EARLY	8
#define MAX_BUSY	16

/* Slots with stale pages of one user, whose I/O is counted; .uncounted: of this look, no room for them. */
struct stale_user {
	__u32 uid, payer;
	size_t slots, rings;
	__u64 uncounted, most_uncounted;	/* of a look */
};

/* A slot of a ring, whose requests ran over other memory than they were submitted for. */
struct wrong_slot {
	struct io_stale_key at;
	struct finding of;	/* whose; no .detail */
	struct io_wrong what;	/* all so far */
};

struct watch {
	const struct verify_options *o;
	struct run run;
	struct live *live;
	struct standing *standing;	/* what was found and still stands */
	struct batch batch;
	struct cause early[MAX_EARLY];	/* the last calls that were closed before all their slots were told */
	size_t nr_early;
	struct causes causes;		/* since the last check */
	enum cause_kind no_cause;	/* of what is found without */
	unsigned int in_a_row;		/* facts since none waited */
	bool dirty;			/* the ledger changed since the last check */
	bool below_zero;		/* a level is: to be told at this call */
	bool torn;			/* facts were lost, nothing is known */
	bool to_walk;			/* buffers whose pages were not looked at */
	__u64 moved_ns;			/* an account moved, and its call was not seen yet; 0 = none */
	__u64 checked_ns, check_took_ns;
	__u64 busy_mms[MAX_BUSY];	/* a call or release is under way there, whose begin is not known */
	size_t nr_busy;
	bool sampling;
	__u64 levels_ns;		/* of when the levels of the ledger's accounts are */
	__u64 lost_told, skipped, skipped_told; /* events; of those lost, runs of programs */
	__u64 anew_ns, sampled_ns;
	struct readings_of_accounts readings; /* in a row; .nr 0 = none are under way */
	__u64 next_balance_ns, readings_took_ns; /* due; of CPU time */
	struct looks looks;		/* in a row, at everything; .nr 0 = none are under way */
	bool looking;			/* what is found now, no call is to blame for */
	__u64 looked_ns, looks_begun_ns, looks_took_ns;	/* the last; of CPU time */
	__u64 look_due_ns;	/* when the next has to begin, or that which goes on had to */
	__u64 next_look_ns, rested_ns;	/* the next is due; and not before that */
	__u64 forks;			/* of forks_seen(): those before the last look */
	__u64 unmaps_lost;		/* the same of unmaps_lost() */
	bool unmapped;			/* pages of registered buffers were, since the last look began */
	struct unmappings unmappings;
	__u64 compared_ns;		/* the last look that compared all pages began */
	__u64 begun_ns;
	bool *had_ring;			/* owned: of each part of the selection, whether one was seen */
	bool complete;			/* what comes now is told in part, as programs are detached */
	__u64 unread_ns;		/* calls before that were not all read in time; 0 = they were */
	bool failed;			/* a sentence is set */
	struct watch_totals totals;
	struct stale_slot *stale;	/* owned; with --io */
	size_t nr_stale;
	struct stale_user *stale_users; /* owned */
	size_t nr_stale_users;
	struct overlap *overlaps; /* owned: at the look before, sorted */
	size_t nr_overlaps;
	struct wrong_slot *wrong;	/* owned; with --io */
	size_t nr_wrong;
	struct io_model noted[2];	/* with --io: as the last look but one began, and the last one */
	struct io_model now;
	bool noted_for_none;		/* what the look found that .noted[1] was for is not told */
	struct findings lost;		/* over buffers that were released, to be told */
	struct unsettled_list unsettled;
	struct ledger_observer on_ledger;
	int worst;
};

/* For .standing: it tells what is new, with the last call that may have caused it. */
struct standing *watch_standing(struct watch *w);
/* How it checks. */
struct check_options watch_checks(const struct watch *w);
void watch_add_cause(struct watch *w, const struct cause *c);

/* Checks all and tells what is new. */
void watch_check(struct watch *w);
/* Checks may take half of the time: calls that come faster are checked together. */
void watch_check_if_cheap(struct watch *w);

/* Whether the ledger is torn now. */
void watch_notice_loss(struct watch *w);
/* Also by a loss that has not shown yet: it would make a finding of what is none. */
void watch_settle(struct watch *w);
void watch_tell_loss(struct watch *w);

/* Looks at the pages that a call has registered: they lie in who called. */
void watch_walk_batch(struct watch *w, const struct batch *b);
/* Those that are left, some at a time. */
void watch_walk_rest(struct watch *w);

#endif
