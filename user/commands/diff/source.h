/* SPDX-License-Identifier: GPL-2.0 */
/* Where diff has its two sides from. */
#ifndef FIXBUF_COMMANDS_DIFF_SOURCE_H
#define FIXBUF_COMMANDS_DIFF_SOURCE_H

#include "base/output.h"
#include "commands/diff/snapshot.h"
#include "model/selection.h"

/* A file, "-" is standard input: JSON, or a recording. 0, or an exit status after a sentence. */
int source_read(struct snapshot *s, const char *path, const struct selection *select);
/* What runs now, where that was; with -p, who of .was has ended is left out; .pages: with findings, as verify has them. The same. */
int source_now(struct snapshot *s, const struct snapshot *was, const struct output *to,
	       const struct selection *select, bool pages);

#endif
