// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "capture/holders.h"
#include "capture/peek.h"

#define MANY	16384	/* 2 MiB: what is too many is left out before there is more room */

static int by_ring(const void *a, const void *b)
{
	const struct fact_holder *x = a, *y = b;

	if (x->h.ring != y->h.ring)
		return x->h.ring < y->h.ring ? -1 : 1;
	if (x->h.pid != y->h.pid)
		return x->h.pid < y->h.pid ? -1 : 1;
	if (x->h.tid != y->h.tid)
		return x->h.tid < y->h.tid ? -1 : 1;
	/* a descriptor tells more than a registration */
	if ((x->fd < 0) != (y->fd < 0))
		return x->fd < 0 ? 1 : -1;
	return x->fd - y->fd;
}

void holders_sort(struct holders *h)
{
	size_t kept = 0, same = 0;

	if (h->nr)
		qsort(h->list, h->nr, sizeof(*h->list), by_ring);
	for (size_t i = 0; i < h->nr; i++) {
		const struct fact_holder *f = &h->list[i];

		same = i && f->h.ring == f[-1].h.ring && f->h.pid == f[-1].h.pid ? same + 1 : 0;
		if (same < HOLDERS_A_PROCESS)
			h->list[kept++] = *f;
	}
	h->nr = kept;
}

struct fact_holder *holders_room(struct holders *h, size_t nr)
{
	if (h->room - h->nr >= nr)
		return &h->list[h->nr];
	if (h->room >= MANY)
		holders_sort(h);
	/* with less than half of it free the next sort would come soon */
	if (h->room - h->nr < nr || h->nr > h->room / 2) {
		h->room = h->room ? 2 * h->room : 512;
		h->list = must_realloc(h->list, h->room, sizeof(*h->list));
	}
	return &h->list[h->nr];
}

struct fact_holder *holders_add(struct holders *h)
{
	if (h->nr == h->room)
		holders_room(h, 1);
	return &h->list[h->nr++];
}

int holders_iterate(const struct peek *p, struct bpf_link *link, struct holders *h)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	ssize_t n;

	if (fd < 0)
		return err_set(errno, "cannot iterate over the tasks: %s", strerror(errno));
	for (;;) {
		struct fact_holder *room = holders_room(h, 256);

		/* the kernel hands out whole records */
		n = read(fd, room, (h->room - h->nr) * sizeof(*room));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		h->nr += n / sizeof(*room);
		if (peek_is_over(p))
			break;
	}
	close(fd);
	if (peek_is_over(p))
		return peek_end();
	return n ? err_set(errno, "the walk over all tasks failed: %s", strerror(errno)) : 0;
}

size_t holders_first(const struct holders *h, __u64 ring)
{
	size_t lo = 0, hi = h->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (h->list[mid].h.ring < ring)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t holders_next_ring(const struct holders *h, size_t i)
{
	size_t end = i;

	while (end < h->nr && h->list[end].h.ring == h->list[i].h.ring)
		end++;
	return end;
}

bool holders_have(const struct holders *h, __u64 ring)
{
	size_t i = holders_first(h, ring);

	return i < h->nr && h->list[i].h.ring == ring;
}
