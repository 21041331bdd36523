/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has left an account since its level was seen: the end of a request that held a buffer tells no
 * level, so that the next such end begins where this one stopped.
 */
#ifndef FIXBUF_MODEL_DERIVED_GONE_H
#define FIXBUF_MODEL_DERIVED_GONE_H

#include <linux/types.h>
#include "base/hash_table.h"

struct derived_gone {
	__u64 id;		/* of the user or mm */
	__u64 level_ns;		/* when its level was seen */
	__s64 pages;
	UT_hash_handle hh;
};

/* Pages that have left the account whose level was seen then; more are noted with .more. */
__s64 derived_gone(struct derived_gone **all, __u64 id, __u64 level_ns, __s64 more);
void derived_gone_free(struct derived_gone **all);

#endif
