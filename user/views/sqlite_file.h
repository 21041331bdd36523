/* SPDX-License-Identifier: GPL-2.0 */
/* An SQLite file that is written: rows, one after the other, of tables that a script makes. */
#ifndef FIXBUF_VIEWS_SQLITE_FILE_H
#define FIXBUF_VIEWS_SQLITE_FILE_H

#include <linux/types.h>
#include <stdbool.h>

struct sqlite_file;

/* Before all else. 0, or -errno with a sentence: the library is not there. */
int sqlite_load(void);
/* It is a database that has not all of these tables. */
bool sqlite_is_of_others(const char *path, const char *const *tables);
/*
 * .path: an empty file, in which .script makes the tables, or one in which it has: rows are added.
 * .tables: their names, ending with NULL, by which rows are given. NULL with a sentence.
 */
struct sqlite_file *sqlite_open(const char *path, const char *script, const char *const *tables);
/* What the first columns of every table hold, once for all rows. */
void sqlite_first_columns(struct sqlite_file *f, const char *text, __s64 number);

/* A row: its columns from the third on, in their order. What goes wrong sqlite_end() says. */
void sqlite_row(struct sqlite_file *f, unsigned int table);
void sqlite_int(struct sqlite_file *f, __u64 v);	/* the largest where 63 bits do not hold it */
void sqlite_signed(struct sqlite_file *f, __s64 v);
void sqlite_known(struct sqlite_file *f, int known, __u64 v);	/* NULL unless it is known */
void sqlite_hex(struct sqlite_file *f, const __u64 *v);	/* text: any 64 bits, more than an INTEGER holds; NULL */
void sqlite_text(struct sqlite_file *f, const char *s);	/* tamed, or our own; NULL */
void sqlite_row_end(struct sqlite_file *f);

/* Closes it. 0 when all is in the file, else -errno with a sentence. */
int sqlite_end(struct sqlite_file *f);

#endif
