// SPDX-License-Identifier: GPL-2.0
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"

#define LARGE	(128 << 10)	/* bytes */

void alloc_give_back(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
}

void *must_have(void *p)
{
	if (!p)
		exit(cannot("out of memory"));
	return p;
}

void *must_alloc(size_t nr, size_t size)
{
	return must_have(calloc(nr ? nr : 1, size));
}

void *must_realloc(void *p, size_t nr, size_t size)
{
	return must_have(reallocarray(p, nr ? nr : 1, size));
}

char *must_strdup(const char *text)
{
	return must_have(strdup(text));
}
