// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/files.h"
#include "base/page_size.h"
#include "base/system.h"
#include "capture/capture.h"
#include "capture/cgroup.h"
#include "capture/kernel.h"
#include "capture/proc_pins.h"
#include "capture/proc_rings.h"
#include "capture/ring_walk.h"
#include "checks/plan.h"
#include "commands/plan/limit.h"
#include "model/ledger.h"

#define MAX_FILE	(64U << 10)
#define KERNEL_THREAD	0x00200000U	/* PF_KTHREAD of the kernel, in /proc/PID/stat */

struct tightest {
	__u64 bytes;		/* that are asked for */
	struct limit *l;
};

static char *process_file(pid_t pid, const char *name)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return file_text(AT_FDCWD, path, MAX_FILE);
}

/* .pid 0 = ours. False with errno. */
static bool read_one(pid_t pid, struct limit *l)
{
	/* prlimit(2) would take CAP_SYS_RESOURCE for another user's */
	char *limits = process_file(pid ? pid : getpid(), "limits");

	if (!limits)
		return false;
	text_memlock(limits, &l->soft, &l->hard);
	free(limits);
	l->capable = system_lifts_memlock(pid);
	l->none = l->capable > 0 || l->soft == ~0ULL;
	return true;
}

int limit_fits(const struct limit *l, __u64 bytes)
{
	if (l->none || (l->locked_bytes <= l->soft && bytes <= l->soft - l->locked_bytes))
		return l->hidden ? -1 : 1;
	return l->capable < 0 ? -1 : 0;
}

/* What ends is a zombie first, and makes no ring any more. */
static bool has_ended(pid_t pid)
{
	char *status = process_file(pid, "status");
	const char *state = status ? text_line(status, "State:") : NULL;
	bool ended = !state || strchr("ZX", state[strspn(state, "\t ")]);

	free(status);
	return ended;
}

/* It makes no ring: no limit is about it. */
static bool is_kernel_thread(pid_t pid)
{
	char *stat = process_file(pid, "stat");
	/* a name may have any characters: it ends with the last bracket */
	const char *rest = stat ? strrchr(stat, ')') : NULL;
	unsigned int flags = 0;

	if (rest && sscanf(rest, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		flags = 0;
	free(stat);
	return flags & KERNEL_THREAD;
}

/* Which of two is in the way of more. */
static bool is_tighter(const struct limit *a, const struct limit *b, __u64 bytes)
{
	int x = limit_fits(a, bytes), y = limit_fits(b, bytes);
	/* too little for certain, then perhaps, then enough */
	int order[] = { 1, 0, 2 };

	if (x != y)
		return order[x + 1] < order[y + 1];
	return a->none != b->none ? b->none : !a->none && a->soft < b->soft;
}

static void take(const struct proc_ring *r, void *arg)
{
	struct tightest *t = arg;
	struct limit one = { .pid = r->pid, .comm = r->comm };
	struct limit *l = t->l;

	if (has_ended(r->pid) || is_kernel_thread(r->pid))
		return;
	/* the sums of all go along with what is known of one */
	one.processes = l->processes + 1;
	one.hidden = l->hidden;
	one.knows_locked = l->knows_locked;
	one.locked_bytes = l->locked_bytes;
	one.pinning = l->pinning;
	if (!read_one(r->pid, &one)) {
		/* it has ended since */
		if (errno == ENOENT || errno == ESRCH)
			return;
		l->hidden++;
		l->processes++;
		return;
	}
	if (l->processes == l->hidden || is_tighter(&one, l, t->bytes))
		*l = one;
	else
		l->processes++;
}

/* Up to 5.10 the user who loads BPF programs is charged for them: by that we would see ourselves. */
static bool is_charged_for_looking(__u32 uid)
{
	struct kernel_version v;

	return uid == getuid() && kernel_version_parse(&v, system_release()) &&
	       (v.major < 5 || (v.major == 5 && v.minor < 11));
}

/* The kernel tells it nobody but programs of ours; in a user namespace ids are others. */
static void read_account(__u32 uid, struct limit *l)
{
	struct selection all = { 0 };
	const struct capture_how how = { 0 };
	const struct capture_wants wants = { .how = &how, .select = &all };
	struct ledger *ledger;
	const struct ring *own;
	struct capture c;
	__s64 pages;

	if (!kern_is_allowed() || !system_first_user_namespace() || is_charged_for_looking(uid))
		return;
	ledger = ledger_new();
	if (!capture_open(&c, &wants) && !walk_accounts(c.walk, ledger)) {
		own = ledger_ring(ledger, walk_own_ring(c.walk));
		for (const struct ledger_user *u = ledger->users; u; u = u->hh.next) {
			if (u->uid != uid)
				continue;
			/* the ring that we look with may be charged there, too */
			pages = u->locked_pages - (own && own->user == u ? own->ring_pages : 0);
			l->knows_locked = true;
			l->locked_bytes = pages > 0 ? pages * PAGE_BYTES : 0;
		}
	}
	capture_close(&c);
	ledger_free(ledger);
}

/* The least that the account can have, unless something else than rings pins memory in these processes. */
static void read_pins(__u32 uid, struct limit *l)
{
	struct proc_pins p;

	proc_pins_read(uid, &p);
	l->pinning = p.processes;
	l->locked_bytes = p.bytes;
}

static int read_many(struct selection *s, __u64 bytes, struct limit *l)
{
	struct tightest t = { bytes, l };

	if ((s->cgroup && cgroup_need_v2("a unit's processes are found by that one only; give one with -p")) ||
	    cgroup_find(s))
		return cannot("%s", err_text());
	if (s->has_uid)
		read_account(s->uid, l);
	if (s->has_uid && !l->knows_locked)
		read_pins(s->uid, l);
	proc_processes(s, take, &t);
	if (l->processes > l->hidden)
		return 0;
	if (l->hidden)
		return cannot("the limits of its %u processes may not be read; run this as their user, or as root",
			      l->hidden);
	return s->has_uid ? cannot("/proc shows no process of user %u, which would have a limit; give one with -p", s->uid) :
	       cannot("/proc shows no process of unit '%s', which would have a limit; start it, or give a process with -p",
		      s->cgroup);
}

int limit_read(struct selection *s, __u64 bytes, struct limit *l)
{
	pid_t pid = s->nr_pids ? s->pids[0] : 0;

	if (s->nr_pids > 1)
		return misuse("one process has one limit; give one with -p");
	if (s->has_uid || s->cgroup)
		return read_many(s, bytes, l);
	if (read_one(pid, l))
		return 0;
	if (errno == ENOENT)
		return system_hides(pid ? pid : getpid()) ? cannot("%s", err_text()) :
		       misuse("there is no process %d; give the id of a running one with -p", pid);
	return cannot("cannot read the limit of process %d: %s; run this as its user, or as root", pid,
		      strerror(errno));
}
