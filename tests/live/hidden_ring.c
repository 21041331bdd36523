// SPDX-License-Identifier: GPL-2.0
/* A ring without descriptors is found, with what it holds and by what it is known. */
#include <stdio.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define PAGES 64

/* The process's ring without a descriptor, NULL when none is listed. */
static struct json_object *hidden_ring(struct json_object *answer, pid_t pid)
{
	struct json_object *rings = json_member(answer, "rings");

	for (size_t i = 0; i < json_object_array_length(rings); i++) {
		struct json_object *r = json_object_array_get_idx(rings, i);

		if (json_number(r, "pid") == pid && json_number(r, "fd") == -1)
			return r;
	}
	return NULL;
}

static void by_submission(const char *way, size_t nr_rings)
{
	struct json_object *ring, *buffer, *holder;
	struct tool_run a;
	struct load l;
	char arg[16];

	if (!load_start(&l, "hidden_ring", way, NULL)) {
		skip(way, "%s", l.skip);
		return;
	}
	snprintf(arg, sizeof(arg), "%d", l.pid);
	tool(&a, "list", "--json", "-p", arg, NULL);
	is(a.status, 0, "%s: list ends with 0", way);
	is(json_nr_rings(a.json, l.pid), nr_rings, "%s: as many rings as there are", way);
	ring = hidden_ring(a.json, l.pid);
	ok(ring, "%s: the ring without a descriptor is listed", way);
	buffer = json_ring_buffer(ring, 0);
	is(json_number(buffer, "addr"), load_number(&l, "hidden.0.addr"), "%s: address", way);
	is(json_number(buffer, "len_bytes"), PAGES * PAGE, "%s: length", way);
	is(json_number(ring, "pinned_vm_pages") * 4, witness_status_kb(l.pid, "VmPin"),
	   "%s: it explains VmPin", way);
	holder = json_object_array_get_idx(json_member(ring, "holders"), 0);
	is_text(json_text(holder, "held_by"), "submitted", "%s: known by submission", way);
	tool_free(&a);
	tool(&a, "list", "-p", arg, NULL);
	has_text(a.out, "fd - (descriptor closed; still mapped, waited in or polled)",
		 "%s: the text says how it lives on", way);
	tool_free(&a);
	tool(&a, "verify", "--json", "-p", arg, NULL);
	is(json_number(json_ring_buffer(hidden_ring(a.json, l.pid), 0), "same_pages"), PAGES,
	   "%s: verify compares its pages", way);
	is(json_nr_findings(a.json, l.pid, NULL), 0, "%s: nothing is wrong", way);
	tool_free(&a);
	load_end(&l);
}

int main(void)
{
	by_submission("mapped", 1);
	by_submission("waited", 1);
	by_submission("polled", 2);
	return tap_end();
}
