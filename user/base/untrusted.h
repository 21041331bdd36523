/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text that a watched process chose: names of tasks, files and symbols, arguments. It may hold
 * any bytes: escape sequences, line ends, what is no UTF-8. Its types have no "%s"; it leaves
 * through a function that knows the format:
 *   terminal, sentences, HTML, Perfetto	tame(), put_tamed(), TAME_COMM()
 *   JSON				json_text(), json_comm() of base/json.h
 *   labels of metrics			put_label()
 *   folded stacks			put_folded()
 *   cells of CSV			put_csv(), csv_text() of base/csv.h
 * A sentence (the detail of a finding, the explanation of a failure) is built of tamed text, so
 * that it is plain text for every view.
 */
#ifndef FIXBUF_BASE_UNTRUSTED_H
#define FIXBUF_BASE_UNTRUSTED_H

#include <abi/names.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct untrusted {
	const char *bytes;	/* NULL = there is none; need not end with a 0 */
	size_t len;
};

static inline struct untrusted untrusted(const char *s)
{
	return (struct untrusted){ s, s ? strlen(s) : 0 };
}

static inline struct untrusted comm_name(const struct comm *c)
{
	return (struct untrusted){ c->bytes, strnlen(c->bytes, sizeof(c->bytes)) };
}

static inline struct untrusted file_name(const struct file_name *f)
{
	return (struct untrusted){ f->bytes, strnlen(f->bytes, sizeof(f->bytes)) };
}

/* .bytes of the copy are the caller's to free. */
struct untrusted untrusted_copy(struct untrusted u);

/*
 * The character at .s, of .len > 0 bytes: its number in *c, -1 when these bytes are no UTF-8.
 * Returns how many bytes it takes, 1 for a wrong one.
 */
size_t utf8_next(const char *s, size_t len, __s32 *c);

/* False for what moves the cursor, turns the direction of text, or shows nothing at all. */
bool is_visible(__s32 c);

/* Columns that a terminal gives this text, which is tamed or our own. */
size_t text_columns(struct untrusted u);

/* How many bytes of it, which are whole characters, take no more columns than that. */
size_t text_fitting(struct untrusted u, size_t columns);

/*
 * With "\n", "\x1b", "\u202e" and so on for what is not visible, and "\xff" for a byte that is no
 * UTF-8: printable UTF-8. To tame it twice is to tame it once. A text that does not fit in .size
 * is cut between characters. Returns .buf.
 */
const char *tame(char *buf, size_t size, struct untrusted u);

/* A byte of text becomes so many at most. */
#define TAME_FACTOR	4
#define TAMED_COMM_SIZE	(TAME_FACTOR * COMM_LEN + 1)

/* Of a struct comm, for "%s"; it lasts as long as the block around. */
#define TAME_COMM(comm) \
	tame((char[TAMED_COMM_SIZE]){ 0 }, TAMED_COMM_SIZE, comm_name(&(comm)))

/* Prints a text and blanks up to that column. */
void put_padded(FILE *out, const char *text, size_t columns);

/* Prints it tamed; returns how many columns it took. */
size_t put_tamed(FILE *out, struct untrusted u);

/* Prints it as a name in a folded stack, where ';' and blanks part names and none is empty. */
void put_folded(FILE *out, struct untrusted u);

/* Prints it as the value of a label of OpenMetrics, without the quotes. Different text differs. */
void put_label(FILE *out, struct untrusted u);

/*
 * Prints it as a cell of CSV, in quotes, tamed. What a spreadsheet takes for the begin of a formula
 * is escaped like what is not visible ("\x3d"), also behind what another program takes for the end of
 * a cell.
 */
void put_csv(FILE *out, struct untrusted u);

#endif
