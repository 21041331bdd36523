/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording of some is no measure for all that runs: of what runs now the same is taken, as far as the file
 * tells of whom it is.
 */
#ifndef FIXBUF_COMMANDS_DIFF_NARROW_H
#define FIXBUF_COMMANDS_DIFF_NARROW_H

#include "commands/diff/snapshot.h"

/* False, and .asked is of all, where .was does not tell, or it means nobody who can run now; free it. */
bool narrow_asked(struct selection *asked, const struct snapshot *was);
/*
 * Where that is not to be had: .now keeps the processes that .was has. NULL = .was is of all, else of whom it is,
 * for a sentence that begins with the file.
 */
const char *narrow_to_shown(struct snapshot *now, const struct snapshot *was);

#endif
