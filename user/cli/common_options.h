/* SPDX-License-Identifier: GPL-2.0 */
/* The options that every command has and that are answered at once, and how rows are found. */
#ifndef FIXBUF_CLI_COMMON_OPTIONS_H
#define FIXBUF_CLI_COMMON_OPTIONS_H

#include "commands/command.h"

/* Whether it is one of those, not a command's own. */
bool option_is_common(const struct option_row *row);
/* Of a command's table: the row with that name, NULL = none; "" is a FILE's, "--" PROGRAM's. */
const struct option_row *option_named(const struct option_row *table, const char *name);
/* A command's options after .row, its own and the common ones; NULL: the first, and at the end. */
const struct option_row *option_next(const struct command *cmd, const struct option_row *row);

#endif
