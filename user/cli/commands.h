/* SPDX-License-Identifier: GPL-2.0 */
/* The commands: their names, what their --help says, what they take. */
#ifndef FIXBUF_CLI_COMMANDS_H
#define FIXBUF_CLI_COMMANDS_H

#include "commands/env.h"

/* Bit n is commands[n]: which commands an option belongs to. */
enum command_bit {
	TRACE	 = 1 << 0,
	LIST	 = 1 << 1,
	VERIFY	 = 1 << 2,
	CONTRACT = 1 << 3,
	DOCTOR	 = 1 << 4,
	STAT	 = 1 << 5,
	BENCH	 = 1 << 6,
	RECORD	 = 1 << 7,
	REPORT	 = 1 << 8,
	EXPORT	 = 1 << 9,
	EVERY	 = ~0,
};

/* Beside options. */
enum takes {
	TAKES_NOTHING,
	TAKES_PROGRAM,	/* after -- */
	TAKES_FILE,	/* one, or none */
};

struct command {
	const char *name;
	const char *summary;	/* one line for the overview */
	const char *text;	/* for its own --help: what it does, then examples */
	int (*run)(struct env *env); /* returns the exit status */
	enum takes takes;
};

extern const struct command commands[];
extern const size_t nr_commands;

/* NULL for a name that is none. */
const struct command *command_by_name(const char *name);
unsigned int command_bit(const struct command *cmd);

#endif
