// SPDX-License-Identifier: GPL-2.0
#include <abi/walk_nodes.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include "base/hash_table.h"
#include "capture/descriptors.h"
#include "capture/peek.h"
#include "capture/ring_walk.h"
#include "capture/umems.h"
#include "walk.skel.h"

#define USER_UMEMS	(1U << 14) /* kept of what one user's descriptors are of */

/* One that was seen: sockets, and descriptors, share it. */
struct seen {
	__u64 id;
	UT_hash_handle hh;
};

/* A user with a rest. */
struct charged {
	__u64 id;		/* struct user_struct * */
	size_t rest;		/* in the balance */
	UT_hash_handle hh;
};

struct umems {
	const struct fd_umems *runs;
	struct balance *b;
	struct charged *users;
	struct seen *seen;
	struct payers kept;
};

void umems_prepare(struct walk_bpf *skel)
{
	bpf_program__set_autoload(skel->progs.peek_umems, true);
}

static void explain(struct umems *s, const struct umem *umem, const struct fact_holder *holder)
{
	struct charged *user;
	struct seen *seen;

	HASH_FIND(hh, s->users, &umem->user, sizeof(umem->user), user);
	HASH_FIND(hh, s->seen, &umem->id, sizeof(umem->id), seen);
	if (!user || seen || !payers_spend(&s->kept, holder, USER_UMEMS))
		return;
	seen = must_alloc(1, sizeof(*seen));
	seen->id = umem->id;
	HASH_ADD(hh, s->seen, id, sizeof(seen->id), seen);
	balance_explain(s->b, user->rest, umem->pages);
}

static __u32 take(const struct fact_holder *tasks, size_t nr, __u32 first, size_t i, void *arg)
{
	struct umems *s = arg;
	const struct fd_umems *run = &s->runs[i];

	(void)nr;
	(void)first;
	for (__u32 n = 0; run->found && n < FD_SLOTS; n++)
		if (run->umem[n].id)
			explain(s, &run->umem[n], tasks);
	return run->room;
}

static void find_users(struct umems *s)
{
	for (size_t i = 0; i < s->b->nr; i++) {
		struct charged *user;

		if (!s->b->list[i].is_user || !s->b->list[i].pages)
			continue;
		user = must_alloc(1, sizeof(*user));
		user->id = s->b->list[i].id;
		user->rest = i;
		HASH_ADD(hh, s->users, id, sizeof(user->id), user);
	}
}

static void let_go(struct umems *s)
{
	struct charged *user, *next_user;
	struct seen *seen, *next_seen;

	HASH_ITER(hh, s->users, user, next_user) {
		HASH_DEL(s->users, user);
		free(user);
	}
	HASH_ITER(hh, s->seen, seen, next_seen) {
		HASH_DEL(s->seen, seen);
		free(seen);
	}
}

int umems_explain(struct walk *w, const struct selection *select, struct balance *b,
		  struct walk_cuts *cuts)
{
	const struct peek *p = walk_peek(w);
	struct umems s = { .runs = p->skel->bss->out_umems, .b = b };
	const struct descriptors_sought sought = {
		.program = p->skel->progs.peek_umems, .select = select, .take = take, .arg = &s,
	};
	struct holders h = { 0 };
	int err = 0;

	find_users(&s);
	if (s.users)
		err = walk_tasks(w, &h) ? : descriptors_read(p, &h, &sought, cuts);
	payers_end(&s.kept, cuts);
	let_go(&s);
	free(h.list);
	return err;
}
