// SPDX-License-Identifier: GPL-2.0
#include <abi/umem.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "capture/peek.h"
#include "capture/ring_walk.h"
#include "capture/umems.h"
#include "walk.skel.h"

#define MOST	64	/* of one user: what is beyond explains nothing */
#define CHUNK	256

struct umems {
	const struct peek *peek;
	struct bpf_link *link;
};

struct umems *umems_prepare(struct walk *w)
{
	struct umems *u = must_alloc(1, sizeof(*u));

	u->peek = walk_peek(w);
	bpf_program__set_autoload(u->peek->skel->progs.find_umems, true);
	return u;
}

int umems_start(struct umems *u)
{
	u->link = bpf_program__attach_iter(u->peek->skel->progs.find_umems, NULL);
	return u->link ? 0 : err_set(errno, "cannot iterate over the tasks: %s", strerror(errno));
}

void umems_free(struct umems *u)
{
	if (u)
		bpf_link__destroy(u->link);
	free(u);
}

static int by_id(const void *va, const void *vb)
{
	const struct umem *a = va, *b = vb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* The memory of sockets of one user with a rest. */
struct of_user {
	struct rest *rest;
	struct umem list[MOST];
	size_t nr;
};

static struct of_user *user_of(struct of_user *users, size_t nr, __u64 id)
{
	for (size_t i = 0; id && i < nr; i++)
		if (users[i].rest->id == id)
			return &users[i];
	return NULL;
}

/* Whoever has very many sockets keeps nobody else's from being seen. */
static void read_all(const struct umems *umems, struct of_user *users, size_t nr_users)
{
	int fd = bpf_iter_create(bpf_link__fd(umems->link));
	struct umem some[CHUNK];
	ssize_t n;

	while (fd >= 0 && !peek_is_over(umems->peek)) {
		/* the kernel hands out whole records */
		n = read(fd, some, sizeof(some));
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
			break;
		for (ssize_t i = 0; i < n / (ssize_t)sizeof(*some); i++) {
			struct of_user *u = user_of(users, nr_users, some[i].user);

			if (u && u->nr < MOST)
				u->list[u->nr++] = some[i];
		}
	}
	if (fd >= 0)
		close(fd);
}

/* Sockets may share one. */
static __u64 pages_of(struct of_user *u)
{
	__u64 pages = 0;

	qsort(u->list, u->nr, sizeof(*u->list), by_id);
	for (size_t i = 0; i < u->nr; i++)
		if (!i || u->list[i - 1].id != u->list[i].id)
			pages += u->list[i].pages;
	return pages;
}

void umems_explain(const struct umems *u, struct balance *b)
{
	struct of_user *users = must_alloc(b->nr, sizeof(*users));
	size_t nr = 0;

	for (size_t i = 0; i < b->nr; i++)
		if (b->list[i].is_user)
			users[nr++].rest = &b->list[i];
	if (nr)
		read_all(u, users, nr);
	for (size_t i = 0; i < nr; i++)
		balance_explain(b, users[i].rest - b->list, pages_of(&users[i]));
	free(users);
}
