// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/pid.h"
#include "capture/cgroup.h"
#include "capture/whereabouts.h"
#include "model/fact.h"

#define ROOM	64		/* processes, by their ids: those that differ by it take turns */
#define TICK_NS	(20 * NS_PER_MS)	/* /proc tells when a process began to some ms */

/* An open folder of /proc stands for one process, whatever becomes of its number. */
struct known {
	struct holder is;	/* .pid, .cgroup and .inner_pid; .pid 0 = nobody */
	int dir;
	__u64 looked_ns;
};

struct whereabouts {
	struct known list[ROOM];
};

struct whereabouts *whereabouts_new(void)
{
	return must_alloc(1, sizeof(struct whereabouts));
}

static void forget(struct known *k)
{
	if (k->is.pid)
		close(k->dir);
	free(k->is.cgroup);
	*k = (struct known){ 0 };
}

/* Not who has got its number since. */
static void look(struct known *k, const struct fact *f, __u64 now_ns)
{
	__u32 pid = pid_in_proc(f->pid, fact_ns_pid(f));
	char path[32];
	__u64 age_ns;

	forget(k);
	snprintf(path, sizeof(path), "/proc/%u", pid);
	k->dir = pid ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (k->dir < 0)
		return;
	k->is.pid = f->pid;
	age_ns = pid_age_ns(pid);
	if (now_ns - age_ns > f->t_ns + TICK_NS && age_ns < now_ns)
		forget(k);
	else
		cgroup_name_holder(&k->is, k->dir);
	k->looked_ns = now_ns;
}

const struct holder *whereabouts_of(struct whereabouts *w, const struct fact *f)
{
	struct known *k = &w->list[f->pid % ROOM];
	__u64 now_ns = clock_now_ns();

	if (k->is.pid != f->pid || now_ns - k->looked_ns > NS_PER_S || faccessat(k->dir, "cgroup", F_OK, 0))
		look(k, f, now_ns);
	return k->is.pid ? &k->is : NULL;
}

void whereabouts_free(struct whereabouts *w)
{
	for (size_t i = 0; w && i < ROOM; i++)
		forget(&w->list[i]);
	free(w);
}
