/* SPDX-License-Identifier: GPL-2.0 */
/* The commands, one row each. */
#ifndef FIXBUF_CLI_COMMANDS_H
#define FIXBUF_CLI_COMMANDS_H

#include "commands/command.h"

/* Ends with NULL. */
extern const struct command *const commands[];

/* NULL for a name that is none. */
/* Of a command line that names none: has only what all have, and no .run. */
extern const struct command no_command;

/* How many letters have to be changed, added or left out; 9 for more than a mistyped word has. */
unsigned int word_distance(const char *a, const char *b);
/* The name of the command that a mistyped one is nearest to, NULL when none is near. */
const char *command_like(const char *name);
const struct command *command_by_name(const char *name);

#endif
