// SPDX-License-Identifier: GPL-2.0
#include <abi/io_cell.h>
#include <abi/selection.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "base/hash_table.h"
#include "capture/io_room.h"
#include "capture/io_shares.h"
#include "capture/user_counts.h"
#include "fixbuf.skel.h"

struct io_share {
	__u32 payer;			/* first: the key */
	bool gave;			/* since it was published */
	struct io_given given;
	__u64 kept[IO_TABLES];
	__u64 lost[IO_TABLES];		/* that could not be kept */
	UT_hash_handle hh;
};

void io_shares_prepare(struct io_shares *s, struct fixbuf_bpf *skel, const struct io_room *room)
{
	const __u32 places[IO_TABLES] = {
		[IO_TABLE_RINGS] = room->rings,
		[IO_TABLE_CELLS] = room->cells - IO_TOTALS,
		[IO_TABLE_PROCESSES] = IO_TOTALS - IO_TOTALS / 4,
		[IO_TABLE_OTHERS] = IO_TOTALS / 4,
		[IO_TABLE_HISTS] = room->hists,
		[IO_TABLE_FAILURES] = IO_FAILURES,
		[IO_TABLE_CALLS] = IO_CALLS,
		[IO_TABLE_BUFFERS] = IO_BUFFERS,
		[IO_TABLE_ADDRESSES] = IO_ADDRESSES,
		[IO_TABLE_ENTERS] = room->rings,
	};

	s->whole = skel->rodata->select_by & SELECT_WHO;
	for (size_t i = 0; i < IO_TABLES; i++)
		skel->rodata->io_table_room[i] = places[i];
	bpf_map__set_autocreate(skel->maps.io_users, true);
	bpf_map__set_autocreate(skel->maps.io_given, true);
}

int io_shares_start(struct fixbuf_bpf *skel)
{
	const __u32 rest = IO_OLD_PAYER;
	const struct io_user none = { 0 };

	if (bpf_map_update_elem(bpf_map__fd(skel->maps.io_users), &rest, &none, BPF_ANY))
		return err_set(errno, "cannot write to the BPF map of users: %s", strerror(errno));
	return 0;
}

static struct io_share *share_of(struct io_shares *s, __u32 payer)
{
	struct io_share *u;

	HASH_FIND(hh, s->users, &payer, sizeof(payer), u);
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->payer = payer;
		HASH_ADD(hh, s->users, payer, sizeof(u->payer), u);
	}
	return u;
}

void io_shares_give(struct io_shares *s, __u32 payer, enum io_table table)
{
	struct io_share *u = share_of(s, payer);

	u->given.places[table]++;
	u->gave = true;
}

/* Users beyond those that are told apart are one, for the kernel side too. */
static void publish_rest(struct io_shares *s, struct io_share *u)
{
	struct io_share *rest = share_of(s, IO_OLD_PAYER);

	for (size_t i = 0; i < IO_TABLES && u != rest; i++) {
		rest->given.places[i] += u->given.places[i];
		u->given.places[i] = 0;
	}
	rest->gave = true;
}

/* A user who has nothing, and lost nothing, makes room for another. */
static bool has_nothing(const struct io_share *u, const struct io_user *now)
{
	for (size_t i = 0; i < IO_TABLES; i++)
		if (now->took[i] != u->given.places[i] || now->lost[i] || u->lost[i] || u->kept[i])
			return false;
	return u->payer != IO_OLD_PAYER;
}

static void drop(struct io_shares *s, struct io_share *u, int users, int given)
{
	bpf_map_delete_elem(users, &u->payer);
	bpf_map_delete_elem(given, &u->payer);
	for (size_t i = 0; i < IO_TABLES; i++)
		s->given[i] += u->given.places[i];
	HASH_DEL(s->users, u);
	free(u);
}

void io_shares_publish(struct io_shares *s, struct fixbuf_bpf *skel)
{
	int users = bpf_map__fd(skel->maps.io_users), given = bpf_map__fd(skel->maps.io_given);
	struct io_share *u, *next;
	__u64 sum[IO_TABLES];
	struct io_user now;

	memcpy(sum, s->given, sizeof(sum));
	HASH_ITER(hh, s->users, u, next)
		if (u->gave && bpf_map_lookup_elem(users, &u->payer, &now))
			publish_rest(s, u);
	HASH_ITER(hh, s->users, u, next) {
		for (size_t i = 0; i < IO_TABLES; i++)
			sum[i] += u->given.places[i];
		if (!u->gave)
			continue;
		u->gave = false;
		if (!bpf_map_lookup_elem(users, &u->payer, &now) && has_nothing(u, &now))
			drop(s, u, users, given);
		else
			bpf_map_update_elem(given, &u->payer, &u->given, BPF_ANY);
	}
	for (size_t i = 0; i < IO_TABLES; i++)
		__atomic_store_n(&skel->bss->io_given_back[i], sum[i], __ATOMIC_RELAXED);
}

void io_shares_keep(struct io_shares *s, __u32 payer, enum io_table table)
{
	share_of(s, payer)->kept[table]++;
	s->kept[table]++;
}

bool io_shares_may_keep(struct io_shares *s, __u32 payer, enum io_table table, __u64 most)
{
	const struct io_share *u = share_of(s, payer);

	if (s->kept[table] >= most || (!s->whole && u->kept[table] >= most - s->kept[table]))
		return false;
	io_shares_keep(s, payer, table);
	return true;
}

void io_shares_forget(struct io_shares *s)
{
	struct io_share *u, *next;

	memset(s->kept, 0, sizeof(s->kept));
	HASH_ITER(hh, s->users, u, next)
		memset(u->kept, 0, sizeof(u->kept));
}

void io_shares_lose(struct io_shares *s, __u32 payer, enum io_table table, __u64 count)
{
	share_of(s, payer)->lost[table] += count;
}

static int most_first(const void *a, const void *b)
{
	const struct io_loser *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static void add_loser(struct io_loser **list, size_t *nr, __u32 payer, enum io_table table, __u64 count)
{
	/* in two places: few */
	for (size_t i = 0; i < *nr; i++) {
		if ((*list)[i].uid == payer && (*list)[i].table == table) {
			(*list)[i].count += count;
			return;
		}
	}
	if (payer == IO_OLD_PAYER || !count)
		return;
	array_grow(*list, *nr);
	(*list)[(*nr)++] = (struct io_loser){ payer, table, count };
}

size_t io_shares_lost(const struct io_shares *s, struct fixbuf_bpf *skel, struct io_loser **list)
{
	int users = bpf_map__fd(skel->maps.io_users);
	__u32 payer, *before = NULL;
	struct user_loss *evicted;
	struct io_share *u, *next;
	struct io_user user;
	size_t nr = 0, nr_evicted = user_counts(bpf_map__fd(skel->maps.io_evicted_users), &evicted);

	*list = NULL;
	for (size_t i = 0; i < nr_evicted; i++)
		add_loser(list, &nr, evicted[i].uid, IO_TABLE_STARTS, evicted[i].count);
	free(evicted);
	for (; !bpf_map_get_next_key(users, before, &payer); before = &payer)
		for (size_t i = 0; i < IO_TABLES && !bpf_map_lookup_elem(users, &payer, &user); i++)
			add_loser(list, &nr, payer, i, user.lost[i]);
	HASH_ITER(hh, s->users, u, next)
		for (size_t i = 0; i < IO_TABLES; i++)
			add_loser(list, &nr, u->payer, i, u->lost[i]);
	if (nr)
		qsort(*list, nr, sizeof(**list), most_first);
	return nr;
}

void io_shares_free(struct io_shares *s)
{
	struct io_share *u, *next;

	HASH_ITER(hh, s->users, u, next) {
		HASH_DEL(s->users, u);
		free(u);
	}
}
