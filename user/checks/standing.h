/* SPDX-License-Identifier: GPL-2.0 */
/* What a watch has found that still stands: told once, or waiting to be sure. */
#ifndef FIXBUF_CHECKS_STANDING_H
#define FIXBUF_CHECKS_STANDING_H

#include "checks/cause.h"
#include "checks/finding.h"

struct standing;

struct standing_teller {
	/*
	 * A finding that is new and sure. With .unconfirmed it is a suspicion, a warning or worse, that
	 * ended before its account had rested: a call under way may explain it, or it was so.
	 */
	void (*tell)(const struct finding *f, const struct cause *c, void *arg);
	/* What made a new one so; .mm is whose account it is about, 0 = none. .stack becomes the caller's. */
	struct cause (*cause)(const struct finding *f, __u64 mm, void *arg);
	/* One that was told counts more .requests by now, when it is gone or all ends. */
	void (*grown)(const struct finding *f, void *arg);
	void *arg;
};

struct standing *standing_new(const struct standing_teller *teller);
bool standing_has(const struct standing *s, const struct finding *f);
/* Findings that are not told until their account has rested. */
size_t standing_waiting(const struct standing *s);
/*
 * These are all that there are now, with what .l knows: tells what is new and
 * sure, forgets what is gone. .levels_ns is of when the levels of its accounts are. Takes the
 * details out of the list.
 */
void standing_merge(struct standing *s, const struct ledger *l, struct findings *now, __u64 now_ns,
		    __u64 levels_ns);
/*
 * A call ends that has been under way since .start_ns, which explains what was suspected of this
 * account in the middle of it, if that ends now.
 */
void standing_explain(struct standing *s, __u64 mm, __u64 start_ns);
/* Something happened to this account: it does not rest. */
void standing_stir(struct standing *s, __u64 mm, __u64 now_ns);
/* Tells those that stood while their account rested. */
void standing_tell_rested(struct standing *s, __u64 now_ns);
/*
 * A look at everything found these: tells those that are confirmed and new. What the events do not
 * show stays until a look does not have it, which .all says: nothing was left out of this one.
 * Takes the details out of the list.
 */
void standing_look(struct standing *s, const struct ledger *l, struct findings *now, bool all);
/* The same of the balance of all accounts, which looks at everything do not have. */
void standing_balance(struct standing *s, const struct ledger *l, struct findings *now);
/* At the end: tells of what has grown since it was told. */
void standing_tell_grown(struct standing *s);
/* After a loss, and at the end: what was not told is no more than a suspicion. */
void standing_drop_waiting(struct standing *s);
void standing_free(struct standing *s);

#endif
