/* SPDX-License-Identifier: GPL-2.0 */
/* What a watch has found that still stands: told once, or waiting to be sure. */
#ifndef FIXBUF_CHECKS_STANDING_H
#define FIXBUF_CHECKS_STANDING_H

#include <uthash.h>
#include "checks/finding.h"
#include "views/watch.h"

struct known {
	struct finding_key key;
	struct finding finding;	/* as found last; .detail owned */
	struct told_cause cause; /* of what was not told yet */
	__u64 mm;		/* whose account it is about, 0 = none */
	__u64 since_ns;		/* nothing happened to that account since */
	bool told, present;
	UT_hash_handle hh;
};

/* Told by known_tell(), which also makes the cause of one that is new. */
struct known_set {
	struct known *all;
	size_t nr_waiting;	/* not told, until their account has rested */
	void (*tell)(const struct known *k, void *arg);
	struct told_cause (*cause)(const struct finding *f, __u64 mm, void *arg);
	void *arg;
};

struct known *known_find(const struct known_set *s, const struct finding *f);
/*
 * These are all that there are now, with what .l knows: tells what is new and
 * sure, forgets what is gone. Takes the details out of the list.
 */
void known_merge(struct known_set *s, const struct ledger *l, struct findings *now, __u64 now_ns);
/* Something happened to this account. */
void known_stir(struct known_set *s, __u64 mm, __u64 now_ns);
/* Tells those that stood while their account rested. */
void known_tell_rested(struct known_set *s, __u64 now_ns);
/* Tells one more, found by other means, unless it was. */
void known_add(struct known_set *s, const struct ledger *l, struct finding *f);
/* After a loss: what was not told has to show anew. */
void known_drop_waiting(struct known_set *s);
void known_free(struct known_set *s);

#endif
