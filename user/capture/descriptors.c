// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing is locked, so what is read may be torn or freed: the walk looks for the ring, and for who
 * holds it, again at its end.
 */
#include <bpf/libbpf.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/array.h"
#include "capture/descriptors.h"
#include "capture/peek.h"
#include "walk.skel.h"

#define USER_RUNS	(1U << 16) /* of 64 descriptors, read for one user in a walk: four million */
#define USER_HOLDERS	(1U << 14) /* kept for one user: who forks has each of its rings again */

/* A run to read, of a table that the tasks from .first to .end have. */
struct todo {
	size_t first, end;	/* in tasks */
	__u32 fd;
};

struct search {
	struct walk_bpf *skel;
	const struct descriptors_sought *sought;
	struct fact_holder *tasks;	/* by table */
	size_t nr_tasks;
	struct todo *todo;
	size_t nr_todo;
	struct payers runs;
};

void descriptors_prepare(struct walk_bpf *skel)
{
	bpf_program__set_autoload(skel->progs.peek_fds, true);
}

static int by_table(const void *a, const void *b)
{
	const struct fact_holder *x = a, *y = b;

	if (x->files != y->files)
		return x->files < y->files ? -1 : 1;
	return x->h.pid < y->h.pid ? -1 : x->h.pid > y->h.pid;
}

static void add(struct search *s, struct todo t)
{
	array_grow(s->todo, s->nr_todo);
	s->todo[s->nr_todo++] = t;
}

/* Processes stay in the list, what names a table does not. One task of a process is enough. */
static void take_tasks(struct search *s, struct holders *h)
{
	size_t left = 0, nr = 0;

	for (size_t i = 0; i < h->nr; i++) {
		const struct fact_holder *f = &h->list[i];

		if (f->files && (f->how == HOLDER_TABLE || (!f->h.ring && !f->how))) {
			array_grow(s->tasks, s->nr_tasks);
			s->tasks[s->nr_tasks++] = *f;
		}
		if (f->how != HOLDER_TABLE)
			h->list[left++] = *f;
	}
	h->nr = left;
	if (s->nr_tasks)
		qsort(s->tasks, s->nr_tasks, sizeof(*s->tasks), by_table);
	for (size_t i = 0; i < s->nr_tasks; i++)
		if (!nr || by_table(&s->tasks[nr - 1], &s->tasks[i]))
			s->tasks[nr++] = s->tasks[i];
	s->nr_tasks = nr;
	for (size_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && s->tasks[end].files == s->tasks[i].files;)
			end++;
		add(s, (struct todo){ .first = i, .end = end });
	}
}

/* What was asked for by number is looked at whatever its user has. */
static bool may_take(struct payers *p, const struct selection *select, const struct fact_holder *f,
		     unsigned int most)
{
	return (select->nr_pids && selection_has_task(select, &f->h)) || payers_spend(p, f, most);
}

static int read_on(struct search *s)
{
	const struct descriptors_sought *sought = s->sought;
	struct todo now[PEEK_NODES];
	size_t nr = 0;
	int err;

	while (s->nr_todo && nr < PEEK_NODES) {
		const struct todo *t = &s->todo[--s->nr_todo];

		if (!may_take(&s->runs, sought->select, &s->tasks[t->first], USER_RUNS))
			continue;
		s->skel->bss->in_tables[nr] = s->tasks[t->first].files;
		s->skel->bss->in_first[nr] = t->fd;
		now[nr++] = *t;
	}
	err = peek(sought->program, nr, s->skel->bss->ring_fops, 0);
	for (size_t i = 0; !err && i < nr; i++) {
		struct todo t = now[i];
		__u32 room = sought->take(&s->tasks[t.first], t.end - t.first, t.fd, i, sought->arg);

		t.fd += FD_SLOTS;
		if (t.fd < room)
			add(s, t);
	}
	return err;
}

int descriptors_read(const struct peek *p, struct holders *h, const struct descriptors_sought *sought,
		     struct walk_cuts *cuts)
{
	struct search s = { .skel = p->skel, .sought = sought };
	int err = 0;

	take_tasks(&s, h);
	while (!err && s.nr_todo)
		err = peek_is_over(p) ? peek_end() : read_on(&s);
	payers_end(&s.runs, cuts);
	free(s.tasks);
	free(s.todo);
	return err;
}

/* Where rings are added. */
struct rings_found {
	const struct fd_slots *runs;
	const struct selection *select;
	struct holders *h;
	struct payers kept;
};

static void add_holders(struct rings_found *to, const struct fact_holder *tasks, size_t nr,
			const struct fd_slots *run, __u32 first, __u32 n)
{
	for (size_t i = 0; i < nr; i++) {
		struct fact_holder *f;

		if (!may_take(&to->kept, to->select, &tasks[i], USER_HOLDERS))
			continue;
		f = holders_add(to->h);
		*f = tasks[i];
		f->h.ring = run->ring[n];
		f->how = HOLDER_BY_INDEX;
		f->fd = first + n;
		f->whose = run->whose[n];
	}
}

static __u32 take_rings(const struct fact_holder *tasks, size_t nr, __u32 first, size_t i, void *arg)
{
	struct rings_found *to = arg;
	const struct fd_slots *run = &to->runs[i];

	for (__u32 n = 0; run->found && n < FD_SLOTS; n++)
		if (run->ring[n])
			add_holders(to, tasks, nr, run, first, n);
	return run->room;
}

int descriptors_find(const struct peek *p, struct holders *h, const struct selection *select,
		     struct walk_cuts *cuts)
{
	struct rings_found to = { .runs = p->skel->bss->out_fds, .select = select, .h = h };
	const struct descriptors_sought rings = {
		.program = p->skel->progs.peek_fds, .select = select, .take = take_rings, .arg = &to,
	};
	int err = descriptors_read(p, h, &rings, cuts);

	payers_end(&to.kept, cuts);
	return err;
}
