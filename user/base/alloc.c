// SPDX-License-Identifier: GPL-2.0
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "base/alloc.h"
#include "base/err.h"

#define LARGE	(128 << 10)	/* bytes */

static const char *limited;	/* why there is no more than a limit; NULL = there is none */

void alloc_give_back(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
}

void alloc_limit(size_t bytes, const char *why)
{
#ifndef __SANITIZE_ADDRESS__	/* whose shadow counts, too */
	const struct rlimit limit = { bytes, bytes };

	if (!setrlimit(RLIMIT_DATA, &limit))
		limited = why;
	/* what is given back is kept, within that: to have it anew costs a fault for each page */
	mallopt(M_MMAP_THRESHOLD, 2 << 20);
	mallopt(M_TRIM_THRESHOLD, 16 << 20);
#else
	(void)bytes;
	(void)why;
#endif
}

void *must_have(void *p)
{
	if (!p && limited)
		exit(misuse("%s", limited));
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
