/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command: two lines of cli/commands.c, and a file or folder here that holds
 * its struct command, its options and what it does.
 */
#ifndef FIXBUF_COMMANDS_COMMAND_H
#define FIXBUF_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of --help. */
enum option_group {
	GROUP_VIEW, GROUP_TARGET, GROUP_HOW, GROUP_OUTPUT, GROUP_ADVANCED, GROUP_LAST = -1
};

struct option_row {
	const char *name;	/* NULL: the row of a FILE or of PROGRAM, which .arg names */
	char letter;		/* 0 = none */
	const char *arg;	/* NULL = takes none */
	const char *help;
	/* Puts .arg to .at; false when it cannot be understood. */
	bool (*parse)(const struct option_row *row, const char *arg, void *at);
	size_t offset;		/* of what .parse fills, in the command's options */
	const char *refusal;	/* sentence for an argument that is refused; %s is the argument */
	const char *const *words; /* values, all or likely ones, for completion; ends with NULL */
	int value;		/* for a .parse that serves several rows; of FILE: MANY_FILES, or one */
	enum option_group group;
};

#define MANY_FILES 1

/* Options that make no sense together, or not without another. */
struct option_rule {
	const char *option;	/* "--" is PROGRAM */
	enum { NEEDS, EXCLUDES } relation;
	const char *other;
	const char *sentence;
};

#define RUN_AS_WHAT "--run-as is for a program after --; name one, or leave --run-as out"
#define PROGRAM_OR_PIDS "give either processes with -p or a program after --, not both"
#define NO_FOLLOW_WHAT "--no-follow is about what the processes of -p start; add -p"

struct command {
	const char *name;
	const char *summary;	/* one line for the overview */
	const char *text;	/* for its own --help: what it does, then examples */
	const struct option_row *options; /* ends with a row without help */
	const struct option_rule *rules; /* ends with a row without option; NULL = none */
	/* Every command's options begin with a struct output. */
	size_t options_size;
	const void *defaults;	/* of that size; NULL = zeroes */
	int (*run)(void *options); /* returns the exit status */
	bool opens_output;	/* opens the file of -o by itself */
};

#endif
