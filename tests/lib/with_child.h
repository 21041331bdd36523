/* SPDX-License-Identifier: GPL-2.0 */
/* For load programs of which several processes hold the ring that backing_hold() uses. */
#ifndef FIXBUF_WITH_CHILD_H
#define FIXBUF_WITH_CHILD_H

#include <sys/types.h>

#define LOST_AT	5	/* what map_other() does happens to pages [LOST_AT, LOST_AT + LOST) */
#define LOST	3

/*
 * Runs .child in a child, which then stays until this process ends, and waits for it. It skips for both
 * when it exits with EXIT_SKIPPED.
 */
pid_t with_child(void (*child)(char *p), char *p);
/* Tells who waits that a child which .child does not return in, or that clone() made, is done. */
void child_is_done(void);
/* For clone(): before the child is made, and after that. */
void before_child(void);
void wait_for_child(void);

void do_nothing(char *p);
/* Registers memory on a ring of its own: it has pinned some then, as who registers a buffer has. */
void own_ring(char *p);
/* Maps another file over a part of it. */
void map_other(char *p);
/* A request on the ring that is shared. */
void submit_nop(void);
void submit_alone(char *p);

/* What verify must say of map_other(). */
void expect_replaced(void);
/* BACKING_PAGES of a file. */
char *file_pages(void);

#endif
