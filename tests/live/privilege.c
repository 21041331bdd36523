// SPDX-License-Identifier: GPL-2.0
/* Without privilege each command says so in one sentence and prints nothing else. */
#include <string.h>
#include "tool.h"

#define PLAIN_UID 54321

/* contract and bench are for everybody: without privilege they try less */
static const char *const commands[] = { "trace", "list", "verify", "doctor", "stat" };

int main(void)
{
	struct tool_how how = { .uid = PLAIN_UID };
	struct tool_run a;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *end;

		tool_as(&a, &how, commands[i], NULL);
		is(a.status, 3, "%s without privilege ends with 3", commands[i]);
		end = strchr(a.err, '\n');
		ok(!strncmp(a.err, "fixbuf-trace: ", 14) && end && !end[1], "%s: one sentence",
		   commands[i]);
		is_text(a.out, "", "%s: and prints nothing else", commands[i]);
		tool_free(&a);
	}
	return tap_end();
}
