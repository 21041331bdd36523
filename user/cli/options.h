/* SPDX-License-Identifier: GPL-2.0 */
/* Reads the command line, by the tables of commands and options. */
#ifndef FIXBUF_CLI_OPTIONS_H
#define FIXBUF_CLI_OPTIONS_H

#include "cli/commands.h"
#include "commands/env.h"

/* Fills env and returns the command; on --help, --version or an error it exits. */
const struct command *options_parse(int argc, char **argv, struct env *env);
void options_free(struct env *env);

#endif
