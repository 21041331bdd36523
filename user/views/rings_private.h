/* SPDX-License-Identifier: GPL-2.0 */
/* What all forms tell of a ring: rings.c (text), rings_csv.c and rings_json.c. */
#ifndef FIXBUF_VIEWS_RINGS_PRIVATE_H
#define FIXBUF_VIEWS_RINGS_PRIVATE_H

#include "model/ledger.h"

#define NO_LIMIT (~0ULL)

/* The account that the ring counts against; for an unlimited ring its holder's own. */
static inline const struct ledger_user *account(const struct ledger *l, const struct ring *r)
{
	struct ledger_user *u = r->user;

	if (!u && r->nr_holders)
		HASH_FIND(hh, l->users, &r->holders[0].user, sizeof(r->holders[0].user), u);
	return u;
}

static inline __u64 limit_bytes(const struct ring *r)
{
	return r->nr_holders ? r->holders[0].memlock_limit_bytes : NO_LIMIT;
}

static inline const char *held_by(const struct holder *h)
{
	switch (h->how) {
	case HOLDER_SUBMITTED:
		return "submitted";
	case HOLDER_MAPPING:
		return "mapping";
	case HOLDER_CLOSING:
		return "closing";
	case HOLDER_SHARING:
		return "sharing";
	case HOLDER_POLLED:
		return "polled";
	case HOLDER_WAITING:
		return "waiting";
	}
	return h->fd < 0 ? "registered" : "fd";
}

/* Where there are none every process is in the root. */
static inline bool has_cgroup(const struct holder *h)
{
	return h->cgroup && h->cgroup[1];
}

#endif
