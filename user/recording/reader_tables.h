/* SPDX-License-Identifier: GPL-2.0 */
/* Strings and stacks of a part of a recording, by number from 1 on. */
#ifndef FIXBUF_RECORDING_READER_TABLES_H
#define FIXBUF_RECORDING_READER_TABLES_H

#include <stdbool.h>
#include "model/stack.h"
#include "recording/format.h"

struct recording_tables {
	char **strings;		/* owned, as all lists */
	size_t nr_strings;
	struct stack **stacks;	/* their addresses stay until the end of the part */
	size_t nr_stacks;
	size_t bytes;		/* held by both */
	size_t string_bytes;	/* by strings */
	__u64 text_bytes;	/* of the stacks that were asked for, each time */
};

/* .data: what follows the record's head; .file_bytes: read up to there. NULL, or what is wrong with it. */
const char *tables_add_string(struct recording_tables *t, const struct rec *rec, const void *data,
			     __u64 file_bytes);
const char *tables_add_stack(struct recording_tables *t, const struct rec *rec, const void *data);
/* NULL for 0 and what is not known. */
const struct stack *tables_stack(struct recording_tables *t, __u32 id);
/* Whether what the stacks so far say is more than a file of that size can mean. */
bool tables_too_long(const struct recording_tables *t, __u64 file_bytes);
void tables_free(struct recording_tables *t);

#endif
