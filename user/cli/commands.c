// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "cli/commands.h"

extern const struct command trace_command, list_command, verify_command, contract_command,
	doctor_command, stat_command, bench_command, record_command, report_command, export_command;

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
	NULL
};

const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}
