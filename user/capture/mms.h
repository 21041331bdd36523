/* SPDX-License-Identifier: GPL-2.0 */
/* Which living process has which address space, as the last walk saw it. */
#ifndef FIXBUF_CAPTURE_MMS_H
#define FIXBUF_CAPTURE_MMS_H

#include "capture/holders.h"
#include "model/ledger.h"
#include "model/selection.h"

struct mm_owner {
	__u64 mm;		/* struct mm_struct * */
	__u32 pid, ns_pid, uid;
	struct comm comm;
	bool chosen;		/* as a holder's (model/ledger.h) */
	bool no_pins;		/* nothing was ever pinned in it */
};

struct mms {
	struct mm_owner *list;	/* owned; by .mm, then by .pid */
	size_t nr;
};

/* Takes them out of the records of no ring, which are the processes and come first. */
void mms_take(struct mms *m, const struct holders *h);
/* The process with the least number that has it, NULL = none. */
const struct mm_owner *mms_find(const struct mms *m, __u64 mm);
/* Names the address spaces of the ledger that nobody who holds a ring has: a creator may hold none. */
void mms_name(const struct mms *m, const struct selection *select, struct ledger *l);
void mms_free(struct mms *m);

#endif
