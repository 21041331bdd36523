/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The requests that are under way, with their memory: a table of places, a part of which address spaces
 * share by their hash. A row's number of claimed places lets an empty one be passed over.
 */
#ifndef FIXBUF_BPF_IO_FLIGHT_H
#define FIXBUF_BPF_IO_FLIGHT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_overlap.h"
#include "io_payer.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_OVERLAP_USERS);
	__type(key, __u32);
	__type(value, struct io_overlap_user);
} io_overlap_users SEC(".maps");

__u64 io_unfollowed_rest;	/* as struct io_overlap_user.unfollowed, of users that found no room */

/* .flags */
#define FLIGHT_FIXED	0x1
#define FLIGHT_WRITES	0x2	/* memory */
#define FLIGHT_WAITS	0x4	/* it begins after others: it may be that they are to end first */
#define FLIGHT_DRAINS	0x8	/* IOSQE_IO_DRAIN: it begins after all, and all after it */
#define FLIGHT_LINKS	0x10	/* the next of its ring is in its link */
#define FLIGHT_NAMED	0x20	/* .id is its user_data, as .user_data */
#define FLIGHT_RAN	0x40	/* it ends, and was no longer waiting: only those that were submitted before it count */

struct io_flight {
	__u64 claims;		/* who finds 1 after an addition has the place */
	__u64 check;		/* of what follows up to .flags; 0 = nobody's, or not filled in yet */
	__u64 mm, ring, id, user_data;
	__u64 addr, end;
	__u64 buf;		/* struct io_mapped_ubuf * */
	__u64 chain;		/* one number for a link */
	__u32 call;		/* the ring's sq.head in the call that submitted it */
	__u16 index;
	__u8 op, flags;
	__u8 punted;		/* a worker has it */
	__u8 drained;		/* what its ring is given later begins after it */
	struct io_overlap_key over; /* what it counts in */
	__u64 notice;		/* of a zero-copy send: the request whose end says that its memory is free */
	__u64 begun_ns;		/* submitted */
};

/* .taken of them are claimed. */
struct io_flight_row {
	__u64 taken;
	struct io_flight way[IO_FLIGHT_WAYS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IO_FLIGHT_ROWS);
	__type(key, __u32);
	__type(value, struct io_flight_row);
} io_flights SEC(".maps");

struct io_flight_key {
	__u64 ring, id;		/* the request, or where its end does not tell it its user_data */
};

#define NO_PLACE	(~0U)

struct io_flight_at {
	__u32 place;
	__u32 nr;		/* requests of that name; of more than one none is followed */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_FLIGHT_ROWS * IO_FLIGHT_WAYS);
	__type(key, struct io_flight_key);
	__type(value, struct io_flight_at);
} io_flight_places SEC(".maps");

static __always_inline struct io_flight *flight(__u32 place)
{
	__u32 at = place / IO_FLIGHT_WAYS;
	struct io_flight_row *r = bpf_map_lookup_elem(&io_flights, &at);

	return r ? &r->way[place & (IO_FLIGHT_WAYS - 1)] : NULL;
}

static __always_inline __u64 flight_check(const struct io_flight *f)
{
	return (f->mm ^ f->ring * 3 ^ f->id * 5 ^ f->user_data * 7 ^ f->addr * 9 ^ f->end * 11 ^
		f->buf * 13 ^ f->chain * 15 ^
		(f->call | (__u64)f->index << 32 | (__u64)f->op << 48 | (__u64)f->flags << 56) * 17) | 1;
}

/* NULL: there is no room for the user. */
static __always_inline struct io_overlap_user *overlap_user(__u32 uid)
{
	struct io_overlap_user *u = bpf_map_lookup_elem(&io_overlap_users, &uid), none = { 0 };

	if (u)
		return u;
	bpf_map_update_elem(&io_overlap_users, &uid, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&io_overlap_users, &uid);
}

static __noinline int unseen_of(__u32 uid)
{
	struct io_overlap_user *u = overlap_user(uid);

	if (u)
		__sync_fetch_and_add(&u->unfollowed, 1);
	else
		__sync_fetch_and_add(&io_unfollowed_rest, 1);
	return 0;
}

/* Of who submits it. */
static __noinline int flight_unseen(void)
{
	return unseen_of(io_payer((__u64)bpf_get_current_task()));
}

/* Whether what is there is whole. */
static __always_inline bool is_flight(const struct io_flight *f)
{
	__u64 check = *(volatile __u64 *)&f->check;

	return check && check == flight_check(f);
}

/* Takes a place in the row: its number + 1, 0 = there is none. */
__noinline int claim_in_row(__u32 at)
{
	struct io_flight_row *r = bpf_map_lookup_elem(&io_flights, &at);

	if (!r || r->taken >= IO_FLIGHT_WAYS)
		return 0;
	for (__u32 i = 0; i < IO_FLIGHT_WAYS; i++) {
		struct io_flight *f = &r->way[i];

		if (f->claims)
			continue;
		__sync_fetch_and_add(&f->claims, 1);
		/* two at once: neither has it */
		if (*(volatile __u64 *)&f->claims == 1) {
			__sync_fetch_and_add(&r->taken, 1);
			return at * IO_FLIGHT_WAYS + i + 1;
		}
		__sync_fetch_and_add(&f->claims, -1);
	}
	return 0;
}

static __always_inline void free_place(__u32 place)
{
	__u32 at = place / IO_FLIGHT_WAYS;
	struct io_flight_row *r = bpf_map_lookup_elem(&io_flights, &at);
	struct io_flight *f = flight(place);

	if (!r || !f)
		return;
	*(volatile __u64 *)&f->check = 0;
	*(volatile __u64 *)&f->addr = *(volatile __u64 *)&f->end = 0;
	__sync_fetch_and_add(&r->taken, -1);
	__sync_fetch_and_add(&f->claims, -1);
}

/* The rows of an address space. */
static __always_inline __u32 first_row(__u64 mm)
{
	return ((mm * 0x9e3779b97f4a7c15ULL) >> 59) * IO_SPACE_ROWS;
}

_Static_assert(IO_FLIGHT_ROWS == IO_SPACE_ROWS << 5, "the shift above");

static __noinline int claim_place(__u64 mm)
{
	__u32 row = first_row(mm);

	for (__u32 i = 0; i < IO_SPACE_ROWS; i++) {
		int place = claim_in_row(row + i);

		if (place)
			return place;
	}
	return 0;
}

/* What of that name ends, or NULL; .place of it, and the name and the place are given back by end_flight(). */
static __always_inline struct io_flight *ending_flight(__u64 ring, __u64 id, __u32 *place)
{
	struct io_flight_key key = { ring, id };
	struct io_flight_at *at = bpf_map_lookup_elem(&io_flight_places, &key);

	if (!at || at->nr > 1 || at->place == NO_PLACE)
		return NULL;
	*place = at->place;
	return flight(at->place);
}

static __noinline int end_flight(__u64 ring, __u64 id)
{
	struct io_flight_key key = { ring, id };
	struct io_flight_at *at = bpf_map_lookup_elem(&io_flight_places, &key);

	if (!at)
		return 0;
	if (at->nr > 1) {
		__sync_fetch_and_add(&at->nr, -1);
		return 0;
	}
	if (at->place != NO_PLACE)
		free_place(at->place);
	bpf_map_delete_elem(&io_flight_places, &key);
	return 0;
}

static __noinline int keep_flight(const struct io_flight *from, __u32 place)
{
	struct io_flight *f = flight(place);

	if (!f)
		return 0;
	f->mm = from->mm;
	f->ring = from->ring;
	f->id = from->id;
	f->user_data = from->user_data;
	f->buf = from->buf;
	f->chain = from->chain;
	f->call = from->call;
	f->index = from->index;
	f->op = from->op;
	f->flags = from->flags;
	f->punted = 0;
	f->drained = !!(from->flags & FLIGHT_DRAINS);
	f->notice = from->notice;
	f->begun_ns = from->begun_ns;
	f->over.newer.ring = 0;
	*(volatile __u64 *)&f->addr = from->addr;
	*(volatile __u64 *)&f->end = from->end;
	*(volatile __u64 *)&f->check = flight_check(f);
	return 0;
}

/* Another of that name is under way: which of them ends, when one does, is not known. */
static __noinline int name_again(const struct io_flight *f)
{
	struct io_flight_key key = { f->ring, f->id };
	struct io_flight_at *at = bpf_map_lookup_elem(&io_flight_places, &key);
	struct io_flight *before;

	if (!at)
		return false;
	/* a request of that address: the end of the one before was not seen */
	if (!(f->flags & FLIGHT_NAMED)) {
		end_flight(f->ring, f->id);
		return false;
	}
	__sync_fetch_and_add(&at->nr, 1);
	before = at->place == NO_PLACE ? NULL : flight(at->place);
	if (before && before->flags & FLIGHT_FIXED)
		flight_unseen();
	if (before)
		free_place(at->place);
	at->place = NO_PLACE;
	return true;
}

/* Takes a name for it, and a place unless it is over no memory that is known. */
static __noinline int place_flight(const struct io_flight *f, bool ranged)
{
	struct io_flight_key key = { f->ring, f->id };
	struct io_flight_at at = { NO_PLACE, 1 };
	int place = 0;

	if (name_again(f))
		return -1;
	if (ranged)
		place = claim_place(f->mm);
	at.place = place - 1;
	if (!bpf_map_update_elem(&io_flight_places, &key, &at, BPF_NOEXIST))
		return place - 1;
	if (place)
		free_place(place - 1);
	return -1;
}

#endif
