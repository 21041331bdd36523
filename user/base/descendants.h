/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_BASE_DESCENDANTS_H
#define FIXBUF_BASE_DESCENDANTS_H

/*
 * How many processes descend from us and run, without children that do a job of ours, as reading symbols
 * is. By the numbers of /proc, which may be of another pid namespace than getpid() is; 0 where we are not in it.
 */
unsigned int descendants(void);

#endif
