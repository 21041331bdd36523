/* SPDX-License-Identifier: GPL-2.0 */
/* Which rings the file of a recording knows. */
#ifndef FIXBUF_COMMANDS_RECORD_RINGS_H
#define FIXBUF_COMMANDS_RECORD_RINGS_H

#include <abi/fact.h>
#include <stdbool.h>
#include "base/hash_table.h"

/* A ring that the file knows, or others' that it may come to know. */
struct written_ring {
	__u64 id;
	bool written;
	struct fact_ring create;	/* else, to be written first */
	UT_hash_handle hh;
};

/* NULL when it is not there. */
struct written_ring *written_find(struct written_ring *rings, __u64 id);
/* The same, made when it is not there. */
struct written_ring *written_get(struct written_ring **rings, __u64 id);
void written_forget(struct written_ring **rings, __u64 id);
void written_forget_all(struct written_ring **rings);

#endif
