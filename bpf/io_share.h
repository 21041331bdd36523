/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of I/O are shared by users: of each one may have as much as is free (share.h), so that one who
 * fills it leaves half to the others. Where the selection says who it is they have it whole.
 */
#ifndef FIXBUF_BPF_IO_SHARE_H
#define FIXBUF_BPF_IO_SHARE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include "abi/io_cell.h"
#include "abi/io_share.h"
#include "selection.h"

const volatile __u32 io_table_room[IO_TABLES];

/* By who pays (kernel/payer.h). Those beyond their number are one: IO_OLD_PAYER, which is there from the start. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_SHARE_USERS);
	__type(key, __u32);
	__type(value, struct io_user);
} io_users SEC(".maps");

/* Only the reader writes to it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_SHARE_USERS);
	__type(key, __u32);
	__type(value, struct io_given);
} io_given SEC(".maps");

/* Of all users; the second is the reader's. */
__u64 io_taken[IO_TABLES];
__u64 io_given_back[IO_TABLES];
__u64 io_new_user[sizeof(struct io_user) / sizeof(__u64)]; /* stays zero: too large for a stack */

static __always_inline struct io_user *io_user_of(__u32 *payer)
{
	/* one look-up whose result is used: the verifier goes on once for each */
	if (!bpf_map_lookup_elem(&io_users, payer) &&
	    bpf_map_update_elem(&io_users, payer, io_new_user, BPF_NOEXIST) &&
	    !bpf_map_lookup_elem(&io_users, payer))
		*payer = IO_OLD_PAYER;
	return bpf_map_lookup_elem(&io_users, payer);
}

/* Takes a place for that user, unless it has its share. Not static: the verifier goes through it once. */
__noinline int io_may_take(__u32 payer, __u32 table)
{
	struct io_given *given;
	__s64 has, free;
	struct io_user *u;
	__u64 t = table;

	if (select_by & SELECT_WHO)
		return 1;
	/* a ring without a row has an owner who has more than its share of rings */
	if (t >= IO_TABLES || payer == IO_OLD_PAYER)
		return 0;
	u = io_user_of(&payer);
	if (!u)
		return 0;
	given = bpf_map_lookup_elem(&io_given, &payer);
	has = u->took[t] - (given ? given->places[t] : 0);
	free = io_table_room[t] - (io_taken[t] - io_given_back[t]);
	if (has >= free)
		return 0;
	__sync_fetch_and_add(&u->took[t], 1);
	__sync_fetch_and_add(&io_taken[t], 1);
	return 1;
}

/* What was taken is not needed. The same. */
__noinline int io_put_back(__u32 payer, __u32 table)
{
	struct io_user *u;
	__u64 t = table;

	if (select_by & SELECT_WHO || t >= IO_TABLES)
		return 0;
	u = io_user_of(&payer);
	if (!u)
		return 0;
	__sync_fetch_and_add(&u->took[t], -1);
	__sync_fetch_and_add(&io_taken[t], -1);
	return 0;
}

/* Something of that user's found no place. The same. */
__noinline int io_lost_of(__u32 payer, __u32 table)
{
	struct io_user *u = io_user_of(&payer);
	__u64 t = table;

	if (u && t < IO_TABLES)
		__sync_fetch_and_add(&u->lost[t], 1);
	return 0;
}

/* Adds an entry that was not there, if the user may have one more. The caller looks for it. */
static __always_inline void io_add(void *map, const void *key, const void *value, __u32 payer,
				   enum io_table table)
{
	if (io_may_take(payer, table) && bpf_map_update_elem(map, key, value, BPF_NOEXIST))
		io_put_back(payer, table);
}

#endif
