// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "model/history_lives.h"

#define MAX_BORN (1U << 18)	/* more are not timed */

struct born_key {
	__u64 ring, buf;
	__u64 index;
};

struct born_buffer {
	struct born_key key;
	__u64 t_ns;
	UT_hash_handle hh;
};

static struct born_buffer *born(struct history_lives *l, const struct fact_buffer *f, struct born_key *key)
{
	struct born_buffer *b;

	*key = (struct born_key){ f->h.ring, f->buf, f->index };
	HASH_FIND(hh, l->born, key, sizeof(*key), b);
	return b;
}

void history_born(struct history_lives *l, const struct fact_buffer *f)
{
	struct born_key key;
	struct born_buffer *b = born(l, f, &key);

	if (!b) {
		if (HASH_COUNT(l->born) >= MAX_BORN)
			return;
		b = must_alloc(1, sizeof(*b));
		b->key = key;
		HASH_ADD(hh, l->born, key, sizeof(b->key), b);
	}
	b->t_ns = f->h.t_ns;
}

void history_died(struct history_lives *l, const struct fact_buffer *f)
{
	struct born_key key;
	struct born_buffer *b = born(l, f, &key);

	if (!b)
		return;
	if (f->h.t_ns > b->t_ns)
		l->count[hist_index(f->h.t_ns - b->t_ns)]++;
	HASH_DEL(l->born, b);
	free(b);
}

void history_lives_forget(struct history_lives *l)
{
	struct born_buffer *b, *next;

	HASH_ITER(hh, l->born, b, next) {
		HASH_DEL(l->born, b);
		free(b);
	}
}
