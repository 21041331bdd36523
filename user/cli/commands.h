/* SPDX-License-Identifier: GPL-2.0 */
/* The commands, one row each. */
#ifndef FIXBUF_CLI_COMMANDS_H
#define FIXBUF_CLI_COMMANDS_H

#include "commands/command.h"

/* Ends with NULL; the first is the one without a name on the command line. */
extern const struct command *const commands[];

/* NULL for a name that is none. */
const struct command *command_by_name(const char *name);

#endif
