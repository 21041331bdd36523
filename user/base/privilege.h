/* SPDX-License-Identifier: GPL-2.0 */
/* Giving up what is no longer needed. */
#ifndef FIXBUF_BASE_PRIVILEGE_H
#define FIXBUF_BASE_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

#define PRIVILEGE_TEXT 160

struct privileges {
	const unsigned int *caps;	/* by number */
	size_t nr;
};

/* No program that we start ever gets more. -errno with a sentence. */
int privilege_no_new(void);
/* Keeps of what we have only these. -errno with a sentence. */
int privilege_keep(const struct privileges *p);
/* Closes all files but these two and the standard ones; the second may be -1. */
void privilege_keep_open(int a, int b);
/*
 * As root: becomes a user that no other process is, in no group, so that none may trace it or
 * take its descriptors, nor it another's. Without capabilities from then on, root or not; its
 * memory is not dumped, and it ends when who started it ends. -errno with a sentence.
 */
int privilege_become_own(void);
/* As root: becomes nobody, in no group. -errno with a sentence. */
int privilege_become_nobody(void);
/*
 * The first of these sets with which works() does, tried in a child process;
 * the last one when none does.
 */
const struct privileges *privilege_least(const struct privileges *sets, size_t nr,
					 bool (*works)(void *arg), void *arg);
/* "CAP_BPF, CAP_PERFMON", of what we have; "none". Returns buf. */
const char *privilege_text(char buf[PRIVILEGE_TEXT], const struct privileges *p);

#endif
