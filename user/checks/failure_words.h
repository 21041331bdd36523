/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the explanation, one file each: what they share. */
#ifndef FIXBUF_CHECKS_FAILURE_WORDS_H
#define FIXBUF_CHECKS_FAILURE_WORDS_H

#include "checks/failure.h"

struct words {
	char *out;			/* EXPLAIN_LEN bytes */
	const struct fact_call *c;
	const struct fact_entry *e;	/* to blame, NULL without */
	const struct evidence *seen;
};

#define REGISTER_SPARSE	1U	/* IORING_RSRC_REGISTER_SPARSE */
#define FAILED_SETUP_LEN	64
#define MAX_REGISTERED	16	/* rings that a thread can register */

#define SAY(w, ...) ((void)snprintf((w)->out, EXPLAIN_LEN, __VA_ARGS__))

/* Adds to what was said, as far as there is room. */
void say_more(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ENOMEM: the limit and who uses it up, or the kernel's own want of memory. */
void explain_memlock(struct words *w);

/*
 * Adds why the kernel had no memory for the caller, as a clause of a sentence; what was looked
 * at and is not why it is named.
 */
void say_no_memory(struct words *w);
/* A clause of a sentence: the memory cgroup that has no room; false where each has, or none was seen. */
bool say_full_cgroup(struct words *w);

/* Refused for who calls: EEXIST of a ring that takes one thread's calls, EACCES of restrictions. */
void explain_issuer(struct words *w);
void explain_restrictions(struct words *w);

/* What is wrong with the entry .e. */
void explain_entry(struct words *w);
void explain_efault(struct words *w);

/* A clone that found its target: false where the error is not one of a clone's own. */
bool explain_clone(struct words *w);

/* An io_uring_enter() that failed as a call. */
void explain_enter(struct words *w);

/* Of a descriptor that is not open: "; did io_uring_setup() fail with ENOMEM?", "" where it can be one. */
const char *failed_setup(char buf[FAILED_SETUP_LEN], __s32 fd);

/* Refused before any ring was found: false where the error says nothing of that. */
bool explain_no_ring(struct words *w);

#endif
