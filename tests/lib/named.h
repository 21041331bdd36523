/* SPDX-License-Identifier: GPL-2.0 */
/* Functions that stacks have to show by their own names: no compiler puts them into others. */
#ifndef FIXBUF_TESTS_NAMED_H
#define FIXBUF_TESTS_NAMED_H

#ifdef __clang__	/* it makes no clones */
#define NAMED	__attribute__((noinline, used))
#else
#define NAMED	__attribute__((noinline, noclone, used))
#endif

#endif
