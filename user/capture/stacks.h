/* SPDX-License-Identifier: GPL-2.0 */
/* Who called: the stacks of facts, with names. */
#ifndef FIXBUF_CAPTURE_STACKS_H
#define FIXBUF_CAPTURE_STACKS_H

#include <abi/fact.h>
#include <stdbool.h>
#include "model/stack.h"

struct fixbuf_bpf;
struct stacks;

/* Before kern_open(): what is forked to read symbols is to have nothing, and to be small. */
struct stacks *stacks_new(void);
/* Before kern_load(): makes the programs take them. */
void stacks_prepare(struct stacks *s, struct fixbuf_bpf *skel);
/*
 * Of a fact that has any, else NULL; good until the next. To be asked as soon
 * as the fact is read: a process that has ended takes the names with it.
 */
const struct stack *stacks_of(struct stacks *s, const struct fact *f);
/* What tells its stacks apart from others': equal = the same names. */
struct stack_key {
	__u64 caller;
	__u32 pid;
	__s32 user, kernel;
	__u32 emptied;		/* how often the map was */
};

/* False for a fact that has no stack, or one that was not kept. */
bool stacks_key(struct stacks *s, const struct fact *f, struct stack_key *key);
/* All facts that waited were shown: makes room in the map when it takes some. */
void stacks_drained(struct stacks *s);
/* Stacks that found no place in the map. */
__u64 stacks_lost(const struct stacks *s);
void stacks_free(struct stacks *s);

#endif
