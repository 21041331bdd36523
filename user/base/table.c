// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/err.h"
#include "base/table.h"
#include "base/untrusted.h"

#define MAX_COLUMNS 16
#define GAP 2	/* blanks between two columns */

struct table {
	char *names;
	const char *name[MAX_COLUMNS];
	bool left[MAX_COLUMNS], dropped[MAX_COLUMNS];
	size_t width[MAX_COLUMNS];
	size_t nr_columns;
	char **cells;
	size_t nr_cells;
};

struct table *table_new(const char *columns)
{
	struct table *t = must_alloc(1, sizeof(*t));
	char *save = NULL;

	t->names = strdup(columns);
	if (!t->names)
		exit(cannot("out of memory"));
	for (char *c = strtok_r(t->names, " ", &save); c && t->nr_columns < MAX_COLUMNS;
	     c = strtok_r(NULL, " ", &save)) {
		t->left[t->nr_columns] = *c == '<';
		c += *c == '<';
		t->width[t->nr_columns] = strlen(c);
		t->name[t->nr_columns++] = c;
	}
	return t;
}

void table_cell(struct table *t, const char *fmt, ...)
{
	size_t column = t->nr_cells % t->nr_columns, width;
	va_list ap;
	char *cell;

	va_start(ap, fmt);
	if (vasprintf(&cell, fmt, ap) < 0)
		exit(cannot("out of memory"));
	va_end(ap);
	array_grow(t->cells, t->nr_cells);
	t->cells[t->nr_cells++] = cell;
	width = text_columns(untrusted(cell));
	if (width > t->width[column])
		t->width[column] = width;
}

size_t table_columns(const struct table *t)
{
	size_t nr = 0;

	for (size_t i = 0; i < t->nr_columns; i++)
		nr += t->dropped[i] ? 0 : t->width[i] + (nr ? GAP : 0);
	return nr;
}

void table_drop(struct table *t, const char *name)
{
	for (size_t i = 0; i < t->nr_columns; i++)
		t->dropped[i] |= !strcmp(t->name[i], name);
}

static void narrow(struct table *t, size_t column, size_t width)
{
	for (size_t i = column; i < t->nr_cells; i += t->nr_columns)
		t->cells[i][text_fitting(untrusted(t->cells[i]), width)] = '\0';
	t->width[column] = width;
}

void table_narrow(struct table *t, const char *name, size_t columns)
{
	size_t wide = table_columns(t), over = wide > columns ? wide - columns : 0, least = strlen(name);

	for (size_t i = 0; over && i < t->nr_columns; i++)
		if (!strcmp(t->name[i], name) && !t->dropped[i])
			narrow(t, i, t->width[i] > over + least ? t->width[i] - over : least);
}

static void print_row(const struct table *t, const char *const cells[], int indent, FILE *out)
{
	size_t last = t->nr_columns;
	int gap = indent;

	/* blanks at the end of a line help nobody */
	while (last && (t->dropped[last - 1] || !*cells[last - 1]))
		last--;
	for (size_t i = 0; i < last; i++) {
		int pad = (int)(t->width[i] - text_columns(untrusted(cells[i])));

		if (t->dropped[i])
			continue;
		fprintf(out, "%*s%s", gap + (t->left[i] ? 0 : pad), "", cells[i]);
		gap = GAP + (t->left[i] ? pad : 0);
	}
	fputc('\n', out);
}

void table_print(struct table *t, FILE *out, bool header, int indent)
{
	if (header)
		print_row(t, t->name, indent, out);
	for (size_t i = 0; i < t->nr_cells; i += t->nr_columns)
		print_row(t, (const char *const *)t->cells + i, indent, out);
	for (size_t i = 0; i < t->nr_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->names);
	free(t);
}
