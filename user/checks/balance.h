/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The balance: what accounts have, against what the rings that were found put there. It is taken
 * several times, since others charge and uncharge meanwhile: the least rest counts.
 */
#ifndef FIXBUF_CHECKS_BALANCE_H
#define FIXBUF_CHECKS_BALANCE_H

#include "checks/finding.h"
#include "model/selection.h"

/* An account with more than is explained. */
struct rest {
	__u64 id;		/* struct user_struct * or struct mm_struct * */
	bool is_user;
	__u32 uid, pid, ns_pid;		/* .pid of an address space, else 0 */
	__u64 pages;
	bool moves;		/* since the reading before, rings of the account came or went */
	unsigned int moved;	/* between how many readings they did */
};

struct balance {
	struct rest *list;	/* owned */
	size_t nr;
};

/* Takes it for the first time, from a ledger of all rings and processes. */
void balance_take(struct balance *b, const struct ledger *l);
/* Takes it again, after .before: a rest becomes the lesser one, and goes when it is explained. */
void balance_again(struct balance *b, const struct ledger *before, const struct ledger *l);
/* Of those whom the selection is about, by the rings and processes of the ledger: the others are not read on. */
void balance_keep_selected(struct balance *b, const struct ledger *l, const struct selection *select);
/* That much of the rest at that place is known to be something else. */
void balance_explain(struct balance *b, size_t i, __u64 pages);
void balance_free(struct balance *b);

/*
 * One finding an account. A ring that closes is charged for a while, and where rings come and go all the
 * time there is always one: what such an account has more is not confirmed.
 */
void check_balance(const struct balance *b, const struct ledger *l, struct findings *out);

#endif
