// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/names.h"

size_t names_row_of_key(const struct parse *p, int key)
{
	size_t i = 0;

	if (key >= KEYS)
		return (size_t)(key - KEYS) < p->nr_rows ? (size_t)(key - KEYS) : p->nr_rows;
	while (i < p->nr_rows && (!key || p->rows[i]->letter != key))
		i++;
	return i;
}

static bool is_own(const struct parse *p, size_t i)
{
	return !p->owners[i] || p->owners[i] == p->cmd;
}

/*
 * The row of a long option that is written so, whole or begun; NULL = none. Of what several begin with it
 * is the command's own: argp would take another's for as likely.
 */
static const struct option_row *row_of_name(const struct parse *p, const char *name, size_t len)
{
	const struct option_row *own = NULL, *foreign = NULL;
	char list[256] = "";
	size_t nr = 0;

	for (size_t i = 0; i < p->nr_rows; i++) {
		const struct option_row *row = p->rows[i];

		if (strncmp(row->name, name, len))
			continue;
		if (!row->name[len])
			return row;
		if (!is_own(p, i)) {
			foreign = foreign ? foreign : row;
			continue;
		}
		own = row;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s--%s", nr++ ? ", " : "", row->name);
	}
	if (nr > 1)
		exit(misuse("--%.*s is short for several options; give one of %s", (int)len, name, list));
	return own ? own : foreign;
}

static void refuse_name(const struct parse *p, const char *name, size_t len)
{
	char word[32];
	const char *nearest = NULL;
	unsigned int least = 3;

	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	for (size_t i = 0; i < p->nr_rows; i++) {
		unsigned int d = is_own(p, i) ? word_distance(word, p->rows[i]->name) : least;

		if (d < least && d < len) {
			least = d;
			nearest = p->rows[i]->name;
		}
	}
	if (nearest)
		exit(misuse("there is no option --%s; did you mean --%s?", word, nearest));
}

/* Written out, to be as clear to argp. */
static char *written_out(const struct option_row *row, const char *rest)
{
	static char **all;	/* arguments are kept, rows point to them */
	static size_t nr;

	array_grow(all, nr);
	if (asprintf(&all[nr], "--%s%s", row->name, rest) < 0)
		exit(cannot("out of memory"));
	return all[nr++];
}

/* argp would not say what to give instead. */
static void refuse_value(const struct parse *p, const struct option_row *row, const char *value)
{
	if (option_named(p->cmd->options, ""))
		exit(misuse("--%s takes no value behind =; did you mean --%s %s?", row->name, row->name, value));
	exit(misuse("--%s takes no value; leave =%s out", row->name, value));
}

void names_settle(const struct parse *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i] + 2;
		size_t len = strcspn(name, "=");
		const struct option_row *row;

		if (strncmp(argv[i], "--", 2)) {
			/* "-o FILE", "-qo FILE": the last letter may take what follows */
			size_t last = strlen(argv[i]) - 1, key;

			if (argv[i][0] != '-' || !last)
				continue;
			key = names_row_of_key(p, argv[i][last]);
			i += key < p->nr_rows && p->rows[key]->arg;
			continue;
		}
		row = row_of_name(p, name, len);
		if (!row) {
			refuse_name(p, name, len);
			continue;
		}
		if (name[len] && !row->arg)
			refuse_value(p, row, name + len + 1);
		if (row->name[len])
			argv[i] = written_out(row, name + len);
		i += row->arg && !name[len];
	}
}
