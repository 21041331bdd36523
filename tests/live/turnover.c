// SPDX-License-Identifier: GPL-2.0
/*
 * Where rings come and go, the kernel gives one process's ring the address that another's had a
 * moment before: nobody is shown with what is another's.
 */
#include <stdlib.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define PROCESSES	3
#define LISTS		41
#define FEW_LISTS	11	/* where a processor is emulated */

static const struct {
	const char *address, *rings, *pause_us;	/* no two alike: or each would get its own back */
} process[PROCESSES] = {
	{ "0x10000000", "61", "101" }, { "0x20000000", "53", "131" }, { "0x30000000", "41", "71" },
};

static unsigned int shown, wrong;

static void look(struct json_object *list, pid_t pid, long long addr)
{
	struct json_object *all = json_member(list, "rings");

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *r = json_object_array_get_idx(all, i);

		for (size_t k = 0; json_number(r, "pid") == pid && k < json_ring_nr_buffers(r); k++) {
			long long at = json_number(json_ring_buffer(r, k), "addr");

			shown++;
			wrong += at != addr;
			if (at != addr)
				note("pid %d has %#llx, and is shown with %#llx", pid, addr, at);
		}
	}
}

int main(void)
{
	unsigned int lists = kernel_only() ? FEW_LISTS : LISTS;
	struct load l[PROCESSES];

	for (int i = 0; i < PROCESSES; i++)
		if (!load_start(&l[i], "turnover", process[i].address, process[i].rings,
				process[i].pause_us, NULL))
			bail("turnover does not start: %s", l[i].skip);
	for (unsigned int i = 0; i < lists; i++) {
		struct tool_run a;

		tool(&a, "list", "--json", NULL);
		if (a.status)
			is(a.status, 0, "list ends with 0");
		for (int k = 0; k < PROCESSES; k++)
			look(a.json, l[k].pid, strtoll(process[k].address, NULL, 0));
		tool_free(&a);
	}
	is(wrong, 0, "no process is shown with another's buffer");
	ok(shown, "rings were shown, with buffers (%u)", shown);
	for (int i = 0; i < PROCESSES; i++)
		is(load_end(&l[i]), 0, "turnover %s ends with 0", process[i].address);
	return tap_end();
}
