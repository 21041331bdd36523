/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When the accounts of a ledger that is replayed can be judged. In the middle of a call or of a
 * release its buffers and its account do not add up. Of some calls the begin is seen, of others
 * only the end: what may have been under way is known when its end was told. So an account is
 * judged between the calls that are known, and what is found is a suspicion until each of its
 * other rings has shown that nothing was under way on it.
 */
#ifndef FIXBUF_CHECKS_HINDSIGHT_H
#define FIXBUF_CHECKS_HINDSIGHT_H

#include "checks/finding.h"
#include "model/event.h"

struct hindsight;

struct hindsight *hindsight_new(void);
void hindsight_free(struct hindsight *h);

/* Takes a fact before it enters the ledger. */
void hindsight_fact(struct hindsight *h, const struct event *e);
/* Forgets all: the ledger is a new one, or facts of it were lost. */
void hindsight_forget(struct hindsight *h);

/* Whether there is an account that rests at .t_ns and was not judged since it moved. */
bool hindsight_is_due(const struct hindsight *h, __u64 t_ns);
/*
 * .found is what the ledger shows at .t_ns: takes from it, as suspicions, what adds up an account
 * that rests by then. With .end no fact follows, and every account is judged.
 */
void hindsight_judge(struct hindsight *h, const struct ledger *l, struct findings *found,
		     __u64 t_ns, bool end);
/* Whether a call was told whose slots, or some of them, were not yet: who holds what is not known. */
bool hindsight_awaits_slots(const struct hindsight *h);
/* What is sure by now, with .since_ns: the caller's to empty. */
struct findings *hindsight_sure(struct hindsight *h);

#endif
