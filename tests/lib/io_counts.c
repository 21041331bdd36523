// SPDX-License-Identifier: GPL-2.0
#include "io_counts.h"
#include "tap.h"

void io_counts_are(struct json_object *o, long long want, const char *what)
{
	is(json_sum(o, "rings", "ops"), want, "%s: operations", what);
	is(json_sum(o, "rings", "bytes"), 512 * want, "%s: bytes", what);
	is(json_sum(o, "rings", "timed"), want, "%s: each is timed", what);
	is(json_number(o, "lost"), 0, "%s: nothing is lost", what);
}

size_t io_rows(struct json_object *o, bool (*is)(struct json_object *row, long long arg),
	       long long arg)
{
	struct json_object *rings = json_member(o, "rings");
	size_t n = 0;

	for (size_t i = 0; rings && i < json_object_array_length(rings); i++)
		n += is(json_object_array_get_idx(rings, i), arg);
	return n;
}
