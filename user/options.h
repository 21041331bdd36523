/* SPDX-License-Identifier: GPL-2.0 */
/* The command line: one table of options, each with the commands it belongs to. */
#ifndef FIXBUF_OPTIONS_H
#define FIXBUF_OPTIONS_H

#include "env.h"

/* Fills env and returns the command; on --help, --version or an error it exits. */
const struct command *options_parse(int argc, char **argv, struct env *env);
void options_free(struct env *env);

#endif
