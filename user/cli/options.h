/* SPDX-License-Identifier: GPL-2.0 */
/* Reads the command line, by the tables of commands and their options. */
#ifndef FIXBUF_CLI_OPTIONS_H
#define FIXBUF_CLI_OPTIONS_H

#include "commands/command.h"

/*
 * Returns the command, and its options in *options; on --help, --version or an
 * error it exits.
 */
const struct command *options_parse(int argc, char **argv, void **options);
void options_free(const struct command *cmd, void *options);

#endif
