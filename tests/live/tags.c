// SPDX-License-Identifier: GPL-2.0
/* Tags: what they post when a buffer is released is no I/O, and calls with tags fail of their own causes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io_counts.h"
#include "load.h"
#include "tool.h"

static const struct {
	const char *name, *says;
} causes[] = {
	{ "entries", "entry 0 of the iovec array, at 0x10, cannot be read" },
	{ "tags", "the array of tags, to which the argument structure points (tags), cannot be read" },
	{ "empty", "an empty entry (NULL, length 0) that has a tag" },
	{ "beyond", "slots 2 to 3 are beyond the table of 3" },
};

static void calls(const struct json_lines *l, const char *did)
{
	unsigned long long found = 0;
	bool right;
	char key[32];

	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];

		if (!json_text(o, "errno"))
			continue;
		if (found < sizeof(causes) / sizeof(causes[0])) {
			snprintf(key, sizeof(key), "fail.%llu.errno", found);
			right = is_text(json_text(o, "event"), "update", "%s: an update", causes[found].name);
			right &= ok(!strncmp(value_text(did, key), json_text(o, "errno"),
					     strlen(json_text(o, "errno"))), "its error");
			right &= has_text(json_text(o, "explain"), causes[found].says, "its cause");
			/* a cell of the table of causes and kernels (tests/vm/causes.sh) */
			note("cause tags-%s %s", causes[found].name, right ? json_text(o, "errno") : "WRONG");
		}
		found++;
	}
	is(found, value_number(did, "fails"), "those that failed are told, and no other");
}

int main(void)
{
	char file[] = "/tmp/fixbuf-tags-XXXXXX", *trace;
	struct json_object *o;
	struct json_lines l;
	struct tool_run a;
	unsigned int done = 0, other = 0;
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(&a, "stat", "-q", "--json", "-o", file, "--", load_path("tags"), "--no-wait", NULL);
	if (tool_skipped(&a, "tags")) {
		tool_free(&a);
		unlink(file);
		return tap_end();
	}
	is(a.status, 0, "stat ends with the program's status");
	o = json_object_from_file(file);
	io_counts_are(o, value_number(a.out, "reads"), "reads beside tags that are posted");
	json_object_put(o);
	tool_free(&a);

	tool(&a, "trace", "--io", "-q", "--json", "-o", file, "--", load_path("tags"), "--no-wait", NULL);
	trace = file_text(file);
	json_lines_parse(&l, trace);
	for (size_t i = 0; i < l.nr; i++) {
		if (!json_is(l.lines[i], "event", "io-done"))
			continue;
		done++;
		other += !json_is(l.lines[i], "opcode", "READ_FIXED") || json_number(l.lines[i], "result") != 512;
	}
	is(done, value_number(a.out, "reads"), "trace --io: each read, and no tag");
	is(other, 0, "as what they are");
	calls(&l, a.out);
	json_lines_free(&l);
	free(trace);
	unlink(file);
	tool_free(&a);
	return tap_end();
}
