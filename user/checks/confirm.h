/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether what several looks in a row found is sure: the system goes on while it is looked at,
 * and user, mm and tables are read one after the other.
 */
#ifndef FIXBUF_CHECKS_CONFIRM_H
#define FIXBUF_CHECKS_CONFIRM_H

#include "checks/verdict.h"

/*
 * Counts for each finding of .now the looks in a row that had it, from those of the look before
 * (NULL = there was none). True when all are confirmed.
 */
bool confirm(struct findings *now, const struct ledger *l, const struct findings *before,
	     const struct ledger *l_before);
/*
 * Moves to .gone what .before had of pages that .now has not: what a program does to its memory may
 * come and go.
 */
void confirm_gone(struct findings *gone, struct findings *before, const struct findings *now);
/*
 * After the last look: the rest are suspicions, and unsettled; so is what is .gone, where its buffer
 * is still in .l. Empties .gone.
 */
void confirm_rest(struct findings *now, struct findings *gone, const struct ledger *l,
		  struct unsettled_list *u);

#endif
