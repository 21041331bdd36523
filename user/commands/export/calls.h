/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The system calls that each process of export makes once it has begun; any other fails from
 * then on. 0, or -errno with a sentence.
 */
#ifndef FIXBUF_COMMANDS_EXPORT_CALLS_H
#define FIXBUF_COMMANDS_EXPORT_CALLS_H

#include <stdbool.h>

/* Who collects; .writes: and replaces a file; .reads: and opens files, but to read only. */
int export_calls_collect(bool writes, bool reads);
/* Who looks at pages: opens files, but to read only. */
int export_calls_verify(void);
int export_calls_serve(void);
/* The thread of who serves that hashes passwords. */
int export_calls_hash(void);
/* Who starts another: what that makes is its own affair, so this takes only what neither does. */
int export_calls_keep(void);
/* Who removes the socket: waits, and unlinks. */
int export_calls_remove(void);

#endif
