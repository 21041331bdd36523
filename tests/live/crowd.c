// SPDX-License-Identifier: GPL-2.0
/*
 * verify tells what is wrong with one program's charge while a crowd of other
 * rings is busy: their calls are not taken for its own. Independent of the kernel.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static void found(const char *fault, const char *tag)
{
	struct tool_run a;
	struct load l;
	char uid[16];

	if (!load_start(&l, fault, NULL)) {
		skip(fault, "%s", l.skip);
		return;
	}
	snprintf(uid, sizeof(uid), "%s", load_text(&l, "uid"));
	tool(&a, "verify", "--json", "-u", uid, NULL);
	if (strstr(l.text, "expect.") && !is(json_nr_findings(a.json, l.pid, tag), 1,
					     "%s: %s is found beside them", fault, tag))
		note("%s", a.out);
	tool_free(&a);
	load_end(&l);
}

int main(void)
{
	struct load crowd;

	if (geteuid())
		skip_all("needs root");
	if (!load_start(&crowd, "crowd", NULL))
		bail("crowd does not start");
	for (int i = 0; i < 3; i++) {
		found("fault_double_charge", "overcharged");
		found("fault_bypass", "uncharged-pin");
	}
	is(load_end(&crowd), 0, "the crowd was not disturbed");
	return tap_end();
}
