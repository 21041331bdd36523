// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/library.h"
#include "base/open_safely.h"
#include "views/sqlite_file.h"

#define FUNCTIONS(of)	of(sqlite3_bind_int64) of(sqlite3_bind_null) of(sqlite3_bind_text) of(sqlite3_close)	\
			of(sqlite3_column_int) of(sqlite3_errmsg) of(sqlite3_exec) of(sqlite3_finalize)	\
			of(sqlite3_open_v2) of(sqlite3_prepare_v2) of(sqlite3_reset) of(sqlite3_step)

#ifdef LIBSQLITE
static const char *const function_names[] = { FUNCTIONS(LIBRARY_NAME) };
static struct { FUNCTIONS(LIBRARY_MEMBER) } lib;

int sqlite_load(void)
{
	return library_load(LIBSQLITE, function_names, sizeof(lib) / sizeof(void *), (void **)&lib);
}
#else
static const struct { FUNCTIONS(LIBRARY_MEMBER) } lib = { FUNCTIONS(LIBRARY_ADDRESS) };

int sqlite_load(void)
{
	return 0;
}
#endif

#define MAX_TABLES	16
#define FIRST_COLUMNS	2

/* Nobody else reads it meanwhile, and what is left of it after a crash is made anew. */
#define BEGIN	"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN"

struct sqlite_file {
	sqlite3 *db;
	sqlite3_stmt *insert[MAX_TABLES];
	size_t nr;
	sqlite3_stmt *row;	/* that is being filled */
	int column;		/* filled last */
	char failed[200];	/* in words; empty = nothing did */
};

static bool fail(struct sqlite_file *f)
{
	if (!f->failed[0])
		snprintf(f->failed, sizeof(f->failed), "%s", lib.sqlite3_errmsg(f->db));
	return false;
}

static int count(struct sqlite_file *f, const char *sql)
{
	sqlite3_stmt *count;
	int nr = 0;

	if (lib.sqlite3_prepare_v2(f->db, sql, -1, &count, NULL) == SQLITE_OK &&
	    lib.sqlite3_step(count) == SQLITE_ROW)
		nr = lib.sqlite3_column_int(count, 0);
	lib.sqlite3_finalize(count);
	return nr;
}

static int columns(struct sqlite_file *f, const char *table)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pragma_table_info('%s')", table);
	return count(f, sql);
}

static bool is_database(const char *path)
{
	static const char begin[16] = "SQLite format 3";
	char bytes[sizeof(begin)];
	int fd = open_safely(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool is = fd >= 0 && read(fd, bytes, sizeof(bytes)) == sizeof(bytes) && !memcmp(bytes, begin, sizeof(begin));

	if (fd >= 0)
		close(fd);
	return is;
}

bool sqlite_is_of_others(const char *path, const char *const *tables)
{
	struct sqlite_file f = { 0 };
	size_t nr = 0;

	if (!is_database(path))
		return false;
	if (lib.sqlite3_open_v2(path, &f.db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
		while (tables[nr] && columns(&f, tables[nr]))
			nr++;
	lib.sqlite3_close(f.db);
	return tables[nr];
}

static bool prepare(struct sqlite_file *f, const char *table)
{
	char sql[256];
	int n = snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES(?", table);

	for (int i = columns(f, table); i > 1 && n < (int)sizeof(sql) - 4; i--)
		n += snprintf(sql + n, sizeof(sql) - n, ",?");
	snprintf(sql + n, sizeof(sql) - n, ")");
	return lib.sqlite3_prepare_v2(f->db, sql, -1, &f->insert[f->nr++], NULL) == SQLITE_OK || fail(f);
}

/* 0 when nothing failed, else -EIO with a sentence. */
static int close_file(struct sqlite_file *f)
{
	int err = f->failed[0] ? err_set(EIO, "%s", f->failed) : 0;

	for (size_t i = 0; i < f->nr; i++)
		lib.sqlite3_finalize(f->insert[i]);
	lib.sqlite3_close(f->db);
	free(f);
	return err;
}

struct sqlite_file *sqlite_open(const char *path, const char *script, const char *const *tables)
{
	struct sqlite_file *f = must_alloc(1, sizeof(*f));

	if (lib.sqlite3_open_v2(path, &f->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    lib.sqlite3_exec(f->db, BEGIN, NULL, NULL, NULL) != SQLITE_OK ||
	    (!count(f, "SELECT count(*) FROM sqlite_master") &&
	     lib.sqlite3_exec(f->db, script, NULL, NULL, NULL) != SQLITE_OK))
		fail(f);
	while (!f->failed[0] && tables[f->nr] && prepare(f, tables[f->nr]))
		;
	if (!f->failed[0])
		return f;
	close_file(f);
	return NULL;
}

void sqlite_first_columns(struct sqlite_file *f, const char *text, __s64 number)
{
	for (size_t i = 0; i < f->nr; i++)
		if (lib.sqlite3_bind_text(f->insert[i], 1, text, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
		    lib.sqlite3_bind_int64(f->insert[i], 2, number) != SQLITE_OK)
			fail(f);
}

void sqlite_row(struct sqlite_file *f, unsigned int table)
{
	f->row = f->insert[table];
	f->column = FIRST_COLUMNS;
}

void sqlite_signed(struct sqlite_file *f, __s64 v)
{
	lib.sqlite3_bind_int64(f->row, ++f->column, v);
}

void sqlite_int(struct sqlite_file *f, __u64 v)
{
	sqlite_signed(f, v >> 63 ? ~0ULL >> 1 : v);
}

void sqlite_known(struct sqlite_file *f, int known, __u64 v)
{
	if (known)
		sqlite_int(f, v);
	else
		lib.sqlite3_bind_null(f->row, ++f->column);
}

void sqlite_hex(struct sqlite_file *f, const __u64 *v)
{
	char text[32];

	if (v)
		snprintf(text, sizeof(text), "0x%llx", *v);
	sqlite_text(f, v ? text : NULL);
}

void sqlite_text(struct sqlite_file *f, const char *s)
{
	lib.sqlite3_bind_text(f->row, ++f->column, s, -1, SQLITE_TRANSIENT);
}

/* A column that could not be bound is NULL; a row that has too few or too many is a mistake of ours. */
void sqlite_row_end(struct sqlite_file *f)
{
	if (f->failed[0])
		return;
	if (lib.sqlite3_step(f->row) != SQLITE_DONE)
		fail(f);
	lib.sqlite3_reset(f->row);
}

int sqlite_end(struct sqlite_file *f)
{
	if (!f->failed[0] && lib.sqlite3_exec(f->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		fail(f);
	return close_file(f);
}
