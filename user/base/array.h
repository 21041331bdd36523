/* SPDX-License-Identifier: GPL-2.0 */
/* Arrays that grow by one: their room is the next power of two, so that none is kept beside .nr. */
#ifndef FIXBUF_BASE_ARRAY_H
#define FIXBUF_BASE_ARRAY_H

#include "base/alloc.h"

/* Makes room for one more behind the .nr entries of .list, which only this has made room in. */
#define array_grow(list, nr) ((list) = array_room((list), (nr), sizeof(*(list))))

/* The same of entries of .size bytes. Returns the array. */
static inline void *array_room(void *list, size_t nr, size_t size)
{
	return nr & (nr - 1) ? list : must_realloc(list, nr ? 2 * nr : 1, size);
}

#endif
