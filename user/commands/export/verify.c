// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/signals.h"
#include "capture/inspect.h"
#include "checks/places.h"
#include "commands/export/verify.h"
#include "commands/run.h"
#include "fixbuf.skel.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

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

struct ready {
	__u32 own_tgid;
	char privileges[PRIVILEGE_TEXT];
};

/* ---- the process -------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		size -= n;
	}
	return 0;
}

static struct owner_key key_of(const struct export_options *o, const struct ledger *l,
			       const struct finding *f)
{
	const struct ring *r = f->ring ? ledger_ring(l, f->ring) : NULL;
	struct comm comm = { "" };

	if (r)
		return export_ring_key(o->by, r);
	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next)
		if (f->pid && mm->pid == f->pid)
			comm = mm->comm;
	return export_key(o->by, f->uid, &comm, f->pid, 0);
}

static size_t add_found(struct pass_finding *list, size_t nr, const struct owner_key *key,
			const struct finding *f)
{
	size_t i = 0;

	while (i < nr && (list[i].tag != f->tag || memcmp(&list[i].key, key, sizeof(*key))))
		i++;
	if (i == nr) {
		list[nr].key = *key;
		list[nr++].tag = f->tag;
	}
	list[i].count++;
	list[i].pages += f->pages;
	return nr;
}

static int tell(int to, const struct export_options *o, struct pass *p, const struct look *look)
{
	struct pass_finding *list = must_alloc(look->findings.nr, sizeof(*list));
	int err;

	for (size_t i = 0; i < look->findings.nr; i++) {
		struct owner_key key = key_of(o, look->ledger, &look->findings.list[i]);

		p->nr = add_found(list, p->nr, &key, &look->findings.list[i]);
	}
	err = write_all(to, p, sizeof(*p)) || write_all(to, list, p->nr * sizeof(*list));
	free(list);
	return err;
}

static int pass_once(struct capture *s, const struct export_options *o, int to)
{
	const struct check_options checks = { .every_page = false };
	struct progress progress = { 0 };
	struct look look = { 0 };
	struct pass p = { 0 };
	__u64 begun = clock_now_ns();
	int err;

	p.failed = look_closely(s->walk, s->pages, &o->select, &checks, &look, &progress) != 0;
	if (p.failed)
		cannot("%s", err_text());
	p.took_ns = clock_now_ns() - begun;
	p.realtime_ns = clock_today_ns();
	p.pages = look.pages;
	p.unsteady_rings = look.unsteady_rings;
	p.unsteady_buffers = look.unsteady_buffers;
	p.denied_buffers = look.denied_buffers;
	if (p.failed)
		findings_free(&look.findings);
	err = tell(to, o, &p, &look);
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

/* Until the reader is gone: its end of the pipe breaks then. */
static int work(const struct export_options *o, int to)
{
	const struct privileges *keep;
	struct ready ready = { 0 };
	const struct capture_wants wants = { .how = &o->how, .select = &o->select, .pages = true };
	struct pollfd reader = { .fd = to };
	struct run r = { .to = &o->output };
	int status = run_open(&r, &wants);

	if (status)
		return status;
	keep = privilege_least(sets, sizeof(sets) / sizeof(sets[0]), can_look, &r.capture);
	privilege_text(ready.privileges, keep);
	if (privilege_keep(keep))
		return cannot("%s", err_text());
	ready.own_tgid = r.capture.skel->bss->own_tgid;
	if (setpriority(PRIO_PROCESS, 0, 19) || write_all(to, &ready, sizeof(ready)))
		return EXIT_CANNOT;
	while (!pass_once(&r.capture, o, to)) {
		__u64 next = clock_now_ns() + o->verify_interval_ns, now;

		while ((now = clock_now_ns()) < next) {
			__u64 ms = (next - now) / 1000000 + 1;

			if (poll(&reader, 1, ms < 60000 ? ms : 60000) > 0)
				return EXIT_DONE;
		}
	}
	run_close(&r);
	return EXIT_DONE;
}

/* ---- who started it -------------------------------------------------------------- */

static int read_all(int fd, void *data, size_t size)
{
	char *p = data;

	while (size) {
		ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR && !interrupted)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		size -= n;
	}
	return 0;
}

int export_verify_start(struct export_verify *v, const struct export_options *o)
{
	struct ready ready;
	int ends[2];

	v->from = -1;
	if (pipe2(ends, O_CLOEXEC))
		return cannot("cannot make a pipe: %s", strerror(errno));
	v->pid = fork();
	if (!v->pid) {
		/* what others hold open would never seem to end to them */
		privilege_keep_open(ends[1], -1);
		/* a terminal's Ctrl-C is for who started us: we end with our reader */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		_exit(work(o, ends[1]));
	}
	close(ends[1]);
	v->from = ends[0];
	if (v->pid < 0 || read_all(v->from, &ready, sizeof(ready))) {
		export_verify_stop(v);
		return -1;
	}
	v->own_tgid = ready.own_tgid;
	memcpy(v->privileges, ready.privileges, sizeof(v->privileges));
	v->privileges[sizeof(v->privileges) - 1] = 0;
	return 0;
}

int export_verify_fd(const struct export_verify *v)
{
	return v->from;
}

int export_verify_read(struct export_verify *v, struct export_model *m, __u64 now_ns)
{
	struct pass_finding *list;
	struct pass p;
	int err;

	if (read_all(v->from, &p, sizeof(p)))
		return -1;
	list = must_alloc(p.nr, sizeof(*list));
	err = read_all(v->from, list, p.nr * sizeof(*list));
	if (!err)
		export_pass(m, &p, list, now_ns);
	free(list);
	return err;
}

void export_verify_stop(struct export_verify *v)
{
	if (v->from >= 0)
		close(v->from);
	v->from = -1;
	if (v->pid > 0) {
		kill(v->pid, SIGTERM);
		waitpid(v->pid, NULL, 0);
	}
	v->pid = 0;
}
