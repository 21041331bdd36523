// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing is locked: a poll counts only when it says that it is of the ring it was found in, and the
 * walk looks for what it polls again at its end.
 */
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include "base/alloc.h"
#include "capture/peek.h"
#include "capture/polled.h"
#include "walk.skel.h"

#define USER_POLLS	(1U << 17)	/* gone along for one user in a walk */

/* A ring that nothing else shows. */
struct polled_ring {
	__u64 id;
	struct fact_holder holder;
	UT_hash_handle hh;
};

struct search {
	struct walk_bpf *skel;
	const struct peek *peek;
	const struct holders *h;
	struct polled_ring *found;	/* in the order in which they were */
	struct payers payers;
};

void polled_prepare(struct walk_bpf *skel)
{
	bpf_program__set_autoload(skel->progs.peek_polls, true);
}

static void add_found(struct search *s, const struct fact_holder *by, const struct poll_node *n)
{
	struct polled_ring *r;

	HASH_FIND(hh, s->found, &n->ring, sizeof(n->ring), r);
	if (r || holders_have(s->h, n->ring))
		return;
	r = must_alloc(1, sizeof(*r));
	r->id = n->ring;
	r->holder = *by;
	r->holder.h.ring = n->ring;
	r->holder.whose = n->whose;
	r->holder.how = HOLDER_POLLED;
	r->holder.fd = r->holder.reg_index = -1;
	HASH_ADD(hh, s->found, id, sizeof(r->id), r);
}

/* Along the chains whose links .now are the first of, to their ends. */
static int follow(struct search *s, const struct fact_holder *by, __u64 now[PEEK_NODES], size_t nr)
{
	const struct walk_bpf__bss *bss = s->skel->bss;

	while (nr) {
		size_t left = 0;
		int err;

		if (peek_is_over(s->peek))
			return peek_end();
		memcpy(s->skel->bss->in_polls, now, nr * sizeof(*now));
		err = peek(s->skel->progs.peek_polls, by->h.ring, 0, nr);
		if (err)
			return err;
		for (size_t i = 0; i < nr; i++) {
			if (bss->out_polls[i].ring)
				add_found(s, by, &bss->out_polls[i]);
			if (bss->out_polls[i].next && payers_spend(&s->payers, by, USER_POLLS))
				now[left++] = bss->out_polls[i].next;
		}
		nr = left;
	}
	return 0;
}

static int look_at_ring(struct search *s, const struct fact_holder *by)
{
	const struct walk_bpf__bss *bss = s->skel->bss;
	__u32 chains = 1;

	for (__u32 first = 0; first < chains; first += PEEK_NODES) {
		__u64 now[PEEK_NODES];
		size_t nr = 0;
		int err = peek(s->skel->progs.peek_polls, by->h.ring, first, 0);

		if (err)
			return err;
		chains = bss->out_nr_chains;
		for (size_t i = 0; i < PEEK_NODES; i++)
			if (bss->out_polls[i].next && payers_spend(&s->payers, by, USER_POLLS))
				now[nr++] = bss->out_polls[i].next;
		err = follow(s, by, now, nr);
		if (err)
			return err;
	}
	return 0;
}

int polled_find(const struct peek *p, struct holders *h, struct walk_cuts *cuts)
{
	struct search s = { .skel = p->skel, .peek = p, .h = h };
	struct polled_ring *r, *next;
	int err = 0;

	for (size_t i = 0; !err && i < h->nr; i = holders_next_ring(h, i))
		if (h->list[i].h.ring)
			err = peek_is_over(p) ? peek_end() : look_at_ring(&s, &h->list[i]);
	/* what is found may poll others */
	for (r = s.found; !err && r; r = r->hh.next)
		err = look_at_ring(&s, &r->holder);
	HASH_ITER(hh, s.found, r, next) {
		if (!err)
			*holders_add(h) = r->holder;
		HASH_DEL(s.found, r);
		free(r);
	}
	holders_sort(h);
	payers_end(&s.payers, cuts);
	return err;
}

int polled_again(const struct peek *p, struct holders *h, const struct holders *before)
{
	for (size_t i = 0; i < before->nr; i++)
		if (before->list[i].how == HOLDER_POLLED)
			return polled_find(p, h, NULL);
	return 0;
}
