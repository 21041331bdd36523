/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has happened since the last check, to be asked for what made a finding so. The last of a
 * ring and its accounts takes the place of the one before: however often others call, or their
 * rings end, they push nobody's call out.
 */
#ifndef FIXBUF_CHECKS_CAUSES_H
#define FIXBUF_CHECKS_CAUSES_H

#include "checks/cause.h"
#include "checks/finding.h"

#define MAX_CAUSES	4096	/* of so many rings: then the oldest is forgotten */

struct kept_cause;

/* All zero before the first; .stack of what is kept is not set. */
struct causes {
	struct kept_cause *all;	/* owned; in the order in which they happened */
};

void causes_add(struct causes *cs, const struct cause *c);
/* The last that may have made it so, NULL = none; .mm is whose account it is about, 0 = none. */
const struct cause *causes_of(const struct causes *cs, const struct finding *f, __u64 mm);
void causes_clear(struct causes *cs);

#endif
