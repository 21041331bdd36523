/* SPDX-License-Identifier: GPL-2.0 */
/* The findings of a whole run, where each interval has its own. */
#ifndef FIXBUF_COMMANDS_STAT_TOLD_H
#define FIXBUF_COMMANDS_STAT_TOLD_H

#include "checks/finding_index.h"

struct told {
	int worst;		/* severity so far, -1 = nothing was told */
	struct findings list;	/* owned: each once, as it was first told */
	struct finding_index *index; /* of the list */
};

/* Takes what an interval or the total tells; .keep: the list, too, and not only the worst. */
void told_add(struct told *t, const struct findings *fs, bool keep);
void told_free(struct told *t);

#endif
