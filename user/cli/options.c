// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/fmt.h"
#include "capture/kernel.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/option_rows.h"
#include "cli/option_rules.h"
#include "cli/options.h"
#include "cli/schema.h"
#include "commands/env.h"

#define MAX_SAMPLE 1000000000U

struct parse {
	struct env *env;
	const struct command *cmd;
	bool named;		/* the command was, else it is the default */
	int *given;		/* keys, owned */
	size_t nr_given;
};

static int parse_pids(struct env *env, const char *list)
{
	char *copy = strdup(list), *save = NULL;
	int err = 0;

	for (char *s = copy ? strtok_r(copy, ",", &save) : NULL; s && !err;
	     s = strtok_r(NULL, ",", &save)) {
		__u32 pid;

		err = parse_u32(s, &pid) || !pid ? -1 : 0;
		env->select.pids = must_realloc(env->select.pids, env->select.nr_pids + 1, sizeof(*env->select.pids));
		env->select.pids[env->select.nr_pids++] = pid;
	}
	free(copy);
	return env->select.nr_pids ? err : -1;
}

/* What is printed instead of a command's work: all of it arrives, or the status says so. */
static void printed(void)
{
	if (fflush(stdout) || ferror(stdout))
		exit(misuse("cannot write to standard output: %s; what was printed is incomplete",
			    strerror(errno)));
	exit(EXIT_DONE);
}

/* "list does not take --watch; verify does" */
static void refuse_foreign(const struct option_row *row, const struct command *cmd)
{
	char takers[256] = "";
	size_t nr = 0;

	for (size_t i = 0; i < nr_commands; i++)
		if (option_row(row->o.key, command_bit(&commands[i]))->commands &
		    command_bit(&commands[i]))
			snprintf(takers + strlen(takers), sizeof(takers) - strlen(takers), "%s%s",
				 nr++ ? ", " : "", commands[i].name);
	exit(misuse("%s does not take --%s; %s do%s", cmd->name, row->o.name, takers,
		    nr == 1 ? "es" : ""));
}

static void note_given(struct parse *p, int key)
{
	p->given = must_realloc(p->given, p->nr_given + 1, sizeof(*p->given));
	p->given[p->nr_given++] = key;
}

static void choose_view(struct argp_state *state, enum report_view view)
{
	struct env *env = ((struct parse *)state->input)->env;

	if (env->report && env->report != view)
		argp_error(state, "--summary, --trace, --list, --verify, --stat, --folded, --perfetto and --html are views of their own; give one");
	env->report = view;
}

static void parse_by(struct argp_state *state, const char *arg)
{
	static const char *const weights[] = {
		[BY_COUNT] = "count", [BY_PINNED] = "pinned", [BY_CHARGED] = "charged", [BY_TIME] = "time",
	}, *const labels[] = { [EXPORT_BY_PID] = "pid", [EXPORT_BY_RING] = "ring" };
	struct parse *p = state->input;
	bool labelling = command_bit(p->cmd) == EXPORT;
	const char *const *words = labelling ? labels : weights;
	size_t nr = labelling ? EXPORT_BY_RING + 1 : BY_TIME + 1, i = 0;

	while (i < nr && (!words[i] || strcmp(arg, words[i])))
		i++;
	if (i == nr && labelling)
		argp_error(state, "'%s' is nothing to label by; give pid or ring", arg);
	else if (i == nr)
		argp_error(state, "'%s' is nothing to weigh stacks by; give pinned, charged, time or count",
			   arg);
	else if (labelling)
		p->env->by = i;
	else
		p->env->folded_by = i;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;
	const struct option_row *row = option_row(key, command_bit(p->cmd));
	struct env *env = p->env;

	if (row) {
		if (!(row->commands & command_bit(p->cmd)))
			refuse_foreign(row, p->cmd);
		note_given(p, key);
	}
	switch (key) {
	case 'p':
		if (parse_pids(env, arg))
			argp_error(state, "'%s' is no list of process ids; give -p 812 or -p 812,977",
				   arg);
		break;
	case 'u':
		if (parse_u32(arg, &env->select.uid))
			argp_error(state, "'%s' is no user id; give a number, as 'id -u NAME' prints",
				   arg);
		env->select.has_uid = true;
		break;
	case KEY_COMM:
		env->select.comm = arg;
		break;
	case 'd':
		if (parse_duration(arg, &env->duration_ns))
			argp_error(state, "'%s' is no duration; give 500ms, 10s or 2m", arg);
		break;
	case KEY_FAIL_ON:
		if (!strcmp(arg, "error"))
			env->fail_on = SEVERITY_ERROR;
		else if (!strcmp(arg, "warning"))
			env->fail_on = SEVERITY_WARNING;
		else if (!strcmp(arg, "info"))
			env->fail_on = SEVERITY_INFO;
		else
			argp_error(state, "'%s' is no severity; give error, warning or info", arg);
		break;
	case KEY_TIER:
		env->tier = tier_by_name(arg);
		if (env->tier == TIER_UNKNOWN)
			argp_error(state, "'%s' is no tier; give patched, functions, kprobes or tracepoints",
				   arg);
		break;
	case KEY_RING_BUFFER:
		if (parse_u32(arg, &env->ring_buffer_kib) || env->ring_buffer_kib < 4 ||
		    env->ring_buffer_kib > 1 << 20 ||
		    (env->ring_buffer_kib & (env->ring_buffer_kib - 1)))
			argp_error(state, "'%s' is no buffer size; give a power of two from 4 to 1048576",
				   arg);
		break;
	case KEY_PAGES:
		env->every_page = true;
		break;
	case 'i':
		if (parse_duration(arg, &env->interval_ns))
			argp_error(state, "'%s' is no interval; give 500ms, 1s or 1m", arg);
		break;
	case KEY_BY_OPCODE:
		env->by_opcode = true;
		break;
	case KEY_BY_BUFFER:
		env->by_buffer = true;
		break;
	case KEY_HIST:
		env->hist = true;
		break;
	case KEY_ADVISE:
		env->advise = true;
		break;
	case KEY_NO_LATENCY:
		env->no_latency = true;
		break;
	case KEY_WRITE:
		env->write = true;
		break;
	case KEY_IO:
		env->io = true;
		break;
	case KEY_SAMPLE:
		if (parse_u32(arg, &env->sample) || !env->sample || env->sample > MAX_SAMPLE)
			argp_error(state, "'%s' is no share; give N from 1 to %u to show one I/O in N",
				   arg, MAX_SAMPLE);
		break;
	case KEY_SUMMARY:
		choose_view(state, REPORT_SUMMARY);
		break;
	case KEY_TRACE:
		choose_view(state, REPORT_TRACE);
		break;
	case KEY_LIST:
		choose_view(state, REPORT_LIST);
		break;
	case KEY_VERIFY:
		choose_view(state, REPORT_VERIFY);
		break;
	case KEY_STAT:
		choose_view(state, REPORT_STAT);
		break;
	case KEY_FOLDED:
		choose_view(state, REPORT_FOLDED);
		break;
	case KEY_PERFETTO:
		choose_view(state, REPORT_PERFETTO);
		env->output.path = arg;
		break;
	case KEY_HTML:
		choose_view(state, REPORT_HTML);
		env->output.path = arg;
		break;
	case KEY_AT:
		env->at = arg;
		break;
	case KEY_BY:
		parse_by(state, arg);
		break;
	case KEY_APPEND:
		env->append = true;
		break;
	case KEY_SNAPSHOT:
		env->snapshot = true;
		break;
	case KEY_MAX_SIZE:
		if (parse_size(arg, &env->max_bytes))
			argp_error(state, "'%s' is no size; give 100M or 2G", arg);
		break;
	case KEY_LISTEN:
		env->listen = arg;
		break;
	case KEY_TEXTFILE:
		env->textfile = arg;
		break;
	case KEY_ONCE:
		env->once = true;
		break;
	case KEY_MAX_SERIES:
		if (parse_u32(arg, &env->max_series) || !env->max_series)
			argp_error(state, "'%s' is no number of label sets; give 1 or more", arg);
		break;
	case KEY_VERIFY_INTERVAL:
		env->verify_interval_ns = 0;
		if (strcmp(arg, "0") && parse_duration(arg, &env->verify_interval_ns))
			argp_error(state, "'%s' is no interval; give 60s, 5m or 0", arg);
		break;
	case KEY_WATCH:
		env->watch = true;
		break;
	case KEY_STACKS:
		env->stacks = true;
		break;
	case KEY_BTF:
		env->btf = arg;
		if (kern_use_types(arg))
			exit(misuse("%s", err_text()));
		break;
	case KEY_JSON:
		env->output.json = true;
		break;
	case 'o':
		env->output.path = arg;
		break;
	case 'T':
		env->output.timestamps = true;
		break;
	case KEY_NO_HEADER:
		env->output.no_header = true;
		break;
	case 'q':
		env->output.quiet = true;
		break;
	case 'v':
		env->output.verbose++;
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		break;
	case KEY_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		break;
	case 'V':
		puts(PROGRAM_NAME " " VERSION);
		printed();
		break;
	case KEY_JSON_SCHEMA:
		schema_print(stdout, p->named ? p->cmd->name : NULL);
		printed();
		break;
	case KEY_COMPLETION:
		if (completion_print(stdout, arg))
			argp_error(state, "'%s' is no shell that is known; give bash, zsh or fish", arg);
		printed();
		break;
	case ARGP_KEY_ARG:
		if (p->cmd->takes == TAKES_FILE && !env->file) {
			env->file = arg;
			break;
		}
		if (p->cmd->takes == TAKES_FILE)
			argp_error(state, "'%s' is one file too many; name one", arg);
		argp_error(state, "'%s' is not understood here; a program to run goes after --", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
	for (size_t i = 0; i < nr_commands; i++)
		fprintf(f, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fprintf(f, "\n'" PROGRAM_NAME " COMMAND --help' tells each one's options.\n\nExamples:\n"
		"  fixbuf-trace -- ./server         # what a program registers, from its start\n"
		"  fixbuf-trace list                # what is registered now, and who pays for it\n"
		"  fixbuf-trace verify -p 812       # are the pages pinned, and still the program's?\n");
	fclose(f);
	return out;
}

/* The program after --, cut off so that argp never reorders or reads it. */
static int cut_program(int argc, char **argv, struct env *env)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == argc)
			exit(misuse("no program after --; name one, or leave the -- out"));
		env->program = &argv[i + 1];
		argv[i] = NULL;
		return i;
	}
	return argc;
}

/*
 * The rows as argp takes them; those of other commands are hidden, to be refused
 * in words, unless this command has its own of that name.
 */
static struct argp_option *argp_options(const struct command *cmd)
{
	struct argp_option *options = must_alloc(nr_option_rows + 1, sizeof(*options));
	unsigned int bit = command_bit(cmd);
	size_t nr = 0;

	for (size_t i = 0; i < nr_option_rows; i++) {
		const struct option_row *row = &option_rows[i];

		if (option_row(row->o.key, bit) != row)
			continue;
		options[nr] = row->o;
		if (!(row->commands & bit))
			options[nr].flags |= OPTION_HIDDEN;
		nr++;
	}
	return options;
}

static void run_argp(const struct argp *argp, int argc, char **argv, struct parse *p)
{
	/* examples are wider than argp's 79 columns; a program that we start must not see it */
	bool own_format = !setenv("ARGP_HELP_FMT", "rmargin=100", 0) &&
			  !strcmp(getenv("ARGP_HELP_FMT"), "rmargin=100");

	argp_parse(argp, argc, argv, ARGP_NO_HELP, NULL, p);
	if (own_format)
		unsetenv("ARGP_HELP_FMT");
}

/* The command, and argv[0] as argp is to say it. */
static bool take_command(int *argc, char ***argv, const struct command **cmd)
{
	static char invocation[64];

	*cmd = &commands[0];
	if (*argc < 2 || (*argv)[1][0] == '-') {
		(*argv)[0] = PROGRAM_NAME;
		return false;
	}
	*cmd = command_by_name((*argv)[1]);
	if (!*cmd)
		exit(misuse("there is no command '%s'; see " PROGRAM_NAME " --help", (*argv)[1]));
	snprintf(invocation, sizeof(invocation), PROGRAM_NAME " %s", (*cmd)->name);
	(*argv)[1] = invocation;
	(*argv)++;
	(*argc)--;
	return true;
}

const struct command *options_parse(int argc, char **argv, struct env *env)
{
	static const char *const takes[] = {
		[TAKES_PROGRAM] = "[-- PROGRAM [ARGS]]", [TAKES_FILE] = "[FILE]",
	};
	struct parse p = { .env = env };
	struct argp argp = { .parser = parse_option };
	struct argp_option *options;
	const char *broken;

	memset(env, 0, sizeof(*env));
	env->fail_on = SEVERITY_WARNING;
	env->max_series = MAX_SERIES;
	env->verify_interval_ns = VERIFY_INTERVAL_NS;
	argp_err_exit_status = EXIT_USAGE;
	argc = cut_program(argc, argv, env);
	p.named = take_command(&argc, &argv, &p.cmd);
	env->ring_buffer_kib = p.cmd->run == cmd_record ? RECORD_RING_BUFFER_KIB : RING_BUFFER_KIB;
	argp.options = options = argp_options(p.cmd);
	argp.doc = p.named ? p.cmd->text : overview;
	argp.args_doc = p.named ? takes[p.cmd->takes] : "[COMMAND]\n[-- PROGRAM [ARGS]]";
	argp.help_filter = p.named ? NULL : overview_filter;
	run_argp(&argp, argc, argv, &p);
	free(options);
	if (env->program && p.cmd->takes != TAKES_PROGRAM)
		exit(misuse("'%s' does not run a program; leave -- and what follows out", p.cmd->name));
	env->select.tree = env->program;
	if (env->program)
		note_given(&p, KEY_PROGRAM);
	broken = option_rules_broken(command_bit(p.cmd), p.given, p.nr_given);
	if (broken)
		exit(misuse("%s", broken));
	free(p.given);
	return p.cmd;
}

void options_free(struct env *env)
{
	free(env->select.pids);
}
