/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is there, or the program ends with a sentence. */
#ifndef FIXBUF_BASE_ALLOC_H
#define FIXBUF_BASE_ALLOC_H

#include <stddef.h>

/*
 * For who runs on: what is large is given back when it is freed. glibc moves its threshold up with each
 * that is, until arrays that are made anew at every interval lie among small things for good.
 */
void alloc_give_back(void);
/*
 * From now on the program has no more than so many bytes, whoever allocates them: beyond it ends
 * with .why, which is about what it was given.
 */
void alloc_limit(size_t bytes, const char *why);
/* What a library allocated. */
void *must_have(void *p);
/* Zeroed; nr may be 0. */
void *must_alloc(size_t nr, size_t size);
void *must_realloc(void *p, size_t nr, size_t size);
char *must_strdup(const char *text);

#endif
