// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/wrap.h"
#include "checks/ignored.h"
#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/completion.h"
#include "cli/names.h"
#include "cli/options.h"
#include "cli/schema.h"
#include "model/selection.h"

/* What is printed instead of a command's work: all of it arrives, or the status says so. */
static void printed(int status)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		/* the stream remembers that an earlier write failed, not why: fail again */
		if (!errno && fputc('\n', stdout) != EOF)
			fflush(stdout);
		exit(misuse("cannot write to standard output: %s; what was printed is incomplete",
			    strerror(errno ? errno : EIO)));
	}
	exit(status);
}

static bool has_option(const struct command *cmd, const char *name)
{
	for (const struct option_row *row = NULL; (row = option_next(cmd, row));)
		if (!strcmp(row->name, name))
			return true;
	return false;
}

/* Whether it takes the option, and without another that was not given. */
static bool takes_alone(const struct command *cmd, const char *name)
{
	for (const struct option_rule *r = cmd->rules; r && r->option; r++)
		if (!strcmp(r->option, name) && r->relation == NEEDS)
			return false;
	return has_option(cmd, name);
}

/* The command that was meant: one that is named behind its options, or the first that takes this one. */
static const struct command *meant_command(const struct argp_state *state, const char *name)
{
	const struct command *first = NULL;

	for (int i = state->next; i < state->argc && state->argv[i]; i++) {
		const struct command *cmd = command_by_name(state->argv[i]);

		if (cmd && has_option(cmd, name))
			return cmd;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (takes_alone(commands[i], name))
			return commands[i];
		if (!first && has_option(commands[i], name))
			first = commands[i];
	}
	return first;
}

/* "list does not take --watch; verify does" */
static void refuse_foreign(const struct argp_state *state, const struct option_row *row, const char *arg,
			   const struct command *cmd)
{
	const char *name = row->name;
	char takers[256] = "", letter[3] = { '-', row->letter };
	size_t nr = 0;

	for (size_t i = 0; commands[i]; i++)
		if (has_option(commands[i], name))
			snprintf(takers + strlen(takers), sizeof(takers) - strlen(takers), "%s%s",
				 nr++ ? ", " : "", commands[i]->name);
	if (cmd == &no_command)
		exit(misuse("--%s is an option of %s; did you mean " PROGRAM_NAME " %s %s%s%s%s?", name,
			    takers, meant_command(state, name)->name, row->letter ? letter : "--",
			    row->letter ? "" : name, arg ? " " : "", arg ? arg : ""));
	exit(misuse("%s does not take --%s; %s do%s", cmd->name, name, takers, nr == 1 ? "es" : ""));
}

static void note_given(struct parse *p, const char *name)
{
	array_grow(p->given, p->nr_given);
	p->given[p->nr_given++] = name;
}

static bool is_given(const struct parse *p, const char *name)
{
	for (size_t i = 0; i < p->nr_given; i++)
		if (!strcmp(p->given[i], name))
			return true;
	return false;
}

static void refuse(struct argp_state *state, const struct option_row *row, const char *arg)
{
	/* a sentence without %s does not look at it */
	argp_error(state, row->refusal, arg);
}

static void answer_common(struct argp_state *state, const struct option_row *row, const char *arg)
{
	struct parse *p = state->input;

	if (!strcmp(row->name, "help")) {
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		printed(p->bare ? EXIT_USAGE : EXIT_DONE);
	} else if (!strcmp(row->name, "usage")) {
		argp_state_help(state, stdout, ARGP_HELP_USAGE);
		printed(EXIT_DONE);
	} else if (!strcmp(row->name, "version")) {
		puts(PROGRAM_NAME " " VERSION);
		printed(EXIT_DONE);
	} else if (!strcmp(row->name, "json-schema")) {
		schema_print(stdout, p->cmd == &no_command ? NULL : p->cmd->name);
		printed(EXIT_DONE);
	} else {
		if (completion_print(stdout, arg))
			refuse(state, row, arg);
		printed(EXIT_DONE);
	}
}

static void take_file(struct argp_state *state, char *arg)
{
	struct parse *p = state->input;
	const struct option_row *row = option_named(p->cmd->options, "");

	bool runs = option_named(p->cmd->options, "--");
	__u32 pid;

	if (!row && !parse_u32(arg, &pid) && option_named(p->cmd->options, "pid"))
		argp_error(state, "unexpected argument '%s'; did you mean -p %s%s?", arg, arg,
			   runs ? ", or -- PROGRAM" : "");
	else if (!row)
		argp_error(state, "unexpected argument '%s'%s", arg,
			   runs ? "; a program to run goes after --" : "");
	else if (is_given(p, "") && row->value != MANY_FILES)
		argp_error(state, "'%s' is a second file; name only one", arg);
	else
		row->parse(row, arg, p->options + row->offset);
	note_given(p, "");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;
	const struct option_row *row;
	size_t i;

	if (key == ARGP_KEY_ARG) {
		take_file(state, arg);
		return 0;
	}
	i = names_row_of_key(p, key);
	if (i == p->nr_rows)
		return ARGP_ERR_UNKNOWN;
	row = p->rows[i];
	if (!p->owners[i]) {
		answer_common(state, row, arg);
		return 0;
	}
	if (p->owners[i] != p->cmd)
		refuse_foreign(state, row, arg, p->cmd);
	note_given(p, row->name);
	if (!row->parse(row, arg, p->options + row->offset))
		refuse(state, row, arg);
	return 0;
}

static const char overview[] =
	"Shows what the kernel does with io_uring registered buffers: what is pinned, who is charged, "
	"why a call failed, and whether the pages are still the program's.\v";

static char *overview_filter(int key, const char *text, void *input)
{
	char *out = NULL;
	size_t len;
	FILE *f;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	f = open_memstream(&out, &len);
	if (!f)
		return (char *)text;
	fprintf(f, "Commands:\n");
	for (size_t i = 0; commands[i]; i++)
		fprintf(f, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(f, "\n'" PROGRAM_NAME " COMMAND --help' shows the options of each.\n\nExamples:\n"
		"  fixbuf-trace trace -- ./server   # what a program registers, from its start\n"
		"  fixbuf-trace list                # what is registered now, and who is charged\n"
		"  fixbuf-trace verify -p 812       # are the pages pinned, and still the program's?\n");
	fclose(f);
	return out;
}

/* The program after --, cut off so that argp never reorders or reads it. */
static int cut_program(int argc, char **argv, char ***program)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == argc)
			exit(misuse("no program after --; name one, or leave the -- out"));
		*program = &argv[i + 1];
		argv[i] = NULL;
		return i;
	}
	return argc;
}

static bool is_there(const struct parse *p, const char *name)
{
	for (size_t i = 0; i < p->nr_rows; i++)
		if (!strcmp(p->rows[i]->name, name))
			return true;
	return false;
}

static void add_row(struct parse *p, const struct option_row *row, const struct command *owner)
{
	if (is_there(p, row->name))
		return;
	array_grow(p->rows, p->nr_rows);
	array_grow(p->owners, p->nr_rows);
	p->rows[p->nr_rows] = row;
	p->owners[p->nr_rows++] = owner;
}

/* 0 would be that of the row before. */
static int argp_group(enum option_group group)
{
	return group == GROUP_LAST ? -1 : (int)group + 1;
}

static bool has_group(const struct parse *p, enum option_group group)
{
	for (size_t i = 0; i < p->nr_rows; i++)
		if (p->owners[i] == p->cmd && p->rows[i]->group == group)
			return true;
	return false;
}

/*
 * The rows as argp takes them. Those of other commands are hidden, to be refused
 * in words, unless this command has its own of that name.
 */
static struct argp_option *argp_options(struct parse *p)
{
	static const struct { enum option_group group; const char *title; } titles[] = {
		{ GROUP_TARGET, "Target:" }, { GROUP_HOW, "How:" }, { GROUP_OUTPUT, "Output:" },
		{ GROUP_ADVANCED, "Advanced:" },
	};
	const size_t nr_titles = sizeof(titles) / sizeof(titles[0]);
	struct argp_option *options;
	size_t nr;

	for (const struct option_row *row = NULL; (row = option_next(p->cmd, row));)
		add_row(p, row, option_is_common(row) ? NULL : p->cmd);
	for (size_t i = 0; commands[i]; i++)
		for (const struct option_row *row = NULL; (row = option_next(commands[i], row));)
			add_row(p, row, commands[i]);
	options = must_alloc(p->nr_rows + nr_titles + 1, sizeof(*options));
	for (size_t i = 0; i < p->nr_rows; i++) {
		const struct option_row *row = p->rows[i];
		bool hidden = p->owners[i] && p->owners[i] != p->cmd;

		options[i] = (struct argp_option){
			.name = row->name, .key = row->letter ? row->letter : KEYS + (int)i,
			.arg = row->arg, .flags = hidden ? OPTION_HIDDEN : 0,
			.doc = row->help, .group = argp_group(row->group),
		};
	}
	/* one after the other: what is empty is the end for argp */
	nr = p->nr_rows;
	for (size_t i = 0; i < nr_titles; i++)
		if (has_group(p, titles[i].group))
			options[nr++] = (struct argp_option){
				.doc = titles[i].title, .group = argp_group(titles[i].group),
			};
	return options;
}

static void run_argp(const struct argp *argp, int argc, char **argv, struct parse *p)
{
	char format[48];
	bool own_format;

	names_settle(p, argc, argv);
	/* examples are wider than argp's 79 columns; a program that we start must not see it */
	snprintf(format, sizeof(format), "rmargin=%d,no-dup-args-note", wrap_width(stdout, 100));
	own_format = !setenv("ARGP_HELP_FMT", format, 0) && !strcmp(getenv("ARGP_HELP_FMT"), format);
	argp_parse(argp, argc, argv, ARGP_NO_HELP, NULL, p);
	if (own_format)
		unsetenv("ARGP_HELP_FMT");
}

static void refuse_command(const char *name)
{
	const char *like = command_like(name);

	if (like)
		exit(misuse("there is no command '%s'; did you mean '%s'?", name, like));
	if (strchr(name, '/'))
		exit(misuse("there is no command '%s'; to watch a program: " PROGRAM_NAME " trace -- %s",
			    name, name));
	exit(misuse("there is no command '%s'; see " PROGRAM_NAME " --help", name));
}

/* The command, and argv[0] as argp is to say it. */
static const struct command *take_command(int *argc, char ***argv)
{
	static char *help[] = { PROGRAM_NAME, "--help", NULL };
	static char invocation[64];
	const struct command *cmd;

	if (*argc < 2) {
		*argv = help;
		*argc = 2;
	}
	if ((*argv)[1][0] == '-') {
		(*argv)[0] = PROGRAM_NAME;
		return &no_command;
	}
	cmd = command_by_name((*argv)[1]);
	if (!cmd)
		refuse_command((*argv)[1]);
	snprintf(invocation, sizeof(invocation), PROGRAM_NAME " %s", cmd->name);
	(*argv)[1] = invocation;
	(*argv)++;
	(*argc)--;
	return cmd;
}

static void take_program(struct parse *p, char **program)
{
	const struct option_row *row = option_named(p->cmd->options, "--");

	if (!program)
		return;
	if (!row)
		exit(misuse("'%s' does not run a program; leave -- and what follows out", p->cmd->name));
	*(char ***)(p->options + row->offset) = program;
	note_given(p, "--");
}

static void check_rules(const struct parse *p)
{
	for (const struct option_rule *r = p->cmd->rules; r && r->option; r++)
		if (is_given(p, r->option) && is_given(p, r->other) == (r->relation == EXCLUDES))
			exit(misuse("%s", r->sentence));
}

const struct command *options_parse(int argc, char **argv, void **options)
{
	struct parse p = { .nr_rows = 0 };
	struct argp argp = { .parser = parse_option };
	struct argp_option *rows;
	char **program = NULL;
	bool named;

	argp_err_exit_status = EXIT_USAGE;
	argc = cut_program(argc, argv, &program);
	if (argc < 2 && program)
		exit(misuse("no command before --; did you mean " PROGRAM_NAME " trace -- %s?", *program));
	p.bare = argc < 2;
	p.cmd = take_command(&argc, &argv);
	named = p.cmd != &no_command;
	p.options = must_alloc(1, p.cmd->options_size);
	if (p.cmd->defaults)
		memcpy(p.options, p.cmd->defaults, p.cmd->options_size);
	argp.options = rows = argp_options(&p);
	argp.doc = named ? p.cmd->text : overview;
	argp.args_doc = !named ? "COMMAND" :
			option_named(p.cmd->options, "--") ? "[-- PROGRAM [ARGS]]" :
			!option_named(p.cmd->options, "") ? NULL :
			option_named(p.cmd->options, "")->value == MANY_FILES ? "[FILE...]" : "[FILE]";
	argp.help_filter = named ? NULL : overview_filter;
	run_argp(&argp, argc, argv, &p);
	take_program(&p, program);
	check_rules(&p);
	if (!named)
		exit(misuse("name a command; see " PROGRAM_NAME " --help"));
	free(rows);
	free(p.rows);
	free(p.owners);
	free(p.given);
	*options = p.options;
	return p.cmd;
}

void options_free(const struct command *cmd, void *options)
{
	const struct option_row *pids = option_named(cmd->options, "pid");
	const struct option_row *ignored = option_named(cmd->options, "ignore");

	if (ignored)
		ignored_free((struct ignored *)((char *)options + ignored->offset));
	if (pids)
		selection_free((struct selection *)((char *)options + pids->offset));
	free(options);
}
