// SPDX-License-Identifier: GPL-2.0
/*
 * What may become of registered memory: verify tells each loss, which it was and what to do
 * about it, and is silent about what is legal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "backing_try.h"
#include "load.h"
#include "tool.h"

static const char *const faults[] = {
	"dropped", "dropped-one", "dropped-mapped-anew", "dropped-huge", "dropped-by-mremap",
	"swapped", "replaced", "replaced-file", "replaced-place", "replaced-kind", "truncated",
	"truncated-private", "truncated-regrown", "truncated-hugetlb", "truncated-large", "punched",
	"punched-touched", "punched-madvise", "guarded", "guarded-before", "poisoned",
	"dropped-of-device", "dropped-main-ended", "copied", "moved", "unmapped",
	"unmapped-beside-name",
};

static const char *const legal[] = {
	"dontneed", "anonymous", "system-v", "cold", "cold-file", "free", "no-access", "split", "twice",
	"read-only", "unwritten",
	"forked", "not-forked", "wiped-in-child", "locked", "userfault", "write-protected",
	"hugetlb", "reaped", "exec",
};

/* Wrong for 7 ms of each 14: what a look has seen is not vouched for, whatever the next one saw. */
static void comes_and_goes(void)
{
	enum { TRIES = 41 };
	bool told = false;
	struct load l;
	char pid[16];

	if (!load_start(&l, "backing", "toggling", NULL)) {
		skip("toggling", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	for (int i = 0; i < TRIES && !told; i++) {
		struct tool_run run;

		tool(&run, "verify", "--json", "-p", pid, NULL);
		told = (run.status == 4 && strstr(run.out, "\"unconfirmed-findings\"")) ||
		       /* a look of an emulated processor lasts longer than a turn: each finds it */
		       (run.status == 1 && kernel_only());
		tool_free(&run);
	}
	ok(told, "of %d looks at what comes and goes one says so", TRIES);
	load_end(&l);
}

int main(void)
{
	set_huge_pages_aside();
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		backing_try("backing", faults[i]);
	for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++)
		backing_try("backing_legal", legal[i]);
	comes_and_goes();
	return tap_end();
}
