/* SPDX-License-Identifier: GPL-2.0 */
/* Giving up what is no longer needed. */
#ifndef FIXBUF_BASE_PRIVILEGE_H
#define FIXBUF_BASE_PRIVILEGE_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Headers before 5.8 lack them. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

#define PRIVILEGE_TEXT 256

struct privileges {
	const unsigned int *caps;	/* by number */
	size_t nr;
};

/* No program that we start ever gets more. -errno with a sentence. */
int privilege_no_new(void);
/* Keeps of what we have only these, and is not dumped from then on. -errno with a sentence. */
int privilege_keep(const struct privileges *p);
/* The same, and what it starts may have these, but never more. -errno with a sentence. */
int privilege_only(const struct privileges *p);
/* Closes all files but these two and the standard ones; each may be -1. */
void privilege_keep_open(int a, int b);
/*
 * With CAP_SETUID and CAP_SETGID: becomes a user that no other process is, in no group, so that
 * none may trace it or take its descriptors, nor it another's. With them or not, from then on it
 * has only these capabilities of what it had and can gain none, and is not dumped. -errno with a
 * sentence.
 */
int privilege_become_own(const struct privileges *keep);
/*
 * From then on this process is killed when its parent, who forked it, ends; a change of user
 * takes that back. -errno with a sentence when it has ended.
 */
int privilege_end_with(pid_t parent);
/*
 * The first of these sets with which works() does, tried in a child process;
 * the last one when none does.
 */
const struct privileges *privilege_least(const struct privileges *sets, size_t nr,
					 bool (*works)(void *arg), void *arg);
/* "CAP_BPF, CAP_PERFMON", of what we have; "none". Returns buf. */
const char *privilege_text(char buf[PRIVILEGE_TEXT], const struct privileges *p);

#endif
