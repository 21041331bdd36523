// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "commands/export/seats.h"

#define PARTS 4

struct owner_user {
	__u32 uid;
	size_t owners;
	UT_hash_handle hh;
};

static struct owner_user *find_user(const struct export_model *m, __u32 uid)
{
	struct owner_user *u;

	HASH_FIND(hh, m->owner_users, &uid, sizeof(uid), u);
	return u;
}

void seats_take(struct export_model *m, struct owner *o)
{
	struct owner_user *u = find_user(m, o->key.uid);

	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->uid = o->key.uid;
		HASH_ADD(hh, m->owner_users, uid, sizeof(u->uid), u);
	}
	u->owners++;
	o->user = u;
}

void seats_leave(struct export_model *m, struct owner *o)
{
	if (--o->user->owners)
		return;
	HASH_DEL(m->owner_users, o->user);
	free(o->user);
}

static size_t share_of(const struct export_model *m, __u32 uid)
{
	return uid ? (m->max_owners + PARTS - 1) / PARTS : m->max_owners - m->max_owners / PARTS;
}

/* How many its user has beyond its share. */
static size_t beyond(const struct export_model *m, const struct owner *o)
{
	size_t share = share_of(m, o->user->uid);

	return o->user->owners > share ? o->user->owners - share : 0;
}

/* Of the owners that are gone: first those of which all was told, then the one seen longest ago. */
static bool gives_way(const struct owner *o, const struct owner *best)
{
	if (!best || o->told != best->told)
		return !best || o->told;
	return o->seen_ns < best->seen_ns;
}

/* Of users beyond their share: first the one that is most so, and of that one who is gone, then the least. */
static bool gives_back(const struct export_model *m, const struct owner *o, const struct owner *best)
{
	size_t more = beyond(m, o);

	if (!best || more != beyond(m, best))
		return more && (!best || more > beyond(m, best));
	if (o->now != best->now)
		return !o->now;
	return o->now ? o->weight_bytes < best->weight_bytes : gives_way(o, best);
}

struct owner *seats_yielding(const struct export_model *m, __u32 uid, __u64 now_ns, bool living, __u64 bytes)
{
	const struct owner_user *u = find_user(m, uid);
	struct owner *gone = NULL, *least = NULL, *most = NULL;
	bool within = !u || u->owners < share_of(m, uid);

	for (struct owner *o = m->owners; o; o = o->hh.next) {
		/* who is within its share is not pushed out for who is beyond */
		bool may = within || o->user == u || beyond(m, o);

		if (within && gives_back(m, o, most))
			most = o;
		if (o->now && may && (!least || o->weight_bytes < least->weight_bytes))
			least = o;
		if (!o->now && (living || (may && (o->told || o->seen_ns + IDLE_NS < now_ns))) &&
		    gives_way(o, gone))
			gone = o;
	}
	if (gone || most)
		return gone ? gone : most;
	/* not for a little more, or two of a size would take turns */
	return living && least && bytes / 2 > least->weight_bytes ? least : NULL;
}
