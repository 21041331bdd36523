/* SPDX-License-Identifier: GPL-2.0 */
/* For load programs: memory of each kind, registered on one ring; what fails ends the program. */
#ifndef FIXBUF_BACKING_H
#define FIXBUF_BACKING_H

#include <sys/types.h>

struct io_uring;

#define BACKING_PAGES 17

/* Registers these pages, alone; skips where the kernel takes no files' pages. */
void backing_hold(char *p, size_t pages);
/* The ring that they are registered on; not open before the first are, unless a caller opens it. */
struct io_uring *backing_ring(void);
/* BACKING_PAGES private anonymous pages, registered. */
char *backing_private(void);
/* As many shared pages, registered, from page 2 on of a memfd that goes on behind them. */
char *backing_of_file(int *fd);
/* A huge page (THP bytes) of a file in hugetlbfs, registered. */
char *backing_of_huge(int *fd);

/* A memfd of so many pages. */
int backing_file(size_t pages);
char *backing_map(void *at, size_t pages, int flags, int fd, off_t page);
/* madvise(); skips where the kernel does not know the advice. */
void backing_advise(char *p, size_t pages, int advice, const char *name);
/* Registers BACKING_PAGES from .p on with a userfaultfd, too, and returns that; skips where it is refused. */
int backing_userfault(char *p, unsigned long long mode);

#endif
