/* SPDX-License-Identifier: GPL-2.0 */
/* Which option a word of the command line names: argp takes those of other commands for as likely. */
#ifndef FIXBUF_CLI_NAMES_H
#define FIXBUF_CLI_NAMES_H

#include "commands/command.h"

#define KEYS 256	/* keys from here on are of options without a letter */

struct parse {
	const struct command *cmd;
	char *options;		/* the command's, to be filled */
	const struct option_row **rows; /* owned; by key - KEYS: of the command, then of others */
	const struct command **owners;	/* owned; whose each is, NULL = every command's */
	size_t nr_rows;
	bool bare;		/* nothing was given: a mistake in a script, and help for a person */
	const char **given;	/* owned: names */
	size_t nr_given;
};

/* .nr_rows when it is none of ours. */
size_t names_row_of_key(const struct parse *p, int key);
/*
 * Writes out what long options are short for, and refuses what argp would refuse without a word: one that
 * is none, and near to one, or short for several.
 */
void names_settle(const struct parse *p, int argc, char **argv);

#endif
