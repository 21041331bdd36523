/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording of some is no measure for all that runs: of what runs now the same is taken, as far as the file
 * tells of whom it is.
 */
#ifndef FIXBUF_COMMANDS_DIFF_NARROW_H
#define FIXBUF_COMMANDS_DIFF_NARROW_H

#include "commands/diff/snapshot.h"

/* Before .was is compared with what runs now, for which nobody was asked for: .select becomes what it was asked for. */
bool narrow_to_asked(struct selection *select, struct snapshot *was);
/*
 * The same where that is not to be had: .now keeps the processes that .was has. NULL = there is nothing to
 * narrow, else of whom it is, for a sentence that begins with the file.
 */
const char *narrow_to_shown(struct snapshot *now, const struct snapshot *was);
/* Whether .select asks for processes or a user that .was leaves out. */
bool narrow_misses(const struct selection *select, const struct snapshot *was);

#endif
