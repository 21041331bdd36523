// SPDX-License-Identifier: GPL-2.0
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/array.h"
#include "base/system.h"
#include "capture/proc_pins.h"
#include "capture/proc_rings.h"
#include "checks/checks.h"

struct space {
	__u32 pid;
	__s64 pinned_kb;
};

struct sum {
	struct proc_pins *p;
	struct space *spaces;
	size_t nr;
};

/* A child of vfork(2) has its parent's address space until it runs a program. */
static bool is_counted(const struct sum *s, const struct proc_ring *r)
{
	for (size_t i = 0; i < s->nr; i++)
		if (s->spaces[i].pinned_kb == r->pinned_kb &&
		    !syscall(SYS_kcmp, s->spaces[i].pid, r->pid, KCMP_VM, 0, 0))
			return true;
	return false;
}

static void add(const struct proc_ring *r, void *arg)
{
	struct sum *s = arg;

	/* what a process with CAP_IPC_LOCK pins is charged to nobody */
	if (r->pinned_kb < 0 || system_lifts_memlock(r->pid))
		return;
	s->p->processes++;
	if (r->soft_bytes < s->p->soft_bytes)
		s->p->soft_bytes = r->soft_bytes;
	if (!r->pinned_kb || is_counted(s, r))
		return;
	array_grow(s->spaces, s->nr);
	s->spaces[s->nr++] = (struct space){ r->pid, r->pinned_kb };
	s->p->bytes += r->pinned_kb * 1024;
}

void proc_pins_read(__u32 uid, struct proc_pins *p)
{
	const struct selection its = { .has_uid = true, .uid = uid };
	struct sum s = { .p = p };

	*p = (struct proc_pins){ .soft_bytes = ~0ULL };
	proc_ring_owners(&its, add, &s);
	free(s.spaces);
}

bool proc_pins_near(const struct proc_pins *p)
{
	return p->soft_bytes != ~0ULL && p->bytes * 100 >= p->soft_bytes * NEAR_LIMIT_PERCENT;
}
