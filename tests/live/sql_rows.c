// SPDX-License-Identifier: GPL-2.0
/*
 * report --sqlite: whose a row is, by its machine and recording, and that there is one row of a thing.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "load.h"
#include "sql.h"
#include "tool.h"

static char one[FOLDER_PATH], two[FOLDER_PATH], db[FOLDER_PATH];

static void record(const char *file, const char *what, const char *load, const char *arg)
{
	struct tool_run a;

	tool(&a, "record", "-q", "-o", file, "--io", what, "--", load_path(load), "--no-wait", arg, NULL);
	is(a.status, 0, "%s is recorded", load);
	tool_free(&a);
}

/* Files that are given together are told apart, as those that were written apart are. */
static void recordings(void)
{
	struct tool_run a;

	tool(&a, "report", "--sqlite", db, two, one, NULL);
	is(a.status, 0, "two recordings");
	is_text(a.err, "", "without a word");
	tool_free(&a);
	is(sql_number(db, "SELECT count(*) FROM recordings WHERE part = 1 AND recording = begin_ns"), 2,
	   "each has its own begin");
	is(sql_number(db, "SELECT count(*) FROM operations o JOIN recordings r USING(machine, recording) WHERE r.command LIKE '%late%107' AND operation = 'READ_FIXED' AND o.recording = r.begin_ns"),
	   107, "with its own rows");
	is(sql_number(db, "SELECT count(*) FROM rings g JOIN recordings r USING(machine, recording) WHERE g.begin_ns NOT BETWEEN r.begin_ns AND r.end_ns"),
	   0, "which are of its time");
	is(sql_number(db, "SELECT count(*) FROM operations o WHERE ring IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rings g WHERE g.recording = o.recording AND g.ring = o.ring)"),
	   0, "and of its rings");
	tool(&a, "report", "--sqlite", db, one, one, NULL);
	has_text(a.err, "what both hold is counted twice", "one that is given twice is no other");
	tool_free(&a);
	is(sql_number(db, "SELECT count(DISTINCT part) FROM recordings"), 2, "but a part more");
	tool(&a, "report", one, two, NULL);
	has_text(a.out, "; kernel and command are of the last\n", "the page says whose command it has");
	tool_free(&a);
}

/* What went over a buffer and what failed over it is one row. */
static void uses(void)
{
	struct tool_run a;

	tool(&a, "report", "--sqlite", db, one, NULL);
	is(a.status, 0, "one recording");
	tool_free(&a);
	ok(sql_number(db, "SELECT count(*) FROM uses WHERE ops > 0") > 0, "buffers were used");
	is(sql_number(db, "SELECT count(*) FROM (SELECT 1 FROM uses GROUP BY machine, recording, part, ring, slot, address HAVING count(*) > 1)"),
	   0, "each has one row");
}

/* What another program keeps in a database is not given up for ours; ours is made anew. */
static void others(void)
{
	char other[FOLDER_PATH];
	struct tool_run a;

	folder_path(other, "other.db");
	is(sql_number(other, "CREATE TABLE recordings(title); INSERT INTO recordings VALUES('kept'); SELECT count(*) FROM recordings"),
	   1, "another's database");
	tool(&a, "report", "--sqlite", other, one, two, NULL);
	is(a.status, 2, "is refused");
	has_text(a.err, "is a database that is not of recordings", "in words");
	tool_free(&a);
	is(sql_number(other, "SELECT count(*) FROM recordings WHERE title = 'kept'"), 1, "and stays as it is");
	tool(&a, "report", "--sqlite", db, two, NULL);
	is(a.status, 0, "our own is not refused");
	tool_free(&a);
	is(sql_number(db, "SELECT count(*) FROM recordings"), 1, "but made anew");
}

int main(void)
{
	if (!sql_is_there())
		skip_all("there is no sqlite3");
	folder_new();
	folder_path(one, "one.rec");
	folder_path(two, "two.rec");
	folder_path(db, "db");
	record(one, "--stacks", "io_mix", NULL);
	record(two, "--stacks", "io_late", "107");
	recordings();
	uses();
	others();
	folder_remove();
	return tap_end();
}
