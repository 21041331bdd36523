// SPDX-License-Identifier: GPL-2.0
#include "base/time_share.h"

static __u64 *of_user(struct time_share *s, __u64 user)
{
	return &s->of_ns[user * 0x9e3779b97f4a7c15ULL >> (64 - TIME_SHARE_BITS)];
}

bool time_share_has(struct time_share *s, __u64 user, __u64 now_ns)
{
	__u64 most_ns;

	if (!s->begun_ns)
		s->begun_ns = now_ns;
	most_ns = s->free_ns + (now_ns - s->begun_ns) / TIME_SHARE_PART;
	return s->all_ns <= most_ns && *of_user(s, user) <= most_ns / 2;
}

void time_share_take(struct time_share *s, __u64 user, __u64 ns)
{
	s->all_ns += ns;
	*of_user(s, user) += ns;
}
