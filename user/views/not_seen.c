// SPDX-License-Identifier: GPL-2.0
#include "model/event.h"
#include "model/fact.h"
#include "views/not_seen.h"

void view_not_seen_text(FILE *out, __u32 not_seen)
{
	const char *before = "; not seen: ";

	for (unsigned int i = 0; i < NOT_SEEN_NR; i++, not_seen >>= 1) {
		if (!(not_seen & 1))
			continue;
		fprintf(out, "%s%s", before, not_seen_name(i));
		before = ", ";
	}
}

void view_not_seen_json(struct json *j, __u32 not_seen)
{
	if (!not_seen)
		return;
	json_open_list(j, "not_seen");
	for (unsigned int i = 0; i < NOT_SEEN_NR; i++)
		if (not_seen & 1U << i)
			json_item_str(j, not_seen_name(i));
	json_close(j);
}
