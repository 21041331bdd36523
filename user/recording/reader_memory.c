// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/alloc.h"
#include "recording/reader_fact.h"
#include "recording/reader_memory.h"

const char *recording_memory(struct recording_memory *m, const struct rec *rec, const void *data, struct event *out)
{
	const struct ring_memory *rows = (const void *)((const char *)data + sizeof(struct rec_memory));
	struct rec_memory head;

	record_take(&head, sizeof(head), rec, data);
	if (rec->size < sizeof(head) || head.nr > (rec->size - sizeof(head)) / sizeof(*rows) || head.nr > REC_MEMORY_ROWS)
		return "a ring's memory that is longer than its record";
	if (!m->list)
		m->list = must_alloc(REC_MEMORY_ROWS, sizeof(*m->list));
	m->nr = 0;
	/* of a kind that is not known nothing can be said */
	for (__u32 i = 0; i < head.nr; i++)
		if (rows[i].what <= RING_MEMORY_PROVIDED)
			m->list[m->nr++] = rows[i];
	out->kind = EVENT_MEMORY;
	out->t_ns = head.t_ns;
	out->memory = (struct memory_seen){ head.ring, m->list, m->nr, head.flags & REC_MEMORY_CUT };
	return NULL;
}
