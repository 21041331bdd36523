/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who holds a user's RLIMIT_MEMLOCK: the kernel keeps one number per user and tells it nowhere,
 * so the buffers of all the user's rings are added up, as the kernel charges them.
 */
#ifndef FIXBUF_CHECKS_SHARES_H
#define FIXBUF_CHECKS_SHARES_H

#include "checks/checks.h"
#include "model/evidence.h"
#include "model/ledger.h"

#define SHARES_TEXT 640

struct shares {
	struct share *list;	/* owned; the largest first */
	size_t nr;
	struct share_sum account;
};

/*
 * Adds up .user's (struct user_struct *) buffers in all of these ledgers, each buffer once. Where
 * the kernel does not say what a buffer was charged, it is its whole folios, each once per account.
 */
void shares_collect(struct shares *s, __u64 user, const struct ledger *const *ledgers, size_t nr);
/*
 * The same of an account that held .locked_pages when a call failed. .then knows what watched
 * processes had at the call, also of one that has ended since; .now (NULL = not looked at) knows
 * the others, but as they are a moment later. What explains most of it, and no more, is taken.
 */
void shares_at(struct shares *s, __u64 user, const struct ledger *then, const struct ledger *now,
	       __u64 locked_pages);
/*
 * ", held by: pid 812 (fio) 5 MiB, other uses of the account (...) 2.2 MiB": what .locked_pages
 * consist of; empty for 0. .list is the largest .nr of .account's. Returns buf.
 */
const char *shares_text(char buf[SHARES_TEXT], const struct share *list, size_t nr,
			const struct share_sum *account, __u64 locked_pages);
void shares_free(struct shares *s);

/*
 * The holder with the least limit of the rings that are charged to .u, NULL without a limit; .o
 * (NULL = all) says whose limits count: that of a process that nobody asked for refuses nothing to
 * those that were asked for.
 */
const struct holder *user_tightest_holder(const struct ledger *l, const struct ledger_user *u,
					  const struct check_options *o);

#endif
