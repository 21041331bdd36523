// SPDX-License-Identifier: GPL-2.0
/* Why calls and I/O failed, as labels: of each cause how often. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "commands/export/model.h"
#include "model/cause_key.h"

#define MAX_CAUSES	16	/* of one list; then all others are one more */
#define CAUSE_TEXT	160	/* of a label */

/* Of those that the others tell; whoever fails in ever new ways has no more of them. */
static void add(struct causes_told *c, int error, __u64 key, const char *text, __u64 count)
{
	size_t i = 0;

	if (c->nr >= MAX_CAUSES)
		error = key = 0;
	while (i < c->nr && (c->list[i].error != error || c->list[i].key != key))
		i++;
	if (i == c->nr) {
		array_grow(c->list, c->nr);
		c->list[c->nr++] = (struct cause_told){
			.error = error, .key = key, .text = key ? must_strdup(text) : NULL,
		};
	}
	c->list[i].count += count;
}

/* A sentence goes on with its remedy. */
void export_cause(struct causes_told *c, int error, const char *explain, __u64 count)
{
	char text[CAUSE_TEXT];

	cause_text(text, sizeof(text), explain);
	text[strcspn(text, ";")] = 0;
	add(c, error, cause_key(text), text, count);
}

void export_causes_merge(struct causes_told *to, const struct causes_told *from)
{
	for (size_t i = 0; i < from->nr; i++)
		add(to, from->list[i].error, from->list[i].key, from->list[i].text,
		    from->list[i].count);
}

void export_causes_free(struct causes_told *c)
{
	for (size_t i = 0; i < c->nr; i++)
		free(c->list[i].text);
	free(c->list);
}
