// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "base/embedded.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/common_options.h"

static bool takes_file(const struct command *cmd)
{
	return option_named(cmd->options, "");
}

/* "a b c", for all shells; nothing without words. */
static void put_words(FILE *out, const struct option_row *row)
{
	for (size_t i = 0; row->words && row->words[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", row->words[i]);
}

#define for_each_option(row, cmd) \
	for (const struct option_row *row = NULL; (row = option_next(cmd, row));)

/* Between single quotes; .special are preceded by a backslash. */
static void quoted(FILE *out, const char *s, const char *special)
{
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", out);
		else
			fprintf(out, "%s%c", strchr(special, *s) ? "\\" : "", *s);
	}
}

/* ---- bash: functions that tell its script what there is ------------------------------- */

/* What follows the option: a name for the script to act on, and its words. */
static void bash_argument(FILE *out, const char *command, const struct option_row *row)
{
	if (!row->arg)
		return;
	fputc('\t', out);
	if (row->letter)
		fprintf(out, "'%s -%c' | ", command, row->letter);
	fprintf(out, "'%s --%s') echo '%s' ;;\n", command, row->name, row->arg);
}

static void bash_words(FILE *out, const char *command, const struct option_row *row)
{
	if (!row->words)
		return;
	fputc('\t', out);
	if (row->letter)
		fprintf(out, "'%s -%c' | ", command, row->letter);
	fprintf(out, "'%s --%s') echo '", command, row->name);
	put_words(out, row);
	fputs("' ;;\n", out);
}

static void bash_options(FILE *out, const struct command *cmd)
{
	fprintf(out, "\t%s) echo '", cmd->name);
	for_each_option(row, cmd)
		fprintf(out, "--%s ", row->name);
	fputs("' ;;\n", out);
}

static void bash(FILE *out)
{
	fputs("_fixbuf_trace_commands='", out);
	for (size_t c = 0; commands[c]; c++)
		fprintf(out, "%s%s", c ? " " : "", commands[c]->name);
	fputs("'\n\n_fixbuf_trace_options() {\n\tcase $1 in\n", out);
	bash_options(out, &no_command);
	for (size_t c = 0; commands[c]; c++)
		bash_options(out, commands[c]);
	fputs("\tesac\n}\n\n_fixbuf_trace_takes_file() {\n\tcase $1 in\n", out);
	for (size_t c = 0; commands[c]; c++)
		if (takes_file(commands[c]))
			fprintf(out, "\t%s) ;;\n", commands[c]->name);
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n_fixbuf_trace_argument() {\n\tcase \"$1 $2\" in\n", out);
	for_each_option(row, &no_command)
		bash_argument(out, no_command.name, row);
	for (size_t c = 0; commands[c]; c++)
		for_each_option(row, commands[c])
			bash_argument(out, commands[c]->name, row);
	fputs("\tesac\n}\n\n_fixbuf_trace_words() {\n\tcase \"$1 $2\" in\n", out);
	for_each_option(row, &no_command)
		bash_words(out, no_command.name, row);
	for (size_t c = 0; commands[c]; c++)
		for_each_option(row, commands[c])
			bash_words(out, commands[c]->name, row);
	fputs("\tesac\n}\n\n", out);
}

/* ---- zsh: specifications for _arguments -------------------------------------------------- */

static void zsh_action(FILE *out, const struct option_row *row)
{
	fprintf(out, ":%s:", row->arg);
	if (row->words) {
		fputc('(', out);
		put_words(out, row);
		fputc(')', out);
	} else if (!strcmp(row->arg, "FILE")) {
		fputs("_files", out);
	} else if (!strncmp(row->arg, "PID", 3)) {
		fputs("_fixbuf_trace_pids", out);
	} else if (!strcmp(row->arg, "USER")) {
		fputs("_fixbuf_trace_uids", out);
	} else if (!strcmp(row->arg, "GLOB")) {
		fputs("_fixbuf_trace_names", out);
	}
}

static void zsh_option(FILE *out, const struct option_row *row)
{
	if (row->letter)
		fprintf(out, "\t\t'(-%c --%s)'{-%c%s,--%s%s}'[", row->letter, row->name,
			row->letter, row->arg ? "+" : "", row->name, row->arg ? "=" : "");
	else
		fprintf(out, "\t\t'--%s%s[", row->name, row->arg ? "=" : "");
	quoted(out, row->help, "[]\\");
	fputc(']', out);
	if (row->arg)
		zsh_action(out, row);
	fputs("'\n", out);
}

static void zsh_specs(FILE *out, const struct command *cmd)
{
	fprintf(out, "\t%s) specs=(\n", cmd->name);
	for_each_option(row, cmd)
		zsh_option(out, row);
	if (takes_file(cmd))
		fputs("\t\t'1:FILE:_files'\n", out);
	fputs("\t) ;;\n", out);
}

static void zsh(FILE *out)
{
	fputs("#compdef fixbuf-trace\n\n_fixbuf_trace_commands=(\n", out);
	for (size_t c = 0; commands[c]; c++) {
		fprintf(out, "\t'%s:", commands[c]->name);
		quoted(out, commands[c]->summary, "");
		fputs("'\n", out);
	}
	fputs(")\n\n_fixbuf_trace_specs() {\n\tcase $1 in\n", out);
	zsh_specs(out, &no_command);
	for (size_t c = 0; commands[c]; c++)
		zsh_specs(out, commands[c]);
	fputs("\tesac\n}\n\n", out);
}

/* ---- fish: one line per option of each command -------------------------------------------- */

static void fish_argument(FILE *out, const struct option_row *row)
{
	if (!strcmp(row->arg, "FILE")) {
		fputs(" -r -F", out);
		return;
	}
	fputs(" -x -a '", out);
	if (row->words)
		put_words(out, row);
	else if (!strncmp(row->arg, "PID", 3))
		fputs("(__fixbuf_trace_pids)", out);
	else if (!strcmp(row->arg, "USER"))
		fputs("(__fixbuf_trace_uids)", out);
	else if (!strcmp(row->arg, "GLOB"))
		fputs("(__fixbuf_trace_names)", out);
	fputc('\'', out);
}

static void fish_option(FILE *out, const struct command *cmd, const struct option_row *row)
{
	fprintf(out, "complete -c fixbuf-trace -n '__fixbuf_trace_in %s' -l %s", cmd->name, row->name);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	fputs(" -d '", out);
	quoted(out, row->help, "\\");
	fputc('\'', out);
	if (row->arg)
		fish_argument(out, row);
	fputc('\n', out);
}

static void fish(FILE *out)
{
	fputs("complete -c fixbuf-trace -f\n", out);
	for (size_t c = 0; commands[c]; c++) {
		fprintf(out, "complete -c fixbuf-trace -n __fixbuf_trace_needs_command -a %s -d '",
			commands[c]->name);
		quoted(out, commands[c]->summary, "\\");
		fputs("'\n", out);
		if (takes_file(commands[c]))
			fprintf(out, "complete -c fixbuf-trace -n '__fixbuf_trace_in %s' -F\n",
				commands[c]->name);
	}
	for_each_option(row, &no_command)
		fish_option(out, &no_command, row);
	for (size_t c = 0; commands[c]; c++)
		for_each_option(row, commands[c])
			fish_option(out, commands[c], row);
}

int completion_print(FILE *out, const char *shell)
{
	static const struct {
		const char *shell, *script;
		void (*tables)(FILE *out);
	} shells[] = {
		{ "bash", "completion/bash", bash },
		{ "zsh", "completion/zsh", zsh },
		{ "fish", "completion/fish", fish },
	};

	for (size_t s = 0; s < sizeof(shells) / sizeof(shells[0]); s++) {
		if (strcmp(shells[s].shell, shell))
			continue;
		shells[s].tables(out);
		for (size_t i = 0; i < nr_texts; i++)
			if (!strcmp(texts[i].name, shells[s].script))
				fputs(texts[i].text, out);
		return 0;
	}
	return -1;
}
