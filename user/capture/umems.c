// SPDX-License-Identifier: GPL-2.0
#include <abi/umem.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/alloc.h"
#include "capture/peek.h"
#include "capture/umems.h"
#include "walk.skel.h"

#define MOST	16384	/* of sockets: what is beyond explains nothing */

void umems_prepare(struct walk_bpf *skel)
{
	bpf_program__set_autoload(skel->progs.find_umems, true);
}

static int by_id(const void *va, const void *vb)
{
	const struct umem *a = va, *b = vb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* Reads at most MOST into .list; their number. */
static size_t read_all(const struct peek *p, struct umem *list)
{
	struct bpf_link *link = bpf_program__attach_iter(p->skel->progs.find_umems, NULL);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	size_t nr = 0;
	ssize_t n = 0;

	while (fd >= 0 && nr < MOST && !peek_is_over(p)) {
		/* the kernel hands out whole records */
		n = read(fd, list + nr, (MOST - nr) * sizeof(*list));
		if (n > 0)
			nr += n / sizeof(*list);
		else if (!n || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return nr;
}

static bool has_user(const struct balance *b)
{
	for (size_t i = 0; i < b->nr; i++)
		if (b->list[i].is_user)
			return true;
	return false;
}

void umems_explain(const struct peek *p, struct balance *b)
{
	struct umem *list;
	size_t nr;

	if (!has_user(b))
		return;
	list = must_alloc(MOST, sizeof(*list));
	nr = read_all(p, list);
	qsort(list, nr, sizeof(*list), by_id);
	for (size_t i = 0; i < nr; i++) {
		/* sockets may share one */
		if (!list[i].user || (i && list[i - 1].id == list[i].id))
			continue;
		for (size_t k = 0; k < b->nr; k++)
			if (b->list[k].is_user && b->list[k].id == list[i].user)
				balance_explain(b, k, list[i].pages);
	}
	free(list);
}
