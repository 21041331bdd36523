/* SPDX-License-Identifier: GPL-2.0 */
/* What rings charge to users and address spaces, against what their accounts have. */
#ifndef FIXBUF_CAPTURE_CHARGES_H
#define FIXBUF_CAPTURE_CHARGES_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

struct charge {
	__u64 id;		/* struct user_struct * or struct mm_struct * */
	__s64 pages;
};

struct charges {
	struct charge *list;	/* owned */
	size_t nr;
};

/* Pages that explain whatever an account has: of a ring whose buffers were not read. */
#define CHARGES_ANY	(1LL << 40)

/* Pages; where buffers do not say their charge, their folios are an upper bound. */
__s64 charge_of_buffer(const struct fact_buffer *b);

/* Adds to what the account is charged, 0 = nobody's. */
void charges_add(struct charges *c, __u64 id, __s64 pages);
/* Leaves one entry per account, in order. Nothing can be added after it. */
void charges_sort(struct charges *c);
/* Whether the account was added, before charges_sort(). */
bool charges_have(const struct charges *c, __u64 id);
/* Whether none of the processes' accounts has more. Nothing can be added after it. */
bool charges_explain(struct charges *c, const struct fact_holder *processes, size_t nr);
void charges_free(struct charges *c);

#endif
