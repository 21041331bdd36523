/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the explanation, one file each: what they share. */
#ifndef FIXBUF_CHECKS_FAILURE_WORDS_H
#define FIXBUF_CHECKS_FAILURE_WORDS_H

#include "checks/failure.h"

struct words {
	char *out;			/* EXPLAIN_LEN bytes */
	const struct fact_call *c;
	const struct fact_entry *e;	/* to blame, NULL without */
};

#define REGISTER_SPARSE	1U	/* IORING_RSRC_REGISTER_SPARSE */
#define MAX_REGISTERED	16	/* rings that a thread can register */

#define SAY(w, ...) ((void)snprintf((w)->out, EXPLAIN_LEN, __VA_ARGS__))

/* What is wrong with the entry .e. */
void explain_entry(struct words *w);
void explain_efault(struct words *w);

/* A clone that found its target: false where the error is not one of a clone's own. */
bool explain_clone(struct words *w);

/* Refused before any ring was found: false where the error says nothing of that. */
bool explain_no_ring(struct words *w);

#endif
