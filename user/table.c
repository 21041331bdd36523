// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "err.h"
#include "table.h"

#define MAX_COLUMNS 16

struct table {
	char *names;
	const char *name[MAX_COLUMNS];
	bool left[MAX_COLUMNS];
	size_t width[MAX_COLUMNS];
	size_t nr_columns;
	char **cells;
	size_t nr_cells, room;
};

static void *need(void *p)
{
	if (!p)
		exit(cannot("out of memory"));
	return p;
}

struct table *table_new(const char *columns)
{
	struct table *t = need(calloc(1, sizeof(*t)));
	char *save = NULL;

	t->names = need(strdup(columns));
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
		cell = NULL;
	va_end(ap);
	need(cell);
	if (t->nr_cells == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->cells = need(realloc(t->cells, t->room * sizeof(*t->cells)));
	}
	t->cells[t->nr_cells++] = cell;
	width = strlen(cell);
	if (width > t->width[column])
		t->width[column] = width;
}

static void print_cell(const struct table *t, size_t column, const char *text, FILE *out)
{
	int width = t->width[column];
	bool last = column + 1 == t->nr_columns;

	if (t->left[column])
		fprintf(out, "%-*s", last ? 0 : width, text);
	else
		fprintf(out, "%*s", width, text);
	fputs(last ? "\n" : "  ", out);
}

void table_print(struct table *t, FILE *out, bool header)
{
	for (size_t i = 0; header && i < t->nr_columns; i++)
		print_cell(t, i, t->name[i], out);
	for (size_t i = 0; i < t->nr_cells; i++) {
		print_cell(t, i % t->nr_columns, t->cells[i], out);
		free(t->cells[i]);
	}
	free(t->cells);
	free(t->names);
	free(t);
}
