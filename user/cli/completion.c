// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <string.h>
#include "base/embedded.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/option_rows.h"

/* Arguments of options whose values are few, or of which some are likely. */
static const struct {
	const char *arg, *words;
} values[] = {
	{ "TIER", "functions kprobes tracepoints" },
	{ "SEVERITY", "error warning info" },
	{ "SHELL", "bash zsh fish" },
	{ "TIME", "500ms 1s 10s 1m" },
	{ "LABEL", "pid ring" },
	{ "KIB", "1024 4096 16384 65536" },
	{ "SIZE", "100M 1G 10G" },
	{ "WHAT", "pinned charged time count" },
	{ "LABEL", "pid ring" },
	{ "N", "10 100 1000" },
};

static const char *words_of(const char *arg)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!strcmp(values[i].arg, arg))
			return values[i].words;
	return NULL;
}

static bool has_letter(const struct argp_option *o)
{
	return o->key < 128 && isalnum(o->key);
}

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

static void bash_argument(FILE *out, const char *command, const struct argp_option *o)
{
	if (!o->arg)
		return;
	fputc('\t', out);
	if (has_letter(o))
		fprintf(out, "'%s -%c' | ", command, o->key);
	fprintf(out, "'%s --%s') echo '%s' ;;\n", command, o->name, o->arg);
}

static void bash(FILE *out)
{
	fputs("_fixbuf_trace_commands='", out);
	for (size_t c = 0; c < nr_commands; c++)
		fprintf(out, "%s%s", c ? " " : "", commands[c].name);
	fputs("'\n\n_fixbuf_trace_options() {\n\tcase $1 in\n", out);
	for (size_t c = 0; c < nr_commands; c++) {
		fprintf(out, "\t%s) echo '", commands[c].name);
		for (size_t i = 0; i < nr_option_rows; i++)
			if (option_rows[i].commands & command_bit(&commands[c]))
				fprintf(out, "--%s ", option_rows[i].o.name);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\n\n_fixbuf_trace_takes_file() {\n\tcase $1 in\n", out);
	for (size_t c = 0; c < nr_commands; c++)
		if (commands[c].takes == TAKES_FILE)
			fprintf(out, "\t%s) ;;\n", commands[c].name);
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n_fixbuf_trace_argument() {\n\tcase \"$1 $2\" in\n", out);
	for (size_t c = 0; c < nr_commands; c++)
		for (size_t i = 0; i < nr_option_rows; i++)
			if (option_rows[i].commands & command_bit(&commands[c]))
				bash_argument(out, commands[c].name, &option_rows[i].o);
	fputs("\tesac\n}\n\n_fixbuf_trace_words() {\n\tcase $1 in\n", out);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		fprintf(out, "\t%s) echo '%s' ;;\n", values[i].arg, values[i].words);
	fputs("\tesac\n}\n\n", out);
}

/* ---- zsh: specifications for _arguments -------------------------------------------------- */

static void zsh_action(FILE *out, const char *arg)
{
	fprintf(out, ":%s:", arg);
	if (words_of(arg))
		fprintf(out, "(%s)", words_of(arg));
	else if (!strcmp(arg, "FILE"))
		fputs("_files", out);
	else if (!strncmp(arg, "PID", 3))
		fputs("_fixbuf_trace_pids", out);
	else if (!strcmp(arg, "UID"))
		fputs("_fixbuf_trace_uids", out);
	else if (!strcmp(arg, "GLOB"))
		fputs("_fixbuf_trace_names", out);
}

static void zsh(FILE *out)
{
	fputs("#compdef fixbuf-trace\n\n_fixbuf_trace_commands=(\n", out);
	for (size_t c = 0; c < nr_commands; c++) {
		fprintf(out, "\t'%s:", commands[c].name);
		quoted(out, commands[c].summary, "");
		fputs("'\n", out);
	}
	fputs(")\n\n_fixbuf_trace_specs() {\n\tcase $1 in\n", out);
	for (size_t c = 0; c < nr_commands; c++) {
		fprintf(out, "\t%s) specs=(\n", commands[c].name);
		for (size_t i = 0; i < nr_option_rows; i++) {
			const struct argp_option *o = &option_rows[i].o;

			if (!(option_rows[i].commands & command_bit(&commands[c])))
				continue;
			if (has_letter(o))
				fprintf(out, "\t\t'(-%c --%s)'{-%c%s,--%s%s}'[", o->key, o->name,
					o->key, o->arg ? "+" : "", o->name, o->arg ? "=" : "");
			else
				fprintf(out, "\t\t'--%s%s[", o->name, o->arg ? "=" : "");
			quoted(out, o->doc, "[]\\");
			fputc(']', out);
			if (o->arg)
				zsh_action(out, o->arg);
			fputs("'\n", out);
		}
		if (commands[c].takes == TAKES_FILE)
			fputs("\t\t'1:FILE:_files'\n", out);
		fputs("\t) ;;\n", out);
	}
	fputs("\tesac\n}\n\n", out);
}

/* ---- fish: one line an option -------------------------------------------------------------- */

static void fish_argument(FILE *out, const char *arg)
{
	if (!strcmp(arg, "FILE")) {
		fputs(" -r -F", out);
		return;
	}
	fputs(" -x -a '", out);
	if (words_of(arg))
		fputs(words_of(arg), out);
	else if (!strncmp(arg, "PID", 3))
		fputs("(__fixbuf_trace_pids)", out);
	else if (!strcmp(arg, "UID"))
		fputs("(__fixbuf_trace_uids)", out);
	else if (!strcmp(arg, "GLOB"))
		fputs("(__fixbuf_trace_names)", out);
	fputc('\'', out);
}

static void fish(FILE *out)
{
	fputs("complete -c fixbuf-trace -f\n", out);
	for (size_t c = 0; c < nr_commands; c++) {
		fprintf(out, "complete -c fixbuf-trace -n __fixbuf_trace_needs_command -a %s -d '",
			commands[c].name);
		quoted(out, commands[c].summary, "\\");
		fputs("'\n", out);
		if (commands[c].takes == TAKES_FILE)
			fprintf(out, "complete -c fixbuf-trace -n '__fixbuf_trace_in %s' -F\n",
				commands[c].name);
	}
	for (size_t i = 0; i < nr_option_rows; i++) {
		const struct argp_option *o = &option_rows[i].o;

		fputs("complete -c fixbuf-trace -n '__fixbuf_trace_in", out);
		for (size_t c = 0; c < nr_commands; c++)
			if (option_rows[i].commands & command_bit(&commands[c]))
				fprintf(out, " %s", commands[c].name);
		fprintf(out, "' -l %s", o->name);
		if (has_letter(o))
			fprintf(out, " -s %c", o->key);
		fputs(" -d '", out);
		quoted(out, o->doc, "\\");
		fputc('\'', out);
		if (o->arg)
			fish_argument(out, o->arg);
		fputc('\n', out);
	}
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
