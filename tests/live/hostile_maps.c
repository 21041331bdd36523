// SPDX-License-Identifier: GPL-2.0
/*
 * A user whose process has tens of thousands of mappings, and buffers for each of which they must be
 * looked at, takes so much of verify's time and no more: what was not looked at is unsettled, as
 * that user's, and what is wrong of another is found.
 * Independent of the kernel: not run in guests.
 * Not under ASan: that takes longer.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define MOST_S	9.0	/* of CPU; 0.6 were seen, and 22 without a share */

int main(void)
{
	struct load his, other;
	struct json_object *o;
	struct tool_run a;
	double begun, took;
	bool mine = false;

	if (geteuid())
		skip_all("it takes root");
	if (!load_start(&his, "many_maps", "397", NULL))
		skip_all("%s", his.skip);
	if (!load_start(&other, "fault_dontneed", NULL))
		skip_all("%s", other.skip);
	begun = children_cpu_s();
	tool_as(&a, &(struct tool_how){ .timeout_s = 240 }, "verify", "--json", NULL);
	took = children_cpu_s() - begun;
	ok(took < MOST_S, "verify takes %.1f s of CPU", took);
	ok(json_nr_findings(a.json, other.pid, "stale-page") > 0, "what is wrong of another is found");
	for (size_t i = 0; (o = json_element(json_member(a.json, "unsettled"), i)); i++)
		mine |= json_number(o, "uid") == (long long)load_number(&his, "uid");
	ok(mine, "and what is left of his is unsettled");
	tool_free(&a);
	load_end(&other);
	load_end(&his);
	return tap_end();
}
