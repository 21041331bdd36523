// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/signals.h"
#include "capture/fact_reader.h"
#include "capture/user_counts.h"
#include "capture/family.h"
#include "capture/peek.h"
#include "capture/ring_walk.h"
#include "capture/targets.h"
#include "fixbuf.skel.h"
#include "walk.skel.h"

enum { EXIT, EXIT_AGAIN, FORK, FORK_AGAIN, NR_PROGRAMS };

struct family {
	struct fixbuf_bpf *skel;
	const struct selection *select;
	const struct walk_bpf *walk;
	struct bpf_program *progs[NR_PROGRAMS];	/* NULL = not needed */
	struct bpf_link *links[NR_PROGRAMS];
};

struct family *family_prepare(struct fixbuf_bpf *skel, const struct walk *w, const struct selection *s)
{
	struct walk_bpf *walk = walk_peek(w)->skel;
	struct family *f = must_alloc(1, sizeof(*f));
	bool twice = targets_may_be_missed();

	f->skel = skel;
	f->select = s;
	f->walk = walk;
	bpf_map__set_autocreate(skel->maps.selected_pids, true);
	if (!s->nr_pids)
		return f;
	bpf_map__set_autocreate(skel->maps.ended_pids, true);
	bpf_map__set_max_entries(skel->maps.selected_pids, s->nr_pids + FAMILY_ROOM);
	bpf_map__set_max_entries(walk->maps.selected_pids, s->nr_pids + FAMILY_ROOM);
	bpf_map__set_autocreate(walk->maps.selected_pids, s->follow);
	bpf_map__set_autocreate(skel->maps.unfollowed_users, s->follow);
	walk->rodata->select_follow = s->follow;
	bpf_program__set_autoload(skel->progs.family_adopt, s->follow);
	f->progs[EXIT] = skel->progs.family_exit;
	f->progs[EXIT_AGAIN] = twice ? skel->progs.family_exit_again : NULL;
	f->progs[FORK] = s->follow ? skel->progs.family_fork : NULL;
	f->progs[FORK_AGAIN] = s->follow && twice ? skel->progs.family_fork_again : NULL;
	for (int i = 0; i < NR_PROGRAMS; i++)
		if (f->progs[i])
			bpf_program__set_autoload(f->progs[i], true);
	return f;
}

int family_share(struct family *f)
{
	int err = f->select->follow ? bpf_map__reuse_fd(f->skel->maps.selected_pids,
							bpf_map__fd(f->walk->maps.selected_pids)) : 0;

	return err ? err_set(-err, "cannot share the map of selected processes: %s", strerror(-err)) : 0;
}

/* Looks at all processes once: 0, or -1. */
static int look(struct bpf_link *link)
{
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	char none;

	while (fd >= 0 && read(fd, &none, 1) < 0 && (errno == EINTR || errno == EAGAIN))
		;
	close(fd);
	return fd < 0 ? -1 : 0;
}

/* Those that were started before; a child may come before its parent. */
static int adopt(struct family *f)
{
	struct bpf_link *link = targets_attach(f->skel->progs.family_adopt);
	__u64 before;
	int err;

	do {
		before = f->skel->bss->adopted;
		err = look(link);
	} while (!err && f->skel->bss->adopted != before && !interrupted);
	if (!err && f->skel->bss->no_room) {
		f->skel->bss->adopt_counts = 1;
		err = look(link);
	}
	bpf_link__destroy(link);
	return err ? err_set(errno, "cannot look for children of the selected processes: %s",
			     strerror(errno)) : 0;
}

int family_start(struct family *f)
{
	int pids = bpf_map__fd(f->skel->maps.selected_pids);

	for (size_t i = 0; i < f->select->nr_pids; i++) {
		const __u32 *pid = &f->select->pids[i];

		if (bpf_map_update_elem(pids, pid, pid, BPF_ANY))
			return err_set(errno, "cannot select process %u: %s", *pid, strerror(errno));
	}
	for (int i = 0; i < NR_PROGRAMS; i++) {
		f->links[i] = f->progs[i] ? targets_attach(f->progs[i]) : NULL;
		if (f->progs[i] && !f->links[i])
			return err_set(errno, "cannot attach %s: %s; 'doctor' says what this kernel offers",
				       bpf_program__name(f->progs[i]), strerror(errno));
	}
	return f->select->follow ? adopt(f) : 0;
}

__u32 family_asked(const struct family *f, __u32 pid)
{
	__u32 asked;

	if (bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.selected_pids), &pid, &asked) &&
	    bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.ended_pids), &pid, &asked))
		return 0;
	return asked;
}

bool family_ended(const struct family *f, __u32 pid)
{
	__u32 asked;

	return bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.selected_pids), &pid, &asked) && errno == ENOENT;
}

size_t family_unfollowed(const struct family *f, struct user_loss **list)
{
	__u64 rest = f->skel->bss->unfollowed_rest;
	size_t nr;

	*list = NULL;
	if (!f->progs[FORK])
		return 0;
	nr = user_counts(bpf_map__fd(f->skel->maps.unfollowed_users), list);
	rest += targets_missed_runs(f->progs[FORK], f->progs[FORK_AGAIN]);
	if (rest) {
		array_grow(*list, nr);
		(*list)[nr++] = (struct user_loss){ LOSS_OF_REST, rest };
	}
	return nr;
}

bool family_missed(const struct family *f)
{
	struct user_loss *list;
	size_t nr = family_unfollowed(f, &list);

	free(list);
	return nr;
}

void family_only_counts(const struct family *f, struct facts *facts)
{
	for (int i = 0; i < NR_PROGRAMS; i++)
		if (f->progs[i])
			facts_leave_out(facts, f->progs[i]);
}

void family_free(struct family *f)
{
	if (!f)
		return;
	for (int i = 0; i < NR_PROGRAMS; i++)
		bpf_link__destroy(f->links[i]);
	free(f);
}
