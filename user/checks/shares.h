/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who holds a user's RLIMIT_MEMLOCK: the kernel keeps one number per user and tells it nowhere,
 * so the buffers of all the user's rings are added up, as the kernel charges them.
 */
#ifndef FIXBUF_CHECKS_SHARES_H
#define FIXBUF_CHECKS_SHARES_H

#include "model/ledger.h"

#define SHARES_TEXT 480

/* What the rings of one process have charged to the user. */
struct share {
	__u32 pid, ns_pid;	/* of the address space that made them; 0 = not known */
	struct comm comm;
	__u64 pages;
	bool ended;		/* the process has: what keeps its rings keeps the charge */
};

struct shares {
	struct share *list;	/* owned; the largest first */
	size_t nr;
	__u64 pages;		/* their sum */
	bool partial;		/* the user has buffers that are not known */
	/* of it, what several buffers have at the same addresses: charged, and charged but once */
	__u64 repeated_pages, repeated_once;
};

/*
 * Adds up .user's (struct user_struct *) buffers in all of these ledgers, each buffer once. Where
 * the kernel does not say what a buffer was charged, it is its whole folios, each once per account.
 */
void shares_collect(struct shares *s, __u64 user, const struct ledger *const *ledgers, size_t nr);
/*
 * ", held by: pid 812 (fio) 5 MiB, other uses of the account (...) 2.2 MiB": what .locked_pages
 * consist of; empty for 0. Returns buf.
 */
const char *shares_text(char buf[SHARES_TEXT], const struct shares *s, __u64 locked_pages);
void shares_free(struct shares *s);

/* The holder with the least limit of the rings that are charged to .u, NULL without a limit. */
const struct holder *user_tightest_holder(const struct ledger *l, const struct ledger_user *u);

#endif
