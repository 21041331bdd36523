/* SPDX-License-Identifier: GPL-2.0 */
/* What the threads of a process of the stress do at random, on rings that they share. */
#ifndef FIXBUF_WORK_H
#define FIXBUF_WORK_H

#include <stdbool.h>

enum op {
	REGISTER, REGISTER_TAGS, UNREGISTER, UPDATE, CLONE, IO, IO_DIRECT, SEND, IN_FLIGHT, UNMAP,
	DISCARD, COLLAPSE, FORK, FDINFO, SIGNAL, REOPEN, NR_OPS,
};

/*
 * The files for all processes, and where they count the requests of each kind that moved
 * bytes; false without.
 */
bool work_prepare(unsigned long moved[NR_OPS]);
/* The memory and descriptors of a process, then its rings, as the user who pays for them. */
bool work_open(void);
bool work_open_rings(void);
void work_close_rings(void);

unsigned int work_draw(unsigned int *seed, unsigned int n);
void work_count(unsigned long *n);
/* Any but SIGNAL. Negative: -errno, else it was done. */
int work_do(enum op op, unsigned int *seed);

#endif
