/* SPDX-License-Identifier: GPL-2.0 */
/* What was written already, by its bytes: each gets a number, from 1. */
#ifndef FIXBUF_RECORDING_KNOWN_H
#define FIXBUF_RECORDING_KNOWN_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/hash_table.h"

struct known {
	__u32 id;
	size_t size;
	UT_hash_handle hh;
	char bytes[];
};

struct known_set {
	struct known *list;
	__u32 last;		/* number */
	size_t bytes;		/* of memory */
};

/* The number of these bytes; *is_new when they have to be written. */
__u32 known_number(struct known_set *set, const void *bytes, size_t size, bool *is_new);
/* What comes back later gets another number. */
void known_forget(struct known_set *set);
/* The same, and numbers begin anew. */
void known_drop(struct known_set *set);

/* Entries of one size, which stay where they are: looked up by their bytes. */
struct known_list {
	const void **entries;
	size_t nr, size;
};

struct known_list known_list(const void *list, size_t nr, size_t size);
bool known_in_list(const struct known_list *l, const void *entry);
void known_list_free(struct known_list *l);

#endif
