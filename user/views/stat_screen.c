// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/fmt.h"
#include "base/pid.h"
#include "base/wrap.h"
#include "views/stat_screen.h"

#define ABOVE	3	/* lines above the rows: the head, the total, the titles */
/* Rows of a table below them, of so many lines: a third; with its titles they fit half of the lines. */
#define BELOW(lines)	((lines) < 8 ? 1 : (lines) < 21 ? (lines) / 2 - 3 : (lines) / 3)

static const char keys[] =
	"s  S          sort by the next column, by the one before\n"
	"/TEXT         only rows whose process, ring or opcode have TEXT:\n"
	"              Enter keeps it, Esc shows all again\n"
	"Up Down       the row before, the next (also k, j)\n"
	"PgUp PgDn     a screen of rows back, or on\n"
	"Home          the first row (also g)\n"
	"n             all that stands below the rows, or the rows again\n"
	"?             the keys, or the rows again\n"
	"q             end, with the totals\n";

struct text {
	FILE *out;
	char *text;
	size_t len;
};

static void text_open(struct text *t)
{
	t->out = open_memstream(&t->text, &t->len);
	if (!t->out)
		exit(cannot("out of memory"));
}

struct asked {
	const struct view_stat *v;
	const char *only;
};

/* Whether its first cells have the text that was typed. */
static bool is_asked(const struct io_row *r, const void *arg)
{
	const struct asked *a = arg;
	int fd = r->c.fd;
	char cells[TAMED_COMM_SIZE + 128], ring[24];

	snprintf(ring, sizeof(ring), fd >= 0 ? "fd %lld" : "%llx",
		 fd >= 0 ? (unsigned long long)fd : r->c.ring);
	snprintf(cells, sizeof(cells), "%s %s %s %s",
		 PID_TEXT(IO_WHO_TGID(r->c.who), view_stat_ns_pid(a->v, &r->c)),
		 TAME_COMM(r->c.comm), ring, a->v->by_opcode ? io_op_name(IO_WHO_OP(r->c.who)) : "");
	return strcasestr(cells, a->only);
}

/* .nr: rows that there are; .cut: lines of notes that found no room. */
static void print_head(FILE *out, const struct stat_screen *s, size_t nr, size_t cut)
{
	char interval[FMT_LEN], only[TAME_FACTOR * sizeof(s->only)];

	tame(only, sizeof(only), untrusted(s->only));
	if (s->typing) {
		fprintf(out, "only rows with: %s_\n", only);
		return;
	}
	fprintf(out, "every %s, by %s; ? keys, q ends", fmt_ns(interval, s->interval_ns),
		view_stat_order(s->order));
	if (nr && !s->page)
		fprintf(out, "; 0 of %zu", nr);
	else if (nr > s->page)
		fprintf(out, "; %zu-%zu of %zu", s->first + 1, s->first + s->page, nr);
	if (*only)
		fprintf(out, "; with %s", only);
	if (cut)
		fprintf(out, "; n: %zu more line%s", cut, plural(cut));
	fputc('\n', out);
}

/* Lines that are too long go on in the next. Tables are not: they were made to fit. */
static void fold(struct text *t, const char *text, int columns)
{
	while (*text) {
		int len = (int)strcspn(text, "\n"), indent = (int)strspn(text, " ");
		char *line;

		if (text_columns((struct untrusted){ text, len }) <= (size_t)columns ||
		    indent >= columns / 2) {
			fprintf(t->out, "%.*s\n", len, text);
		} else {
			line = strndup(text + indent, len - indent);
			if (!line)
				exit(cannot("out of memory"));
			fprintf(t->out, "%*s", indent, "");
			wrap(t->out, line, indent, indent, columns);
			free(line);
		}
		text += len + (text[len] == '\n');
	}
}

static size_t nr_lines(const char *text)
{
	size_t nr = 0;

	for (; (text = strchr(text, '\n')); text++)
		nr++;
	return nr;
}

/* What stands below the rows. */
static void print_rest(const struct view_stat *v, const struct io_model *g, struct text *folded)
{
	struct output to = *v->to;
	struct view_stat part = *v;
	struct text rest;

	text_open(&rest);
	to.out = rest.out;
	part.to = &to;
	wrap_for_screen(rest.out, v->columns);
	view_stat_rest(&part, g);
	wrap_for_screen(NULL, 0);
	fclose(rest.out);
	fold(folded, rest.text, (int)v->columns);
	free(rest.text);
}

/* It alone, from its first line on that is asked for. */
static void print_notes(struct stat_screen *s, const char *rest, FILE *out)
{
	size_t nr = nr_lines(rest), last;

	s->page = s->rows > 1 ? s->rows - 1 : 1;
	if (s->first_note + s->page > nr)
		s->first_note = nr > s->page ? nr - s->page : 0;
	last = s->first_note + s->page < nr ? s->first_note + s->page : nr;
	fprintf(out, "below the rows; n shows them again; %zu-%zu of %zu\n", nr ? s->first_note + 1 : 0, last, nr);
	for (size_t i = 0; i < s->first_note; i++)
		rest = strchr(rest, '\n') + 1;
	fputs(rest, out);
}

/* Rows and what stands below them get half of the room each where both do not fit. */
static void print_picture(const struct view_stat *v, struct stat_screen *s, FILE *out)
{
	struct asked asked = { v, s->only };
	size_t lines = s->rows > ABOVE ? s->rows - ABOVE : 0, least, below;
	struct view_room room = { .below = s->notes ? SIZE_MAX : BELOW(lines), .filtered = *s->only };
	struct output to = *v->to;
	struct view_stat part = *v;
	struct io_model g = { 0 };
	struct text rest;

	to.out = out;
	part.to = &to;
	part.room = &room;
	part.columns = s->columns;
	view_stat_group(v, &g);
	if (*s->only)
		io_model_select(&g, is_asked, &asked);
	text_open(&rest);
	print_rest(&part, &g, &rest);
	fclose(rest.out);

	if (s->notes) {
		print_notes(s, rest.text, out);
		free(rest.text);
		io_model_free(&g);
		return;
	}
	below = nr_lines(rest.text);
	least = g.nr_rows < (lines + 1) / 2 ? g.nr_rows : (lines + 1) / 2;
	room.rows = lines > below + least ? lines - below : least;
	if (s->first + room.rows > g.nr_rows)
		s->first = g.nr_rows > room.rows ? g.nr_rows - room.rows : 0;
	room.first = s->first;
	s->page = room.rows;
	print_head(out, s, g.nr_rows, room.rows + below > lines ? room.rows + below - lines : 0);
	view_stat_total(&part);
	view_stat_rows(&part, &g);
	fputs(rest.text, out);
	free(rest.text);
	io_model_free(&g);
}

char *view_stat_screen(const struct view_stat *v, struct stat_screen *s)
{
	struct text t;

	text_open(&t);
	if (s->help || !v->m) {
		s->page = 0;
		print_head(t.out, s, 0, 0);
		fprintf(t.out, "\n%s", s->help ? keys : "measuring ...\n");
	} else {
		print_picture(v, s, t.out);
	}
	fclose(t.out);
	return t.text;
}
