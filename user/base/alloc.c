// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"

void *must_alloc(size_t nr, size_t size)
{
	void *p = calloc(nr ? nr : 1, size);

	if (!p)
		exit(cannot("out of memory"));
	return p;
}

void *must_realloc(void *p, size_t nr, size_t size)
{
	p = reallocarray(p, nr ? nr : 1, size);
	if (!p)
		exit(cannot("out of memory"));
	return p;
}

char *must_strdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		exit(cannot("out of memory"));
	return copy;
}
