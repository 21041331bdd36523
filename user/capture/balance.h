/* SPDX-License-Identifier: GPL-2.0 */
/* What accounts have beyond the rings that were found, read until it stands still. */
#ifndef FIXBUF_CAPTURE_BALANCE_H
#define FIXBUF_CAPTURE_BALANCE_H

#include "checks/balance.h"
#include "model/selection.h"

struct unsettled_list;
struct walk;

/* Where something is not explained, the balance is taken for over a second: not oftener than this. */
#define BALANCE_NS	30000000000ULL

/* Readings of all accounts in a row, each taken when its turn comes: all zero before the first. */
struct readings_of_accounts {
	struct balance left;	/* what none has explained so far */
	struct ledger *last;
	unsigned int nr;
	__u64 taken_ns;
};

/*
 * Takes one more, at least readings_apart_ns() after the one before, until readings_done(). Then
 * readings_tell() adds what is left of the selection, in order, and to *u who has more than is
 * looked through: of them nothing is told. 0, or -errno with a sentence.
 */
int readings_next(struct readings_of_accounts *r, struct walk *walk, const struct selection *select);
__u64 readings_apart_ns(const struct readings_of_accounts *r);
bool readings_done(const struct readings_of_accounts *r);
int readings_tell(struct readings_of_accounts *r, struct walk *walk, const struct selection *select,
		  struct findings *out, struct unsettled_list *u);
/* Ready for the first again. */
void readings_end(struct readings_of_accounts *r);

/*
 * All of them, at once: adds what it finds of the selection, in order, and what it could not confirm to
 * *u. 0, or -errno with a sentence.
 */
int look_at_balance(struct walk *walk, const struct selection *select, struct findings *out,
		    struct unsettled_list *u);

#endif
