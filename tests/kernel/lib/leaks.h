/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own search for memory that nothing points to (kmemleak). */
#ifndef FIXBUF_LEAKS_H
#define FIXBUF_LEAKS_H

/* What leaked so far is not reported. */
void leaks_forget(void);
/* A test: there are none since. Takes as long as the kernel needs to be sure of young ones. */
void leaks_none(void);

#endif
