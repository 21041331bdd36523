// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "cli/commands.h"
#include "cli/common_options.h"

static const char *const words_shell[] = { "bash", "zsh", "fish", NULL };

static const struct option_row common_options[] = {
	{ .name = "json-schema", .help = "print the JSON Schema of what --json prints", .group = GROUP_LAST },
	{ .name = "completion", .arg = "SHELL", .words = words_shell,
	  .help = "print the completion script for bash, zsh or fish", .group = GROUP_LAST,
	  .refusal = "'%s' is not a known shell; give bash, zsh or fish" },
	{ .name = "help", .letter = 'h', .help = "show this help", .group = GROUP_LAST },
	{ .name = "usage", .help = "list the options in short", .group = GROUP_LAST },
	{ .name = "version", .letter = 'V', .help = "print the version", .group = GROUP_LAST },
	{ 0 }
};

static const struct option_row *const common_end =
	&common_options[sizeof(common_options) / sizeof(common_options[0]) - 1];

bool option_is_common(const struct option_row *row)
{
	return row >= common_options && row < common_end;
}

const struct option_row *option_named(const struct option_row *table, const char *name)
{
	for (const struct option_row *row = table; row->help; row++) {
		const char *is = row->name ? row->name : row->parse ? "" : "--";

		if (!strcmp(is, name))
			return row;
	}
	return NULL;
}

/* What prints no JSON has no schema of it; without a command it is that of all. */
static bool fits(const struct command *cmd, const struct option_row *row)
{
	return row->name && (strcmp(row->name, "json-schema") || cmd == &no_command ||
			     option_named(cmd->options, "json"));
}

const struct option_row *option_next(const struct command *cmd, const struct option_row *row)
{
	row = row ? row + 1 : cmd->options;
	for (;;) {
		if (row->help && fits(cmd, row))
			return row;
		if (row->help)
			row++;
		else if (row == common_end)
			return NULL;
		else
			row = common_options;
	}
}
