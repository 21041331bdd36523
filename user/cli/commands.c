// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/output.h"
#include "cli/commands.h"

extern const struct command trace_command, list_command, verify_command, contract_command,
	doctor_command, stat_command, bench_command, record_command, report_command, export_command, plan_command, diff_command;

const struct command *const commands[] = {
	&trace_command,
	&list_command,
	&verify_command,
	&contract_command,
	&doctor_command,
	&stat_command,
	&bench_command,
	&record_command,
	&report_command,
	&export_command,
	&plan_command,
	&diff_command,
	NULL
};

static const struct option_row no_options[] = { { 0 } };

const struct command no_command = {
	.name = "-",
	.options = no_options,
	.options_size = sizeof(struct output),
};

const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

unsigned int word_distance(const char *a, const char *b)
{
	unsigned int row[16], len = strlen(b);

	if (len + 1 > sizeof(row) / sizeof(row[0]) || strlen(a) > 15)
		return 9;
	for (unsigned int j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned int i = 1; *a; a++, i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= len; j++) {
			unsigned int change = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < change)
				change = row[j] + 1;
			row[j] = row[j - 1] + 1 < change ? row[j - 1] + 1 : change;
		}
	}
	return row[len];
}

const char *command_like(const char *name)
{
	const char *nearest = NULL;
	unsigned int least = 3;

	for (size_t i = 0; commands[i]; i++) {
		unsigned int d = word_distance(name, commands[i]->name);

		/* "s" is no beginning of one in particular */
		if (strlen(name) >= 2 && !strncmp(name, commands[i]->name, strlen(name)))
			d = 1;
		if (d < least && d < strlen(name)) {
			least = d;
			nearest = commands[i]->name;
		}
	}
	return nearest;
}
