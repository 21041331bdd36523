/* SPDX-License-Identifier: GPL-2.0 */
/* Looks at what may be why a call failed, when it is heard of. */
#ifndef FIXBUF_CAPTURE_EVIDENCE_H
#define FIXBUF_CAPTURE_EVIDENCE_H

#include "capture/ring_walk.h"
#include "model/evidence.h"
#include "model/ledger.h"

/*
 * Who holds .locked_pages of the account .user (a struct user_struct *). .then: the rings that are
 * watched, at the call; all others are looked at now. Not .caller, but others may have ended since; our
 * /proc has it as .proc_pid.
 */
void evidence_of_account(struct evidence_room *to, struct walk *walk, const struct ledger *then,
			 __u64 user, __u64 locked_pages, __u32 caller, __u32 proc_pid);

/* What the kernel side alone told of a call that failed, for who may look at nothing. */
void evidence_told(struct evidence_room *to, const struct fact_entry *entries, size_t nr,
		   const struct fact_caller *caller);

/*
 * Of .call, which failed or did not do all: .entries and .caller (NULL = none) are what the
 * kernel side told of it. What is found of the call itself is entered into it.
 */
void evidence_gather(struct evidence_room *to, struct walk *walk, const struct ledger *then,
		     struct fact_call *call, struct fact_entry *entries, size_t nr,
		     const struct fact_caller *caller);

#endif
