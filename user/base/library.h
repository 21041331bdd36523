/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Libraries that one job needs are loaded by it: linked, libmicrohttpd and what it takes (TLS) would
 * be two thirds of every start. A user of one lists the functions that it calls,
 *
 *	#define FUNCTIONS(of) of(crc32) of(inflate)
 *	static struct { FUNCTIONS(LIBRARY_MEMBER) } zlib;
 *
 * loads them into that structure, and calls zlib.crc32().
 */
#ifndef FIXBUF_BASE_LIBRARY_H
#define FIXBUF_BASE_LIBRARY_H

#include <stddef.h>

#define LIBRARY_MEMBER(function) __typeof__(function) *function;
#define LIBRARY_NAME(function) #function,
/* For a program that is linked statically. */
#define LIBRARY_ADDRESS(function) .function = function,

/*
 * Loads the library into this process, for good. The addresses of its .nr functions of these names
 * go to .to. 0, or -errno with a sentence.
 */
int library_load(const char *soname, const char *const *names, size_t nr, void **to);

#endif
