/* SPDX-License-Identifier: GPL-2.0 */
/* What list can say without privilege: the rings that /proc shows. */
#ifndef FIXBUF_COMMANDS_LIST_UNPRIVILEGED_H
#define FIXBUF_COMMANDS_LIST_UNPRIVILEGED_H

#include "base/output.h"
#include "model/selection.h"

/* .ignored: --by, --sort, --min-size, --top or --watch was given, which are not followed. */
void list_unprivileged(const struct output *to, const struct selection *select, bool ignored);

#endif
