// SPDX-License-Identifier: GPL-2.0
/*
 * Several processes hold a ring: verify tells what those have lost who use it, though another one still
 * has it, and is silent about what is legal.
 */
#include <stddef.h>
#include "backing_try.h"
#include "tap.h"

static const char *const shared[] = {
	"maker-replaced", "maker-replaced-child-submits", "maker-guarded", "maker-hugetlb",
	"contested", "maker-lost-clone", "child-writes", "child-maps-other",
	"child-maps-other-with-ring", "child-submits", "child-execs", "child-shares-memory",
};

static const char *const heirs[] = {
	"heir-submits", "second-heir-submits", "heir-is-idle", "heir-lost", "idle-heir-lost", "maker-unmaps",
	"heir-execs", "bystander", "heir-of-thread",
	"maker-execs", "others", "child-registers", "child-registers-at-same-place",
	"child-registers-file", "child-loses-arena", "slots", "child-shares-files",
};

int main(void)
{
	set_huge_pages_aside();
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		backing_try("backing_shared", shared[i]);
	for (size_t i = 0; i < sizeof(heirs) / sizeof(heirs[0]); i++)
		backing_try("backing_heirs", heirs[i]);
	return tap_end();
}
