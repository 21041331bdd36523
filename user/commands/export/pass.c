// SPDX-License-Identifier: GPL-2.0
/* The process that looks at all pages now and then, and keeps what that takes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/err.h"
#include "base/privilege.h"
#include "base/signals.h"
#include "capture/balance.h"
#include "capture/inspect.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "commands/export/calls.h"
#include "commands/export/model.h"
#include "commands/export/export.h"
#include "commands/export/pass.h"
#include "commands/run.h"

/* What passes keep from one to the next. */
struct passes {
	const struct export_options *o;
	const struct capture *capture;
	int to;
	struct findings balance; /* of when it was taken last */
	struct unsettled_list unbalanced; /* then */
	__u64 next_balance_ns;
};

/* What a pass needs; old kernels ask for CAP_BPF at each use of a program. */
static const unsigned int pages_alone[] = {
	CAP_SYS_ADMIN,		/* page frame numbers in pagemap */
	CAP_SYS_PTRACE,		/* other users' processes */
	CAP_DAC_READ_SEARCH,	/* their files in /proc are their own */
};
static const unsigned int with_bpf[] = {
	CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_BPF, CAP_PERFMON,
};
static const struct privileges sets[] = { { pages_alone, 3 }, { with_bpf, 5 } };

static size_t add_found(struct pass_finding *list, size_t nr, const struct owner_key *key,
			__u32 pid, const struct finding *f)
{
	enum severity severity = severity_of_finding(f);
	size_t i = 0;

	while (i < nr && (list[i].pid != pid || list[i].tag != f->tag || list[i].severity != severity ||
			  memcmp(&list[i].key, key, sizeof(*key))))
		i++;
	if (i == nr) {
		list[nr].key = *key;
		list[nr].pid = pid;
		list[nr].severity = severity;
		list[nr++].tag = f->tag;
	}
	list[i].count++;
	list[i].pages += f->pages;
	return nr;
}

static void tell_findings(struct pass *p, struct pass_finding *list, const struct passes *s,
			  const struct ledger *l, const struct findings *fs)
{
	for (size_t i = 0; i < fs->nr; i++) {
		const struct finding *f = &fs->list[i];
		const struct ring *r = f->ring ? ledger_ring(l, f->ring) : NULL;
		struct owner_key key = r ? export_ring_key(s->o->by, r) :
				       export_key(s->o->by, f->uid, &f->comm, f->pid, 0);
		/* who collects reads in which cgroup it is, as it does of rings */
		__u32 pid = s->o->by != EXPORT_BY_CGROUP ? 0 : r ? ring_pid(r) : f->pid;

		if (ignored_has(&s->o->ignored, f))
			p->ignored++;
		else if (!f->unconfirmed)
			p->nr = add_found(list, p->nr, &key, pid, f);
	}
}

/* By user: a process has no label of its own there. */
static void tell_unsettled(struct pass *p, struct pass_unsettled *list, const struct unsettled_list *u)
{
	for (size_t i = 0; i < u->nr; i++) {
		const struct unsettled *one = &u->list[i];
		__u32 uid = one->has_uid ? one->uid : PASS_NO_UID, k = 0;

		while (k < p->nr_unsettled && (list[k].what != one->what || list[k].uid != uid))
			k++;
		if (k == p->nr_unsettled)
			list[p->nr_unsettled++] = (struct pass_unsettled){ one->what, uid, 0 };
		list[k].count += one->count;
	}
}

static int tell(const struct passes *s, struct pass *p, const struct look *look)
{
	struct pass_finding *list = must_alloc(look->findings.nr + s->balance.nr, sizeof(*list));
	struct pass_unsettled *unsettled = must_alloc(look->unsettled.nr + s->unbalanced.nr,
						      sizeof(*unsettled));
	int err;

	if (!p->failed) {
		tell_findings(p, list, s, look->ledger, &look->findings);
		tell_findings(p, list, s, look->ledger, &s->balance);
		tell_unsettled(p, unsettled, &look->unsettled);
		tell_unsettled(p, unsettled, &s->unbalanced);
	}
	err = descriptor_write(s->to, p, sizeof(*p)) ||
	      descriptor_write(s->to, list, p->nr * sizeof(*list)) ||
	      descriptor_write(s->to, unsettled, p->nr_unsettled * sizeof(*unsettled));
	free(unsettled);
	free(list);
	return err;
}

/* 0, or -errno with a sentence. */
static int take_balance(struct passes *s)
{
	__u64 now = clock_now_ns();
	int err;

	if (now < s->next_balance_ns)
		return 0;
	s->next_balance_ns = now + BALANCE_NS;
	findings_free(&s->balance);
	unsettled_free(&s->unbalanced);
	err = look_at_balance(s->capture->walk, &s->o->select, &s->balance,
			      &s->unbalanced);
	ignored_settle(&s->o->ignored, &s->balance, SEVERITY_WARNING, &s->unbalanced);
	/* the readings ended early: what they left is not sure */
	if (interrupted)
		findings_free(&s->balance);
	return err;
}

static int pass_once(struct passes *s)
{
	const struct check_options checks = { .select = &s->o->select };
	struct progress progress = { 0 };
	struct look look = { 0 };
	struct pass p = { 0 };
	__u64 begun = clock_now_ns();
	int err;

	p.failed = look_closely(s->capture->walk, s->capture->pages, &s->o->select, &checks, &look,
				&progress) || take_balance(s);
	if (p.failed)
		cannot("%s", err_text());
	p.took_ns = clock_now_ns() - begun;
	p.realtime_ns = clock_today_ns();
	p.pages = look.pages;
	p.unsteady_rings = look.unsteady_rings;
	p.unsteady_buffers = look.unsteady_buffers;
	p.denied_buffers = look.denied_buffers;
	ignored_settle(&s->o->ignored, &look.findings, SEVERITY_WARNING, &look.unsettled);
	err = tell(s, &p, &look);
	look_free(&look);
	return err;
}

static bool can_look(void *snapshot)
{
	struct capture *s = snapshot;
	struct ledger *l = ledger_new();
	int err = walk_rings(s->walk, l);

	ledger_free(l);
	return !err;
}

int export_passes(struct export_options *o, int to, pid_t parent)
{
	const struct privileges *keep;
	struct pass_ready ready = { 0 };
	const struct capture_wants wants = { .how = &o->how, .select = &o->select, .pages = true };
	struct pollfd reader = { .fd = to };
	struct run r = { .to = &o->output };
	struct passes s = { .o = o, .to = to };
	int status = run_open(&r, &wants);

	if (status)
		return status;
	keep = privilege_least(sets, sizeof(sets) / sizeof(sets[0]), can_look, &r.capture);
	privilege_text(ready.privileges, keep);
	if (privilege_become_own(keep) || privilege_end_with(parent) || export_calls_verify())
		return cannot("%s", err_text());
	ready.own_tgid = capture_own_tgid(&r.capture);
	if (setpriority(PRIO_PROCESS, 0, 19) || descriptor_write(to, &ready, sizeof(ready)))
		return EXIT_CANNOT;
	s.capture = &r.capture;
	while (!pass_once(&s)) {
		__u64 next = clock_now_ns() + o->verify_interval_ns, now;

		while ((now = clock_now_ns()) < next) {
			__u64 ms = (next - now) / 1000000 + 1;

			if (poll(&reader, 1, ms < 60000 ? ms : 60000) > 0)
				return EXIT_DONE;
		}
	}
	findings_free(&s.balance);
	run_close(&r);
	return EXIT_DONE;
}
