/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a load program that does something to registered memory, and verify on it. */
#ifndef FIXBUF_BACKING_TRY_H
#define FIXBUF_BACKING_TRY_H

/* Tests that verify finds what the load says that it must, is unsettled, or vouches for each page. */
void backing_try(const char *program, const char *mode);
/* A guest is ours: huge pages may be set aside there. */
void set_huge_pages_aside(void);

#endif
