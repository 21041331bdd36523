// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/hash_table.h"
#include "capture/payers.h"

struct payer {
	struct payer_key {
		__u32 payer, uid;
	} key;
	unsigned int spent;	/* by all its users */
	unsigned int left_out;	/* processes of this user */
	__u32 last_pid;		/* of those */
	UT_hash_handle hh;
};

#define ALL	(~0U)	/* as .uid: what all users of a payer have spent */

static struct payer *payer_of(struct payers *p, __u32 payer, __u32 uid)
{
	const struct payer_key key = { payer, uid };
	struct payer *u;

	HASH_FIND(hh, p->hash, &key, sizeof(key), u);
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->key = key;
		HASH_ADD(hh, p->hash, key, sizeof(u->key), u);
	}
	return u;
}

bool payers_spend(struct payers *p, const struct fact_holder *process, unsigned int most)
{
	struct payer *u;

	if (payer_of(p, process->payer, ALL)->spent++ < most)
		return true;
	u = payer_of(p, process->payer, process->h.uid);
	/* one that was begun may have much left: it counts once */
	if (u->last_pid != process->h.pid)
		u->left_out++;
	u->last_pid = process->h.pid;
	return false;
}

void payers_end(struct payers *p, struct walk_cuts *cuts)
{
	struct payer *u, *next;

	HASH_ITER(hh, p->hash, u, next) {
		if (cuts && u->left_out) {
			array_grow(cuts->list, cuts->nr);
			cuts->list[cuts->nr++] = (struct walk_cut){ u->key.uid, u->left_out };
		}
		HASH_DEL(p->hash, u);
		free(u);
	}
}
